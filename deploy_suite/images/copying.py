"""COPY, ADD and the mounts of RUN → what they take from the build context."""

import posixpath
import re
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images.context import Context
from deploy_suite.images.records import ROOT, Copied, Obstacle, State
from deploy_suite.manifests.dockerfile import Instruction
from deploy_suite.manifests.dockerfile_words import expanded

_REMOTE: Final = re.compile(r"(?:https?|git|ssh)://|git@")
_ARCHIVE: Final = re.compile(r"\.(?:tar(?:\.\w+)?|tgz|txz|tbz2?)$")
_BIN: Final = re.compile(r"^(?:/usr)?(?:/local)?/s?bin(?:/|$)")
_HEREDOC: Final = re.compile(r"\d?<<-?['\"]?\w")


def places(one: Instruction, state: State) -> list[str]:
    """Return the sources of COPY or ADD and where they go, which is last."""
    return [expanded(word, state.values) for word in one.words if not _HEREDOC.match(word)]


def looked_for(one: Instruction, state: State, context: Context) -> Copied:
    """Return what *one* looks for in the context, and nothing of where it goes."""
    wanted = [word for word in places(one, state)[:-1] if word and not _REMOTE.match(word)]
    return Copied(line=one.line, matches=tuple(map(context.match, wanted)), files=())


def copied(
    one: Instruction, state: State, context: Context, *, sources: list[str], goal: PurePosixPath, is_folder: bool
) -> tuple[Copied, list[Obstacle]]:
    """Return what *one* copies to *goal*, a folder or the file itself, and what of it cannot be had here."""
    matches = []
    obstacles: list[Obstacle] = []
    files: list[tuple[PurePosixPath, PurePosixPath]] = []
    for source in sources:
        if _REMOTE.match(source):
            if not _BIN.match(str(goal)) and goal.is_relative_to(state.workdir) and state.workdir != ROOT:
                obstacles.append(Obstacle(line=one.line, reason=f"it fetches {source} into the image"))
            continue
        if one.name == "ADD" and _ARCHIVE.search(source):
            obstacles.append(Obstacle(line=one.line, reason=f"it unpacks {source}"))
            continue
        found = context.match(source)
        matches.append(found)
        if found.is_folder:
            state.folders.add(goal)
        parents = PurePosixPath(source.lstrip("./")) if one.flag("parents") is not None else PurePosixPath()
        for repository, below in found.files:
            inside = parents / below
            if not inside.parts:
                inside = PurePosixPath(repository.name) if is_folder else inside
            files.append((goal / inside, repository))
    return Copied(line=one.line, matches=tuple(matches), files=tuple(files)), obstacles


def mounted(one: Instruction, state: State, context: Context) -> list[tuple[PurePosixPath, PurePosixPath]]:
    """Return the files of the context that RUN binds: paths in the image and in the repository."""
    found: list[tuple[PurePosixPath, PurePosixPath]] = []
    for mount in one.all_of("mount"):
        options = dict(part.partition("=")[::2] for part in mount.split(","))
        if options.get("type", "bind") != "bind" or "from" in options:
            continue
        source = options.get("source", options.get("src", "."))
        target = options.get("target", options.get("dst", options.get("destination", ".")))
        goal = PurePosixPath(posixpath.normpath(posixpath.join(state.workdir, target)))
        matched = context.match(source)
        found += [(goal / below if below.parts else goal, file) for file, below in matched.files]
    return found
