"""A `cd` into a folder that is not there → the commands behind it, which run where they would have run without it."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from deploy_suite.manifests.shell import SimpleCommand
from deploy_suite.project import module_files, snapshot_files


def told(commands: Iterable[SimpleCommand], root: PurePosixPath | None, folder: Path) -> Iterator[SimpleCommand]:
    """Yield *commands*, run from *root* in the snapshot at *folder*, with the places that they really run in.

    A shell that does not stop at errors goes on where it is. What an earlier command may have made counts as there.
    """
    lost: dict[str, str] = {}
    lines: list[str] = []
    for one in commands:
        place = _without(lost, one.folder) if one.folder_is_known else one.folder
        moved = replace(one, folder=place)
        yield moved
        if root is not None and (target := _target(moved)) and not _may_be_there(root / target, folder, lines):
            lost[posixpath.normpath(posixpath.join(one.folder, one.words[1]))] = place
        lines.append(one.text)


def _target(one: SimpleCommand) -> str:
    """Return where *one* leads if it is a plain `cd` whose failure stops nothing, else ""."""
    is_plain = one.words[:1] == ("cd",) and len(one.words) == 2 and one.folder_is_known  # noqa: PLR2004
    if not is_plain or one.after != ";" or one.stops_at_errors or one.is_condition or one.is_conditional:
        return ""
    if one.words[1].startswith(("/", "~", "-")) or any(sign in one.words[1] for sign in "$`*?[\0"):
        return ""
    return posixpath.normpath(posixpath.join(one.folder, one.words[1]))


def _may_be_there(target: PurePosixPath, folder: Path, lines: Iterable[str]) -> bool:
    path = module_files.normal(target)
    if path is None or snapshot_files.is_folder(folder, path) or snapshot_files.is_in_absent_submodule(folder, path):
        return True
    return any(path.name in line or " clone " in line or "npm " in line for line in lines)


def _without(lost: dict[str, str], place: str) -> str:
    """Return *place* without the steps that led nowhere."""
    gone = next((one for one in lost if place == one or place.startswith(f"{one}/")), "")
    return posixpath.join(lost[gone], place[len(gone) + 1 :]).rstrip("/") if gone else place
