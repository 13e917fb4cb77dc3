"""A kept environment that points into the kept source, made to point into a run's own copy of it.

An editable install writes the path of the source into the environment. Files that hold it are written anew, all others
are links to the kept ones, so that nothing is copied and compiled bytecode is kept too.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy_suite.environments import packages

_MOST_BYTES: Final = 1024 * 1024


def is_needed(venv: Path, source: Path) -> bool:
    """Return whether *venv* makes modules of *source* importable."""
    return any(_holds(path, str(source)) for path in _pointers(packages.site_packages(venv)))


def relocated(venv: Path, target: Path, *, source: Path, copy: Path) -> Path:
    """Return an environment at *target* that is *venv* but for its pointers to *source*, which lead to *copy*."""
    changes = {str(source): str(copy), str(venv): str(target)}
    packages_folder = packages.site_packages(venv)
    opened = {venv, venv / "bin", venv / "lib", packages_folder.parent, packages_folder}
    opened |= {path.parent for path in packages_folder.glob("*.dist-info/direct_url.json")}
    for folder in sorted(opened):
        _mirror(folder, target / folder.relative_to(venv), opened=opened, changes=changes)
    return target


def _mirror(folder: Path, target: Path, *, opened: set[Path], changes: dict[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        place = target / path.name
        if path in opened and not path.is_symlink():
            continue
        if path.is_symlink():
            place.symlink_to(os.readlink(path))  # noqa: PTH115  as it stands, relative or not
        elif path.is_file() and any(_holds(path, old) for old in changes):
            _rewrite(path, place, changes)
        else:
            place.symlink_to(path)


def _rewrite(path: Path, place: Path, changes: dict[str, str]) -> None:
    content = path.read_bytes()
    for old, new in changes.items():
        content = content.replace(old.encode(), new.encode())
    place.write_bytes(content)
    place.chmod(path.stat().st_mode)


def _pointers(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.suffix in {".pth", ".egg-link"} or path.name.startswith("__editable__"):
            yield path


def _holds(path: Path, text: str) -> bool:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return False
        return text.encode() in path.read_bytes()
    except OSError:
        return False
