"""The folder that goes first in a build's PATH: a script for each installer, which hands over the way to the index."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import deploy_suite
from deploy_suite.environments import releases, uv
from deploy_suite.environments.base import Workshop
from deploy_suite.environments.tools import Tools

# Programs that fetch something, and hence need this machine's proxies and certificates.
_FETCHING: Final = ("npm", "npx", "yarn", "pnpm", "corepack", "curl", "wget", "git")
_INSTALLERS: Final = frozenset({"pip", "uv", "poetry", "pipenv"})
_INSTALLING: Final = frozenset({"install", "sync"})
# How the journal calls uv where it stands in for pip and pip had the last word.
FIRST_OPINION: Final = "uv for pip"
# When uv refuses what it is asked for, pip has the last word. This is how long it may look for it; less where no set of
# versions was found beforehand either, for pip compiles what it looks through.
_SECOND_OPINION_S: Final = 300
_ON_A_CONFLICT_S: Final = 60
_MAIN: Final = (
    "import sys; sys.path.insert(0, {parent!r}); from deploy_suite.environments.stand_in import main; "
    "sys.exit(main(sys.argv[1:]))"
)
_SCRIPT: Final = """#!/bin/sh
exec {python} -I -S -c {main} {config} @PROGRAM@ "$@"
"""
# Targets have their environment at .venv before the build begins, so making it once more changes nothing there. Here it
# is a link, which `python -m venv` refuses to write to.
_PYTHON_SCRIPT: Final = """#!/bin/sh
if [ "$1" = -m ] && [ "$2" = pip ]; then
    shift 2
    exec {pip} "$@"
fi
if [ "$1" = -m ] && [ "$2" = venv ]; then
    for argument; do
        if [ "$argument" -ef {venv} ]; then exit 0; fi
    done
fi
exec {python} "$@"
"""
_WRAPPER: Final = """#!/bin/sh
{settings}exec {program} "$@"
"""
# `uv cache clean` and `uv cache prune` mean a cache of the service alone, as on the target; every project shares ours.
_OWN_CACHE: Final = """for argument; do
    case "$argument" in
        -*) ;;
        cache) export UV_CACHE_DIR={own}; break ;;
        *) break ;;
    esac
done
"""
_POETRY_SETTINGS: Final = {
    "POETRY_VIRTUALENVS_CREATE": "false",
    "POETRY_NO_INTERACTION": "1",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
}
_PIPENV_SETTINGS: Final = {"PIPENV_VERBOSITY": "-1", "PIPENV_NOSPIN": "1"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an installer that was made. Shape: `told` is what uv said before pip was asked too."""

    program: str
    arguments: tuple[str, ...]
    code: int
    told: str = ""

    @property
    def is_installation(self) -> bool:
        """Whether it was to bring packages of Python, itself and not on the behalf of another call."""
        return self.program in _INSTALLERS and any(word in _INSTALLING for word in self.arguments)

    @property
    def shown(self) -> str:
        """The call as a person would type it."""
        return shlex.join((self.program, *self.arguments))


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """The folder and the journal of what was called.

    Shape: `taken` holds what the build itself installed, while a stand-in lies in its place.
    """

    folder: Path
    taken: Path

    def calls(self) -> tuple[Call, ...]:
        """Return the calls that were made, in the order in which they ended."""
        try:
            lines = (self.folder / "journal").read_text(encoding="utf-8").splitlines()
        except OSError:
            return ()
        return tuple(_call(json.loads(line)) for line in lines)

    def waits_for_pip(self) -> bool:
        """Whether uv has refused the last call and pip is being asked now; asked while the journal is written."""
        try:
            calls = self.calls()
        except ValueError:  # the line is only half there
            return False
        return bool(calls) and calls[-1].program == FIRST_OPINION

    def give_back(self, venv: Path) -> None:
        """Put the installers that the build itself installed into *venv* back in their place."""
        for taken in self.taken.glob("*"):
            own = venv / "bin" / taken.name
            if own.is_file():  # else the build took it out again
                taken.replace(own)
        shutil.rmtree(self.taken, ignore_errors=True)


def write(
    folder: Path,
    *,
    venv: Path,
    system: Path,
    tools: Tools,
    workshop: Workshop,
    program: Path | None,
    real_pip: bool,
    is_conflict: bool = False,
) -> StandIns:
    """Write the scripts into *folder*.

    Shape: *program* is the uv that stands in for pip, if any; *is_conflict* says that the index was found to have no
    versions that fit together.
    """
    folder.mkdir(parents=True)
    main = _MAIN.format(parent=str(Path(deploy_suite.__file__).parent.parent))
    config = folder / "config.json"
    script = _SCRIPT.format(python=shlex.quote(sys.executable), main=shlex.quote(main), config=shlex.quote(str(config)))
    config.touch(mode=0o600)
    taken = venv.parent / "taken"
    programs = {**{name: str(path) for name, path in tools.programs.items()}, **dict(_fetching(system))}
    content = {
        "folder": str(folder),
        "taken": str(taken),
        "journal": str(folder / "journal"),
        "real_pip": real_pip,
        "second_opinion_s": _ON_A_CONFLICT_S if is_conflict else _SECOND_OPINION_S,
        "programs": programs,
        "companions": {name: str(path) for name, path in tools.companions.items()},
        "script": script,
        **_installing(venv, program, workshop),
    }
    config.write_text(json.dumps(content), encoding="utf-8")
    for name in ("pip", "pip3", f"pip{workshop.interpreter.series}"):
        _executable(folder / name, script.replace("@PROGRAM@", "pip"))
    for name in programs:
        _executable(folder / name, script.replace("@PROGRAM@", name))
    python = _PYTHON_SCRIPT.format(
        pip=shlex.quote(str(folder / "pip")),
        python=shlex.quote(str(venv / "bin/python")),
        venv=shlex.quote(str(venv)),
    )
    for name in ("python", "python3", f"python{workshop.interpreter.series}"):
        _executable(folder / name, python)
    return StandIns(folder=folder, taken=taken)


def _installing(venv: Path, program: Path | None, workshop: Workshop) -> Mapping[str, object]:
    """Return what the stand-ins are told of the environment, of the uv that may install into it and of its settings."""
    # uv leaves a lock there for each environment, and pip what it unpacked when it was killed: this goes with the run.
    temporary = workshop.folder / "t"
    temporary.mkdir(exist_ok=True)
    python = str(venv / "bin/python")
    return {
        "venv": str(venv),
        "python": python,
        "interpreter": str(workshop.interpreter.path),
        "uv": str(program) if program else "",
        "uv_install": ["pip", "install", "--python", python, *uv.LIKE_PIP, "--no-progress", "--color", "never"],
        "settings": {
            **{name: value.revealed() for name, value in workshop.machine_settings.items()},
            **workshop.caches,
            "TMPDIR": str(temporary),
        },
        "extra": extra_settings(venv, workshop),
    }


def extra_settings(venv: Path, workshop: Workshop) -> Mapping[str, Mapping[str, str]]:
    """Return the variables that make each tool use *venv*, the environment that is there, as on the target."""
    return {
        "poetry": {**_POETRY_SETTINGS, "POETRY_PYPI_MIRROR_URL": releases.indexes(workshop)[0]},
        # It stands for every name of PyPI that a Pipfile has, the old pypi.python.org too.
        "pipenv": {**_PIPENV_SETTINGS, "PIPENV_PYPI_MIRROR": releases.indexes(workshop)[0]},
        "uv": {"UV_PROJECT_ENVIRONMENT": str(venv), **_index_strategy(workshop)},
    }


def _index_strategy(workshop: Workshop) -> Mapping[str, str]:
    """Return what makes uv take several mirrors of this machine for the one index that the target has."""
    several = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")
    is_ours = any(name in workshop.ports.caller.installer_settings for name in several)
    is_theirs = any(name in workshop.own_settings for name in several)
    return {"UV_INDEX_STRATEGY": "unsafe-best-match"} if is_ours and not is_theirs else {}


def wrappers(folder: Path, *, venv: Path, tools: Tools, workshop: Workshop, is_synced: bool) -> Path | None:
    """Write what start commands such as `poetry run …` call, None when there is no such tool.

    Shape: *is_synced* says that `uv run` has nothing to install. It would all the same: a run's own copy of the
    sources is newer than what was installed from them.
    """
    extra = extra_settings(venv, workshop)
    found = {name: path for name, path in tools.programs.items() if name in extra}
    found |= {name: venv / "bin" / name for name in extra if (venv / "bin" / name).exists()}
    if not found:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in found.items():
        settings = dict(extra[name])
        if name == "uv":
            settings |= {"UV_PYTHON": str(workshop.interpreter.path), "UV_CACHE_DIR": workshop.caches["UV_CACHE_DIR"]}
            settings |= {"UV_NO_SYNC": "1"} if is_synced else {}
        lines = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in settings.items())
        lines += _OWN_CACHE.format(own=shlex.quote(str(folder / "caches"))) if name == "uv" else ""
        _executable(folder / name, _WRAPPER.format(settings=lines, program=shlex.quote(str(program))))
    return folder


def _fetching(system: Path) -> Iterator[tuple[str, str]]:
    for name in _FETCHING:
        if (system / name).exists():
            yield name, str(system / name)


def _executable(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _call(line: Mapping[str, Any]) -> Call:
    return Call(str(line["program"]), tuple(line["arguments"]), int(line["code"]), str(line.get("told", "")))
