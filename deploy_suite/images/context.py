"""A build context: the files that COPY sees, and where each of them ends up."""

import os
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.manifests import dockerignore
from deploy_suite.manifests.dockerignore import Ignoring, Rule
from deploy_suite.model import on_disk

_GLOB: Final = re.compile(r"[*?\[]")
_UNREADABLE: Final = frozenset({".git"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What one source of a COPY stands for. Shape: `files` are pairs of repository path and path below the source."""

    source: str
    files: tuple[tuple[PurePosixPath, PurePosixPath], ...] = ()
    is_folder: bool = False
    is_there: bool = True
    ignored_by: Rule | None = None


@dataclass(slots=True)
class Context:
    """The folder *root* of the snapshot at *top*, without what .dockerignore leaves out.

    Shape: `ignore_file` is the path of the file that says so, relative to the repository.
    """

    top: Path
    root: PurePosixPath
    ignoring: Ignoring
    ignore_file: PurePosixPath | None = None
    _files: dict[PurePosixPath, Rule | None] = field(default_factory=dict)

    def files(self) -> dict[PurePosixPath, Rule | None]:
        """Return all files relative to the context, each with the rule that leaves it out."""
        if not self._files:
            for path in _walked(self.top / self.root):
                self._files[path] = self.ignoring.rule_for(path)
        return self._files

    def has(self, path: PurePosixPath) -> bool:
        """Whether the repository has *path*, a file or a folder, whatever is left out of the context."""
        return on_disk.is_there(self.top / path)

    def match(self, source: str) -> Matched:
        """Return what *source*, a path or pattern of COPY relative to the context, stands for."""
        cleaned = posixpath.normpath(posixpath.join("/", source)).lstrip("/")
        if _GLOB.search(cleaned):
            return self._globbed(source, cleaned)
        path = PurePosixPath(cleaned)
        own = [(file, rule) for file, rule in self.files().items() if file == path or file.is_relative_to(path)]
        if not own:
            is_there = self.has(self.root / path) or path.parts[:1] in {(name,) for name in _UNREADABLE}
            return Matched(source=source, is_folder=True, is_there=is_there)
        files = tuple((self.root / file, file.relative_to(path)) for file, rule in own if rule is None)
        if not files and path.parts:
            return Matched(source=source, is_there=False, ignored_by=own[0][1])
        return Matched(source=source, files=files, is_folder=own[0][0] != path)

    def _globbed(self, source: str, cleaned: str) -> Matched:
        """Return the matches of a pattern; none at all is nothing that the builder minds."""
        wanted = dockerignore.pattern(cleaned)
        depth = len(PurePosixPath(cleaned).parts)
        found = []
        for file, rule in self.files().items():
            head = PurePosixPath(*file.parts[:depth])
            if rule is None and len(file.parts) >= depth and wanted.fullmatch(str(head)):
                below = file.relative_to(head)
                found.append((self.root / file, below if below.parts else PurePosixPath(file.name)))
        return Matched(source=source, files=tuple(found), is_folder=True)


def read(top: Path, root: PurePosixPath, *, dockerfile: PurePosixPath) -> Context:
    """Return the context in *root*; a file NAME.dockerignore beside the Dockerfile comes before .dockerignore.

    Source: https://docs.docker.com/build/concepts/context/#filename-and-location
    """
    for file in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), root / ".dockerignore"):
        try:
            text = (top / file).read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            continue
        return Context(top=top, root=root, ignoring=dockerignore.parse(text), ignore_file=file)
    return Context(top=top, root=root, ignoring=Ignoring())


def _walked(folder: Path) -> Iterator[PurePosixPath]:
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _UNREADABLE)
        below = PurePosixPath(Path(base).relative_to(folder).as_posix())
        linked = [name for name in folders if Path(base, name).is_symlink()]
        yield from (below / name for name in sorted([*names, *linked]))
