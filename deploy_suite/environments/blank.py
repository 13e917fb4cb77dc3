"""What `python -m venv` makes of an interpreter, kept, and laid where an environment is to be built.

It is the same for every project, and making it takes 0.6 s; so it is made once, while the index is asked.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from deploy_suite.environments import seeds
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.ports import Workplace

_FOLDER: Final = "blank"
_FORMAT: Final = 2  # counts changes of how it is made
_COMPLETE: Final = "complete"
_OF_INDEX: Final = "of-index"
_VENV: Final = "venv"
_LOCK: Final = ".lock"  # uv's own, one for each environment


def prepare(installer: Installer, workshop: Workshop) -> None:
    """Make the blank environment of the workshop's interpreter, unless it is kept. Raises: MachineError.

    It is not kept where what it holds comes from the index, and is another thing tomorrow.
    """
    folder = _folder(installer, workshop)
    with workshop.ports.workplace.locked(folder.name):
        if (folder / _COMPLETE).exists() or (folder / _OF_INDEX).exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        found = seeds.of(workshop)
        if not all(seed.wheel for seed in found):
            (folder / _OF_INDEX).touch()
            return
        installer.create(folder / _VENV, found, workshop)
        (folder / _COMPLETE).write_text("\n".join(_state(workshop.interpreter.path)), encoding="utf-8")


def sweep(workplace: Workplace) -> None:
    """Remove what is kept for interpreters that are gone or were replaced, and what was made before that was noted."""
    for folder in workplace.cache.glob(f"{_FOLDER}/*"):
        if _is_of_now(folder):
            continue
        with workplace.locked_at_once(folder.name) as is_held:
            if is_held and not _is_of_now(folder):  # it may have been made meanwhile
                shutil.rmtree(folder, ignore_errors=True)


def discard(installer: Installer, workshop: Workshop) -> None:
    """Remove the blank environment of the workshop's interpreter: it is made of what was found to be damaged."""
    folder = _folder(installer, workshop)
    with workshop.ports.workplace.locked(folder.name):
        shutil.rmtree(folder, ignore_errors=True)


def _is_of_now(folder: Path) -> bool:
    try:
        noted = (folder / _COMPLETE).read_text(encoding="utf-8").splitlines()
        return noted == _state(Path(noted[0]))
    except (OSError, ValueError, IndexError):
        return (folder / _OF_INDEX).exists()


def _state(python: Path) -> list[str]:
    """Return what tells an interpreter from another one at the same place."""
    state = python.stat()
    return [str(python), str(state.st_mtime_ns), str(state.st_size)]


def lay(venv: Path, installer: Installer, workshop: Workshop) -> None:
    """Make *venv* from the blank one that is kept, else anew. Raises: MachineError.

    The lock is left out: one file would make the installations of all environments wait for each other.
    """
    folder = _folder(installer, workshop)
    if not (folder / _COMPLETE).exists():
        installer.create(venv, seeds.of(workshop), workshop)
        return
    blank = folder / _VENV
    shutil.copytree(blank, venv, symlinks=True, copy_function=_linked, ignore=shutil.ignore_patterns(_LOCK))
    for path in (blank / "pyvenv.cfg", *(blank / "bin").iterdir()):
        if path.is_file() and not path.is_symlink():
            _rewritten(path, venv / path.relative_to(blank), old=str(blank), new=str(venv))


def _folder(installer: Installer, workshop: Workshop) -> Path:
    python = workshop.interpreter
    parts = (_FORMAT, *_state(python.path), python.version, installer.program())
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
    return workshop.ports.workplace.cache / _FOLDER / f"blank-{digest}"


def _linked(source: str, target: str) -> None:
    """Share the file, as installers do with what they keep: who replaces it leaves the kept one alone."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _rewritten(source: Path, target: Path, *, old: str, new: str) -> None:
    """Make *target* a file of its own with the new place: what a build writes into it must not reach the kept one."""
    target.unlink()
    target.write_bytes(source.read_bytes().replace(old.encode(), new.encode()))
    target.chmod(source.stat().st_mode)
