"""The Python that a contract asks for into one that this machine has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deploy_suite.errors import CannotCheckError, UsageError
from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.environment import Interpreter, Preferences


@dataclass(frozen=True, slots=True)
class Choice:
    """The interpreter to build with. Shape: `note` says how it differs from the target's, "" if it does not."""

    interpreter: Interpreter
    note: str = ""


def choose(request: PythonRequest, installed: Sequence[Interpreter], preferences: Preferences) -> Choice:
    """Return the interpreter of *installed* that is nearest to *request*.

    Raises: CannotCheckError when this machine has none of the series: that says nothing about the project.
    """
    wanted = _asked_for(request, preferences)
    nearest = _nearest(wanted.version, installed)
    if nearest:
        return Choice(nearest, _patch_note(wanted, nearest))
    if not wanted.is_pinned:
        for version in wanted.alternatives:
            if other := _nearest(version, installed):
                return Choice(other, _unpinned_note(wanted, other))
    raise _missing(wanted, installed)


def _asked_for(request: PythonRequest, preferences: Preferences) -> PythonRequest:
    if not preferences.python:
        return request
    _parts(preferences.python, origin="--python")
    return replace(
        request, version=preferences.python, origin="--python", is_pinned=True, location=None, alternatives=()
    )


def _nearest(version: str, installed: Sequence[Interpreter]) -> Interpreter | None:
    """Return the interpreter of the series of *version* with the nearest patch; the newest where it names none."""
    parts = _parts(version, origin="the contract")
    series = [one for one in installed if _parts(one.version, origin=str(one.path))[:2] == parts[:2]]
    if len(parts) == 2:  # noqa: PLR2004  major and minor
        return max(series, key=_patch, default=None)
    return min(series, key=lambda one: (abs(_patch(one) - parts[2]), -_patch(one)), default=None)


def newest(installed: Sequence[Interpreter]) -> Interpreter | None:
    """Return the newest of *installed*, None of none."""
    return max(installed, key=lambda one: _parts(one.version, origin=str(one.path)), default=None)


def _patch(interpreter: Interpreter) -> int:
    return _parts(interpreter.version, origin=str(interpreter.path))[2]


def _parts(version: str, *, origin: str) -> tuple[int, ...]:
    parts = version.split(".")
    if len(parts) not in {2, 3} or not all(part.isdecimal() for part in parts):
        raise UsageError(f"{version!r} is not a Python version ({origin})", remedy="write it as 3.12 or 3.12.8")
    return tuple(int(part) for part in parts)


def _patch_note(wanted: PythonRequest, found: Interpreter) -> str:
    if wanted.version in {found.version, found.series}:
        return ""
    return f"checked with Python {found.version}: this machine has no {wanted.version} ({wanted.origin})"


def _unpinned_note(wanted: PythonRequest, found: Interpreter) -> str:
    return (
        f"checked with Python {found.version}: the project names no version, a new service would get {wanted.version}, "
        f"and this machine has no Python {wanted.series}; pin the version to be sure what the target uses"
    )


def _missing(wanted: PythonRequest, installed: Sequence[Interpreter]) -> CannotCheckError:
    series = sorted({one.series for one in installed}, key=lambda text: tuple(map(int, text.split("."))))
    others = ", ".join(series) or "none"
    from deploy_suite.environments import uv  # noqa: PLC0415  only what cannot go on asks for it

    way = f"install it ({uv.called()} python install {wanted.series}, or pyenv install {wanted.series})"
    return CannotCheckError(
        f"this machine has no Python {wanted.series} ({wanted.version}: {wanted.origin}); it has {others}",
        source=str(wanted.location or ""),
        remedy=f"{way}, or check with one that is here: --python {series[-1]}" if series else way,
    )
