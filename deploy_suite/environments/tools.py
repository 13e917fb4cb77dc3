"""uv, Poetry and Pipenv in the version that the target brings, each in an environment of its own kept between runs."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from platform import python_version
from typing import Final

from deploy_suite.environments import seeds, store
from deploy_suite.environments.base import QUICK_S, Installer, Workshop
from deploy_suite.environments.recipe import Recipe
from deploy_suite.errors import MachineError
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Interpreter

# No target documents Pipenv, yet builds that call it without installing it are in use there.
_NEWEST: Final = ""
# Poetry asks PyPI over an interface that mirrors lack; with this it asks the index that all others ask (PEP 503).
# Source: https://github.com/arcesium/poetry-plugin-pypi-mirror
_COMPANIONS: Final = {"poetry": ("poetry-plugin-pypi-mirror",)}
# They are of Python alone, so any platform's wheel is every platform's.
_PLATFORM: Final = "x86_64-manylinux_2_17"


@dataclass(frozen=True, slots=True)
class Tools:
    """Shape: `programs` maps names onto executables; `notes` say where a version is not the target's.

    `companions` maps a tool that the build installs itself onto a folder of packages that it is to find beside its own.
    """

    programs: Mapping[str, Path]
    notes: tuple[str, ...] = ()
    companions: Mapping[str, Path] = field(default_factory=dict)


def brought(contract: Contract, recipe: Recipe, *, installer: Installer, workshop: Workshop) -> Tools:
    """Return the tools that the target brings and the service's commands mention."""
    offered = {"pipenv": _NEWEST, **contract.tool_versions}
    own = {word.partition("=")[0] for install in recipe.installs for word in install.requirements}
    if any(install.tool == "uv sync" for install in recipe.installs):
        own.discard("uv")  # the call takes out of the environment what the lock file lacks, a uv of its own included
    programs: dict[str, Path] = {}
    notes: list[str] = []
    for name in sorted(recipe.tools & offered.keys() - own):
        programs[name], note = _provided(name, offered[name], installer=installer, workshop=workshop)
        notes += [note] if note else []
    if "uv" in programs:
        programs["uvx"] = programs["uv"].with_name("uvx")
    beside = {name: _beside(name, installer=installer, workshop=workshop) for name in sorted(own & _COMPANIONS.keys())}
    companions = {name: folder for name, folder in beside.items() if folder}
    return Tools(programs, tuple(notes), companions)


def _beside(name: str, *, installer: Installer, workshop: Workshop) -> Path | None:
    """Return a folder with the companions of the tool *name* and nothing else, None when the index does not give it.

    Each Python has its own: an older one takes older releases alone, and those do not fit the newest of the tool.
    """
    key = f"beside-{name}-{workshop.interpreter.series}"
    folder = workshop.ports.workplace.cache / "tools" / key
    with workshop.ports.workplace.locked(f"tool-{key}"):
        if not (folder / "complete").exists():
            store.wiped(folder)
            wanted = _COMPANIONS[name]
            if not installer.fetch(folder, wanted, platform=_PLATFORM, timeout_s=QUICK_S, workshop=workshop).ok:
                return None
            (folder / "complete").touch()
    return folder


def _own_version() -> str:
    from importlib.metadata import version  # noqa: PLC0415  it takes 8 ms, and most builds bring no tool of their own

    return version("uv")


def _provided(name: str, version: str, *, installer: Installer, workshop: Workshop) -> tuple[Path, str]:
    own = installer.program()
    if name == "uv" and own and version in {_NEWEST, _own_version()}:
        return own, ""
    exact = _installed(name, version, installer=installer, workshop=workshop)
    if exact:
        return exact, ""
    if name == "uv" and own:
        return own, f"uv {version} cannot be had here; {_own_version()} stands in for it"
    newest = _installed(name, _NEWEST, installer=installer, workshop=workshop)
    if newest:
        return newest, f"{name} {version} cannot be had here; the newest stands in for it"
    raise MachineError(
        f"cannot install {name} {version}, which the target brings",
        remedy="check that the package index can be reached",
    )


def _installed(name: str, version: str, *, installer: Installer, workshop: Workshop) -> Path | None:
    """Return the program of *name*, installed at most once; None when the index does not give it.

    The service's own Python carries it where it can: Poetry compiles packages for the Python that it runs on itself.
    """
    own = Interpreter(path=Path(getattr(sys, "_base_executable", "") or sys.executable), version=python_version())
    interpreters = dict.fromkeys((workshop.interpreter, own))
    programs = (_installed_for(one, name, version, installer, workshop) for one in interpreters)
    return next((program for program in programs if program), None)


def _installed_for(
    interpreter: Interpreter, name: str, version: str, installer: Installer, workshop: Workshop
) -> Path | None:
    digest = hashlib.sha256(f"{interpreter.path}{interpreter.version}".encode()).hexdigest()[:8]
    key = f"{name}-{version or 'newest'}-{digest}"
    venv = workshop.ports.workplace.cache / "tools" / key
    with workshop.ports.workplace.locked(f"tool-{key}"):
        if not (venv / "complete").exists():
            venv.parent.mkdir(parents=True, exist_ok=True)
            shop = replace(workshop, interpreter=interpreter)
            installer.create(venv, seeds.of(shop), shop)
            wanted = f"{name}=={version}" if version else name
            choices = ((wanted, *_COMPANIONS.get(name, ())), (wanted,))
            if not any(installer.install(venv, choice, shop).ok for choice in choices):
                return None
            (venv / "complete").touch()
    return venv / "bin" / name
