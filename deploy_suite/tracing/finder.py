"""What Python's finders meet on the path of a service: the project's own modules, and names that are others' too."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy_suite.tracing import bindings, sources
from deploy_suite.tracing.layout import Layout, Module


@dataclass(slots=True, kw_only=True)
class Finder:
    """The project's part of the path, as it is while a module runs.

    Shape: `bases` are its folders, in their order; `standard` and `known` are the top-level names of the standard
    library of `version` and of packages.
    """

    layout: Layout
    version: tuple[int, int]
    bases: tuple[str, ...]
    standard: frozenset[str]
    known: frozenset[str]

    def extend(self, folder: str, *, is_first: bool) -> bool:
        """Take *folder* into the path; return whether that changes it."""
        is_new = folder not in self.bases
        if is_new:
            self.bases = (folder, *self.bases) if is_first else (*self.bases, folder)
        return is_new

    def top(self, name: str) -> Module | None:
        """Return the project's own module of a top-level name."""
        return self.layout.find(self.bases, part=name, prefix="")

    def way(self, dotted: str) -> Iterator[Module]:
        """Yield the packages on the way to *dotted*, then the module, as far as the project has them."""
        bases, prefix = self.bases, ""
        for part in dotted.split("."):
            module = self.layout.find(bases, part=part, prefix=prefix)
            if module is None:
                return
            yield module
            bases, prefix = module.folders, module.name

    def is_plain(self, top: str) -> bool:
        """Whether the standard library has the name *top*, and nothing of the project's stands in its way."""
        return top in self.standard and self.top(top) is None

    def is_foreign_name(self, dotted: str) -> bool:
        """Whether a package or the standard library is known to have the name too."""
        top = dotted.partition(".")[0]
        return top in self.standard or top in self.known

    def has_variant(self, top: str) -> bool:
        """Whether the project has *top* in another case alone, which Linux does not find."""
        return not self.is_foreign_name(top) and bool(self.layout.variant(self.bases, top))

    def holds_sources(self, package: Module) -> bool:
        """Whether a namespace package has Python files at all."""
        return any(self.layout.holds_sources(folder) for folder in package.folders)

    def lacking(self, found: Module, dotted: str, *, names: tuple[str, ...], importer: str) -> tuple[str, ...]:
        """Return what the file *importer* takes of a foreign name that the project's module *found* does not have."""
        parts = dotted.split(".")
        if found.file == importer and not (found.folders and (names or len(parts) > 1)):
            return (dotted,)
        if len(parts) > 1:
            inner = self.layout.find(found.folders, part=parts[1], prefix=found.name)
            return () if inner else (dotted,)
        tree = sources.read(self.layout.folder / found.file, self.version).tree
        bound = bindings.names(tree) if tree else None
        if bound is None:
            return ()
        has = (n in bound or n == "*" or self.layout.find(found.folders, part=n, prefix=found.name) for n in names)
        return tuple(name for name, there in zip(names, has, strict=True) if not there)
