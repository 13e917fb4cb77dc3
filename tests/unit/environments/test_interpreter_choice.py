"""Which Python stands in for the one that the target would use."""

from pathlib import Path

import pytest

from deploy_suite.environments.interpreters import Choice, choose
from deploy_suite.errors import CannotCheckError, UsageError
from deploy_suite.model.contract import PythonRequest
from deploy_suite.model.environment import Interpreter, Preferences
from deploy_suite.model.location import Location


def interpreter(version: str) -> Interpreter:
    return Interpreter(path=Path(f"/pythons/{version}/bin/python"), version=version)


INSTALLED = tuple(interpreter(version) for version in ("3.13.0", "3.12.9", "3.12.1", "3.11.7"))


def request(version: str, *, is_pinned: bool = True, alternatives: tuple[str, ...] = ()) -> PythonRequest:
    return PythonRequest(
        version=version,
        origin="PYTHON_VERSION",
        is_pinned=is_pinned,
        location=Location("render.yaml", 9),
        alternatives=alternatives,
    )


def test_the_exact_version_is_used_without_a_note() -> None:
    assert choose(request("3.12.1"), INSTALLED, Preferences()) == Choice(interpreter("3.12.1"))


def test_a_series_means_its_newest_patch() -> None:
    assert choose(request("3.12"), INSTALLED, Preferences()) == Choice(interpreter("3.12.9"))


@pytest.mark.parametrize(("wanted", "found"), [("3.12.8", "3.12.9"), ("3.12.2", "3.12.1"), ("3.12.5", "3.12.9")])
def test_the_nearest_patch_is_used_with_a_note(wanted: str, found: str) -> None:
    chosen = choose(request(wanted), INSTALLED, Preferences())

    note = f"checked with Python {found}: this machine has no {wanted} (PYTHON_VERSION)"
    assert chosen == Choice(interpreter(found), note)


@pytest.mark.parametrize(("on_path", "called"), [("/usr/bin/uv", "uv"), (None, "'/opt/my suite/uv'")])
def test_a_missing_series_cannot_be_checked_here_and_the_remedy_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, on_path: str | None, called: str
) -> None:
    monkeypatch.setattr("uv.find_uv_bin", lambda: "/opt/my suite/uv")
    monkeypatch.setattr("shutil.which", lambda _name: on_path)

    with pytest.raises(CannotCheckError) as raised:
        choose(request("3.14.3"), INSTALLED, Preferences())

    assert (raised.value.message, raised.value.source, raised.value.remedy) == (
        "this machine has no Python 3.14 (3.14.3: PYTHON_VERSION); it has 3.11, 3.12, 3.13",
        "render.yaml:9",
        (
            f"install it ({called} python install 3.14, or pyenv install 3.14), "
            "or check with one that is here: --python 3.13"
        ),
    )


def test_an_unpinned_project_takes_the_newest_default_that_this_machine_has_and_says_so() -> None:
    chosen = choose(
        request("3.14.3", is_pinned=False, alternatives=("3.10.1", "3.11.11", "3.13.4")), INSTALLED, Preferences()
    )

    assert chosen == Choice(
        interpreter("3.11.7"),
        "checked with Python 3.11.7: the project names no version, a new service would get 3.14.3, "
        "and this machine has no Python 3.14; pin the version to be sure what the target uses",
    )


def test_a_pinned_version_never_falls_back_to_other_defaults() -> None:
    with pytest.raises(CannotCheckError):
        choose(request("3.14.3", alternatives=("3.13.4",)), INSTALLED, Preferences())


def test_what_the_caller_asks_for_replaces_the_contract() -> None:
    assert choose(request("3.14.3"), INSTALLED, Preferences(python="3.13")) == Choice(interpreter("3.13.0"))


@pytest.mark.parametrize("text", ["3", "three", "3.12.1.4", "3.x", ""])
def test_a_version_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        choose(request(text), INSTALLED, Preferences())


def test_a_machine_without_any_python_says_none() -> None:
    with pytest.raises(CannotCheckError, match="it has none"):
        choose(request("3.12"), (), Preferences())
