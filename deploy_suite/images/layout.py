"""Paths of an image into paths of a tree that can be laid out here, which looks like the repository where it can."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images.records import Copied, Ran, Record, Written
from deploy_suite.model.own_place import SOURCE_ON_TARGET

_ASIDE: Final = ".image"
_SYSTEM: Final = frozenset(
    {"bin", "boot", "dev", "etc", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin", "sys", "tmp"}
    | {"usr", "var"}
)
_ABSOLUTE: Final = re.compile(r"(?<![\w.$}/~@-])(?P<path>/(?:[A-Za-z0-9_.][\w.+@-]*/?)+|/(?=\s|$))")
_BIN: Final = re.compile(r"^/(?:[\w.-]+/)*s?bin/(?P<name>[\w.+-]+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything lies.

    Shape: `workdir` is the image's final working folder, `root` the folder of the tree that stands for it. `places`
    maps each copied file of the image onto its path in the tree; `origins` maps that onto the repository's path;
    `written` are texts that the Dockerfile itself holds, by their path in the tree.
    """

    workdir: PurePosixPath
    root: PurePosixPath
    places: Mapping[PurePosixPath, PurePosixPath]
    origins: Mapping[PurePosixPath, PurePosixPath]
    written: Mapping[PurePosixPath, str]
    _folders: Mapping[PurePosixPath, PurePosixPath]

    def place(self, path: PurePosixPath) -> PurePosixPath | None:
        """Return where *path* of the image lies in the tree, None where it is the image's own system."""
        if path in self.places:
            return self.places[path]
        for folder in (path, *path.parents):
            if folder in self._folders:
                return self._folders[folder] / path.relative_to(folder)
        is_system = len(path.parts) > 1 and path.parts[1] in _SYSTEM
        if path.is_relative_to(self.workdir) and (self.workdir.parts[1:] or not is_system):
            return self.root / path.relative_to(self.workdir)
        return None if is_system or path == PurePosixPath("/") else self.root / _ASIDE / path.relative_to("/")

    def here(self, text: str, *, folder: PurePosixPath | None) -> str:
        """Return *text* with the paths of the image as they are in the tree, seen from *folder* of the tree.

        Shape: None for paths that hold from wherever they are used: led to the tree with the target's own ones.
        """

        def moved(found: re.Match[str]) -> str:
            written = found["path"]
            path = PurePosixPath(posixpath.normpath(written))
            program = _BIN.match(written)
            if program and path not in self.places:
                return program["name"]
            place = self.place(path)
            if place is None:
                return written
            near = posixpath.relpath(place, folder) if folder is not None else str(SOURCE_ON_TARGET / place)
            is_called = path in self.places and "/" not in near
            return f"./{near}" if is_called else near + "/" * (written.endswith("/") and near != ".")

        return _ABSOLUTE.sub(moved, text)


def of(records: Iterable[Record], *, workdir: PurePosixPath, context: PurePosixPath) -> Layout:
    """Return the layout of the files in *records*; *context* is the folder of the build context."""
    files = tuple(_files(records))
    root = _root(files, workdir=workdir, context=context)
    places: dict[PurePosixPath, PurePosixPath] = {}
    origins: dict[PurePosixPath, PurePosixPath] = {}
    for path, origin in files:
        place = _placed(path, origin, root=root, workdir=workdir, taken=origins)
        places[path] = place
        origins[place] = origin
    written: dict[PurePosixPath, str] = {}
    for record in records:
        if isinstance(record, Written):
            place = _placed(record.path, PurePosixPath(_ASIDE) / "written", root=root, workdir=workdir, taken=origins)
            places[record.path] = place
            written[place] = record.text
    return Layout(
        workdir=workdir,
        root=root,
        places=places,
        origins=origins,
        written=written,
        _folders=dict(_folders(places, workdir)),
    )


def _files(records: Iterable[Record]) -> Iterable[tuple[PurePosixPath, PurePosixPath]]:
    for record in records:
        match record:
            case Copied(files=files) | Ran(mounted=files):
                yield from files
            case _:
                pass


def _root(
    files: Iterable[tuple[PurePosixPath, PurePosixPath]], *, workdir: PurePosixPath, context: PurePosixPath
) -> PurePosixPath:
    """Return the folder of the repository that most files below *workdir* were taken from as they lie there."""
    votes: Counter[PurePosixPath] = Counter()
    for path, origin in files:
        if path.is_relative_to(workdir):
            below = path.relative_to(workdir)
            if origin.parts[-len(below.parts) :] == below.parts:
                votes[PurePosixPath(*origin.parts[: -len(below.parts)])] += 1
    return votes.most_common(1)[0][0] if votes else context


def _placed(
    path: PurePosixPath,
    origin: PurePosixPath,
    *,
    root: PurePosixPath,
    workdir: PurePosixPath,
    taken: Mapping[PurePosixPath, PurePosixPath],
) -> PurePosixPath:
    if path.is_relative_to(workdir):
        return root / path.relative_to(workdir)
    is_free = origin.is_relative_to(root) and origin.parts[:1] != (_ASIDE,) and taken.get(origin, origin) == origin
    return origin if is_free else root / _ASIDE / path.relative_to("/")


def _folders(
    places: Mapping[PurePosixPath, PurePosixPath], workdir: PurePosixPath
) -> Iterable[tuple[PurePosixPath, PurePosixPath]]:
    """Yield the folders outside of the working folder whose files all lie together in the tree as well."""
    found: dict[PurePosixPath, set[PurePosixPath]] = {}
    for path, place in places.items():
        if path.is_relative_to(workdir):
            continue
        for depth in range(1, len(path.parts) - 1):
            below = path.parts[len(path.parts) - depth :]
            folder = PurePosixPath(*path.parts[: len(path.parts) - depth])
            if place.parts[-depth:] == below and len(folder.parts) > 1 and folder.parts[1] not in _SYSTEM:
                found.setdefault(folder, set()).add(PurePosixPath(*place.parts[:-depth]))
    yield from ((folder, next(iter(bases))) for folder, bases in found.items() if len(bases) == 1)
