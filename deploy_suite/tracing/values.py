"""What a trace says: every import that starting an entry point leads to, with its kind and its chain.

Named tuples, here and in the other modules of tracing: a dataclass costs five times as much to define, at each start,
and half as much again to make.
"""

from enum import IntEnum
from typing import NamedTuple

from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint


class ImportKind(IntEnum):
    """When an import runs, the most certain first. A chain is as certain as its least certain import."""

    EAGER = 0
    CONDITIONAL = 1
    DEFERRED = 2
    GUARDED = 3
    TYPING = 4

    @property
    def label(self) -> str:
        """The kind as reports name it."""
        return _LABELS[self]


_LABELS = {
    ImportKind.EAGER: "eager",
    ImportKind.CONDITIONAL: "conditional",
    ImportKind.DEFERRED: "deferred",
    ImportKind.GUARDED: "guarded",
    ImportKind.TYPING: "typing-only",
}


class Hop(NamedTuple):
    """One import on the way. Shape: `file` is relative to the repository; `statement` reads like `import numpy`."""

    file: str
    line: int
    statement: str

    @property
    def location(self) -> Location:
        """The place of the import."""
        return Location(self.file, self.line)


class Chain(NamedTuple):
    """The imports from the entry point to the one in question, in the order in which Python meets them."""

    hops: tuple[Hop, ...] = ()

    def then(self, hop: Hop) -> "Chain":
        """Return the chain with one import more."""
        return Chain((*self.hops, hop))

    @property
    def last(self) -> Hop:
        """The import at the end."""
        return self.hops[-1]

    def shown(self) -> str:
        """Return "a.py:26 → b.py:17 → c.py:11 import numpy"."""
        places = " → ".join(f"{hop.file}:{hop.line}" for hop in self.hops)
        return f"{places} {self.hops[-1].statement}" if self.hops else ""


class ThirdPartyImport(NamedTuple):
    """An import of something that is neither the project's nor the standard library's.

    Shape: `name` is the top-level name, `module` the full dotted one, `names` what a `from` import takes of it.
    """

    name: str
    module: str
    names: tuple[str, ...]
    kind: ImportKind
    chain: Chain


class OwnModule(NamedTuple):
    """A file of the project on the way. Shape: `chain` is empty for what the server itself imports."""

    name: str
    file: str
    kind: ImportKind
    chain: Chain


class Lack(IntEnum):
    """Why an import of the project's own cannot work."""

    ABSENT = 0
    OTHER_CASE = 1
    NO_PARENT = 2


class MissingModule(NamedTuple):
    """An import of the project's own that the snapshot cannot satisfy.

    Shape: `expected` are the files that would satisfy it, `variant` the file that differs in case only.
    """

    module: str
    kind: ImportKind
    chain: Chain
    lack: Lack = Lack.ABSENT
    expected: tuple[str, ...] = ()
    variant: str = ""


class SyntaxProblem(NamedTuple):
    """A file on the way that the target's Python cannot read. Shape: `text` is the line as written."""

    file: str
    line: int
    message: str
    text: str
    kind: ImportKind
    chain: Chain


class Shadow(NamedTuple):
    """A file of the project that is found in place of a package of the same name.

    Shape: `lacking` are the names or submodules that the import takes and the file does not have.
    """

    name: str
    file: str
    lacking: tuple[str, ...]
    is_standard_library: bool
    kind: ImportKind
    chain: Chain


class Trace(NamedTuple):
    """All that starting an entry point imports, as far as the sources tell.

    Shape: `imports` hold each place that imports something once, with its most certain kind; `modules` are the files
    in the order of their execution; `settings_module` is Django's, "" without Django. `unfit` are the files of which
    it is not sure that the target's Python can read them: those with a problem, and those that no parser here reads.
    `changes_path` says that one of the files works on `sys.path`, so that a module may be found where this trace did
    not look.
    """

    entry: EntryPoint
    imports: tuple[ThirdPartyImport, ...]
    missing: tuple[MissingModule, ...] = ()
    syntax_problems: tuple[SyntaxProblem, ...] = ()
    unfit: tuple[str, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    modules: tuple[OwnModule, ...] = ()
    settings_module: str = ""
    changes_path: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """The files in the order of their execution."""
        return tuple(module.file for module in self.modules)

    def strongest(self, name: str) -> ThirdPartyImport | None:
        """Return the most certain import of the top-level *name*."""
        return min((found for found in self.imports if found.name == name), key=lambda i: i.kind, default=None)
