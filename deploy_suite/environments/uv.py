"""Environments by uv."""

import errno
import os
import re
import shlex
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import uv as uv_package

from deploy_suite.environments import room, seeds
from deploy_suite.environments.base import LONG_S, QUICK_S, Answer, Question, Seed, Workshop
from deploy_suite.errors import MachineError, out_of_processes
from deploy_suite.model.command import Completed
from deploy_suite.model.secret import Secret

# pip looks at all indexes alike and knows nothing of uv's own settings in pyproject.toml and uv.toml.
LIKE_PIP: Final = ("--index-strategy", "unsafe-best-match", "--no-config", "--no-sources")
_QUIET: Final = ("--no-progress", "--color", "never", "--no-python-downloads")
_NO_SOLUTION: Final = 1
_SURELY_THERE: Final = "pip"
# "anyio==4.0.0    # via httpx, starlette"; a file that names it stands there as "-r requirements.txt".
_DEMANDED: Final = re.compile(r"(?P<name>[a-z0-9-]+)(?:==| @ )\S+(?:.*?# via (?P<others>.*))?")


def is_there() -> bool:
    """Return whether this machine has uv."""
    return program() is not None


def program() -> Path | None:
    """Return the uv that came with the suite, else the one on PATH."""
    try:
        return Path(uv_package.find_uv_bin())
    except FileNotFoundError:
        found = shutil.which("uv")
        return Path(found) if found else None


def called() -> str:
    """Return how a person calls it from a shell: by its name, where that is on their PATH."""
    found = program()
    return "uv" if found is None or shutil.which("uv") else shlex.quote(str(found))


def _uv(
    workshop: Workshop, *words: str, timeout_s: float = QUICK_S, stdin: str = "", cwd: Path | None = None
) -> Completed:
    """Run uv. Raises: MachineError where it was given no thread: what it fails with then says nothing of the rest."""
    done = workshop.run((str(program()), *words, *_QUIET), timeout_s=timeout_s, stdin=stdin, cwd=cwd)
    if not done.ok and os.strerror(errno.EAGAIN) in done.err:
        raise out_of_processes()
    return done


def create(venv: Path, found: Sequence[Seed], workshop: Workshop) -> None:
    """Make what `python -m venv` of the interpreter, whose seeds are *found*, would make. Raises: MachineError."""
    python = str(workshop.interpreter.path)
    done = _uv(workshop, "venv", "--no-project", "--no-config", "--clear", "--python", python, str(venv))
    if done.ok:
        wanted = (*seeds.sources(found), *(seed.requirement for seed in found))
        done = install(venv, wanted, workshop)
        if not done.ok and forgotten([seed.name for seed in found], workshop):  # what is kept of them may be damaged
            done = install(venv, wanted, workshop)
    if not done.ok:
        room.blame_disk(workshop.ports.workplace.cache)
        raise MachineError(
            f"cannot make an environment with {python}: {done.err.strip()[-600:]}",
            remedy="check the disk space and that the package index can be reached",
        )


def install(venv: Path, requirements: Sequence[str], workshop: Workshop, *, timeout_s: float = LONG_S) -> Completed:
    """Install *requirements* into *venv* for the suite's own ends."""
    return _uv(
        workshop,
        "pip",
        "install",
        "--quiet",
        "--python",
        str(venv / "bin/python"),
        *LIKE_PIP,
        *requirements,
        timeout_s=timeout_s,
    )


def forgotten(names: Sequence[str], workshop: Workshop) -> bool:
    """Have uv remove all that it keeps of the distributions *names*; say whether it did."""
    return is_there() and _uv(workshop, "cache", "clean", "--force", *names).ok


def pruned(workshop: Workshop, *, timeout_s: float) -> bool:
    """Have uv remove all that it can fetch again; say whether it did. It waits until no other uv uses the cache."""
    return is_there() and _uv(workshop, "cache", "prune", "--ci", timeout_s=timeout_s).ok


def fetch(
    folder: Path, requirements: Sequence[str], *, platform: str, timeout_s: float, workshop: Workshop
) -> Completed:
    """Unpack the wheels of *requirements* alone for *platform* into *folder*, which is made."""
    return _uv(
        workshop,
        *("pip", "install", "--quiet", "--target", str(folder), "--no-deps", "--only-binary", ":all:"),
        *("--python", str(workshop.interpreter.path), "--python-platform", platform),
        *LIKE_PIP,
        *requirements,
        timeout_s=timeout_s,
    )


def resolve(question: Question, workshop: Workshop) -> Answer:
    """Ask the index which versions would be installed."""
    done = _compiled(question, workshop, "--format", "pylock.toml")
    if done.code == _NO_SOLUTION:
        return Answer(is_answer=True, conflict=done.err.strip())
    try:
        if done.ok:
            return _answer(tomllib.loads(done.out).get("packages", []))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass  # a form of the answer that this version of the suite does not know
    return Answer(is_answer=False)


def pins(question: Question, workshop: Workshop, *, with_hashes: bool) -> Completed:
    """Return the lines of a requirements file that pins the answer to *question*."""
    form = ("--no-header", "--no-strip-extras", "--annotation-style", "line")
    return _compiled(question, workshop, *form, *(("--generate-hashes",) if with_hashes else ()))


def demands(question: Question, workshop: Workshop) -> Mapping[str, tuple[str, ...]]:
    """Return for each distribution of the answer to *question* which others require it, () for none of them."""
    done = _compiled(question, workshop, "--no-header", "--annotation-style", "line")
    found = {}
    for line in done.out.splitlines():
        match = _DEMANDED.match(line)
        if match:
            others = match["others"] or ""
            found[match["name"]] = tuple(word for word in others.split(", ") if word and not word.startswith("-"))
    return found


def _compiled(question: Question, workshop: Workshop, *form: str) -> Completed:
    options = [*question.options, *(word for file in question.constraints for word in ("--constraints", file))]
    if question.platform:
        options += ["--python-platform", question.platform]
    if question.python:
        options += ["--python-version", question.python]
    return _uv(
        workshop,
        *("pip", "compile", "--quiet", *form, *LIKE_PIP),
        *("--python", str(workshop.interpreter.path), *options, *question.files, "-"),
        stdin="\n".join((*question.requirements, *(f"-e {path}" for path in question.editables))),
        cwd=question.folder,
    )


def _answer(packages: list[dict[str, Any]]) -> Answer:
    return Answer(
        is_answer=True,
        versions={package["name"]: _version(package) for package in packages},
        from_source=frozenset(p["name"] for p in packages if "sdist" in p and not p.get("wheels")),
    )


def _version(package: dict[str, Any]) -> str:
    """Return the version, and for what comes from a repository or a URL the exact source."""
    source = package.get("vcs") or package.get("archive") or {}
    return str(package.get("version", "")) + "".join(f" {value}" for _, value in sorted(source.items()))


def reaches_index(workshop: Workshop) -> bool:
    """Return whether a package that is surely there can be found, whatever caches say."""
    soon = replace(workshop, own_settings={**workshop.own_settings, "UV_HTTP_RETRIES": Secret("1")})
    done = _uv(soon, "pip", "compile", "--quiet", "--no-cache", "--no-deps", *LIKE_PIP, "-", stdin=_SURELY_THERE)
    return done.ok
