"""Environments by virtualenv and pip, for machines without uv."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy_suite.environments import seeds
from deploy_suite.environments.base import LONG_S, Answer, Question, Seed, Workshop
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Completed

_SURELY_THERE: Final = "pip"
_NAMES_IN_PIP: Final = {
    "--requirements": "--requirement",
    "--constraints": "--constraint",
    "--allow-insecure-host": "--trusted-host",
    "--prerelease=allow": "--pre",
    "--reinstall": "--force-reinstall",
}


def is_there() -> bool:
    """Return whether this machine has virtualenv: it comes with the suite."""
    return True


def program() -> Path | None:
    """Return None: pip does its own work."""
    return None


def create(venv: Path, found: Sequence[Seed], workshop: Workshop) -> None:
    """Make what `python -m venv` of the interpreter, whose seeds are *found*, would make. Raises: MachineError."""
    python = str(workshop.interpreter.path)
    done = workshop.run(
        (
            *(sys.executable, "-I", "-m", "virtualenv", "--quiet", "--clear", "--no-periodic-update"),
            *("--python", python, *_seed_options(found), str(venv)),
        ),
        timeout_s=LONG_S,
    )
    if not done.ok:
        raise MachineError(
            f"cannot make an environment with {python}: {done.output.strip()[-600:]}",
            remedy="install uv (https://docs.astral.sh/uv/), or a Python that virtualenv supports",
        )


def _seed_options(found: Sequence[Seed]) -> list[str]:
    options = [word for seed in found if seed.wheel for word in ("--extra-search-dir", str(seed.wheel.parent))]
    options += ["--no-download" if all(seed.wheel for seed in found) else "--download"]
    options += [f"--{seed.name}={seed.version or 'bundle'}" for seed in found]
    if not any(seed.name == "setuptools" for seed in found):
        options.append("--no-setuptools")
    return options


def install(venv: Path, requirements: Sequence[str], workshop: Workshop, *, timeout_s: float = LONG_S) -> Completed:
    """Install *requirements* into *venv* for the suite's own ends."""
    return _pip(venv, "install", "--quiet", *requirements, workshop=workshop, timeout_s=timeout_s)


def _pip(venv: Path, *words: str, workshop: Workshop, cwd: Path | None = None, timeout_s: float = LONG_S) -> Completed:
    return workshop.run(
        (str(venv / "bin/python"), "-m", "pip", *words, "--disable-pip-version-check", "--no-input"),
        timeout_s=timeout_s,
        cwd=cwd,
    )


def fetch(
    folder: Path, requirements: Sequence[str], *, platform: str, timeout_s: float, workshop: Workshop
) -> Completed:
    """Unpack the wheels of *requirements* alone for *platform* into *folder*, which is made.

    Of a platform pip takes only the very tag that it is told, so all older ones are told too (PEP 600).
    """
    machine, _, newest = platform.partition("-manylinux_2_")
    older = (f"manylinux_2_{minor}_{machine}" for minor in range(int(newest or 17), 4, -1))
    tags = [*older, f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]
    return _pip(
        _bare(workshop),
        *("install", "--quiet", "--target", str(folder), "--no-deps", "--only-binary", ":all:"),
        *(word for tag in tags for word in ("--platform", tag)),
        *requirements,
        workshop=workshop,
        timeout_s=timeout_s,
    )


def resolve(question: Question, workshop: Workshop) -> Answer:
    """Ask the index which versions would be installed, by a dry run of pip in a bare environment kept for that.

    Source: https://pip.pypa.io/en/stable/reference/installation-report/
    """
    if question.platform or question.python:
        return Answer(is_answer=False)  # pip resolves for another platform or Python only where all have wheels
    report = workshop.folder / f"report-{hashlib.sha256(repr(question).encode()).hexdigest()[:16]}.json"
    done = _pip(
        _bare(workshop),
        *("install", "--quiet", "--dry-run", "--ignore-installed", "--report", str(report)),
        *(_NAMES_IN_PIP.get(option, option) for option in question.options),
        *(word for file in question.constraints for word in ("--constraint", file)),
        *(word for file in question.files for word in ("--requirement", file)),
        *(word for path in question.editables for word in ("--editable", path)),
        *question.requirements,
        workshop=workshop,
        cwd=question.folder,
    )
    if not done.ok:
        return Answer(is_answer=False)
    try:
        return _answer(json.loads(report.read_text(encoding="utf-8"))["install"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Answer(is_answer=False)


def _answer(items: Sequence[Mapping[str, Any]]) -> Answer:
    return Answer(
        is_answer=True,
        versions={item["metadata"]["name"].lower().replace("_", "-"): item["metadata"]["version"] for item in items},
        from_source=frozenset(
            item["metadata"]["name"].lower().replace("_", "-")
            for item in items
            if not item["download_info"].get("url", "").endswith(".whl")
        ),
    )


def demands(question: Question, workshop: Workshop) -> Mapping[str, tuple[str, ...]]:
    """Return nothing: pip does not tell who requires what without installing it."""
    del question, workshop
    return {}


def _bare(workshop: Workshop) -> Path:
    """Return an environment with nothing but the seeds, made once for each interpreter."""
    text = f"{workshop.interpreter.path} {workshop.interpreter.version}"
    name = f"bare-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    venv = workshop.ports.workplace.cache / "bare" / name
    with workshop.ports.workplace.locked(name):
        if not (venv / "complete").exists():
            venv.parent.mkdir(parents=True, exist_ok=True)
            create(venv, seeds.of(workshop), workshop)
            (venv / "complete").touch()
    return venv


def reaches_index(workshop: Workshop) -> bool:
    """Return whether a package that is surely there can be found, whatever caches say."""
    folder = workshop.folder / "reach"
    words = ("download", "--quiet", "--no-cache-dir", "--no-deps", "--dest", str(folder), _SURELY_THERE)
    return _pip(_bare(workshop), *words, workshop=workshop).ok
