"""A build script in a service's folder that is written to be called from the repository's top → that call."""

import re
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.project import snapshot_files

# A script that looks for its own folder, or leaves it, may be called from anywhere.
_MOVES: Final = re.compile(r"\bdirname\b|\bcd\s+\S*\.\.")


def called(top: Snapshot, moved: Snapshot, build: CommandText | None) -> CommandText | None:
    """Return the call of *build*'s script from *top*, None where it is written for the folder *moved* that it lies in.

    The Dashboard has one root directory for all commands, and the script's own words say which.
    """
    script = build.text.split()[-1].removeprefix("./") if build else ""
    place = moved.root / script
    if moved.root == top.root or not script.endswith(".sh") or not _is_for(top, place):
        return None
    is_executable = snapshot_files.is_executable(moved.folder / place)
    return CommandText(text=f"{'./' if is_executable else 'bash '}{place.relative_to(top.root)}")


def _is_for(top: Snapshot, script: PurePosixPath) -> bool:
    """Whether what *script* names as in its own folder lies there as seen from *top*, and not from that folder."""
    inner = str(script.parent.relative_to(top.root))
    text = snapshot_files.text(top.folder, script) or ""
    named = re.findall(rf"(?<![\w./$}}-]){re.escape(inner)}/[\w./-]*\w", text)
    there = [one for one in named if snapshot_files.find(top.folder, top.root / one)]
    doubled = any(snapshot_files.find(top.folder, script.parent / one) for one in named)
    return bool(there) and not doubled and not _MOVES.search(text)
