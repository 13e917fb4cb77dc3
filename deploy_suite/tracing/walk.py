"""Follows import statements from file to file, in the order in which Python would run them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from deploy_suite.tracing import bindings, search_path, sources
from deploy_suite.tracing.layout import Layout, Module, joined
from deploy_suite.tracing.package_names import PackageNames
from deploy_suite.tracing.sources import Source
from deploy_suite.tracing.statements import Imported, Reader
from deploy_suite.tracing.values import (
    Chain,
    Hop,
    ImportKind,
    Lack,
    MissingModule,
    Shadow,
    SyntaxProblem,
    ThirdPartyImport,
)

Steps = Iterator["Steps"]


class Step(NamedTuple):
    """An import that is to be followed, the module in which it stands and how Python got there."""

    module: Module
    imported: Imported
    chain: Chain


@dataclass(slots=True, kw_only=True)
class Walk:
    """What has been met so far.

    Shape: `level` is the kind that is being followed; weaker imports wait in `pending`. `eager_functions` maps the last
    part of a module's name onto the functions in such modules that run with it (Django's `ready` in `apps`).
    """

    layout: Layout
    version: tuple[int, int]
    bases: tuple[str, ...]
    standard: frozenset[str]
    known: frozenset[str]
    level: ImportKind = ImportKind.EAGER
    eager_functions: dict[str, frozenset[str]] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    read: dict[str, Source] = field(default_factory=dict)
    pending: dict[ImportKind, list[Step]] = field(default_factory=lambda: {kind: [] for kind in ImportKind})
    levels: dict[str, ImportKind] = field(default_factory=dict)
    imports: dict[tuple[str, tuple[str, ...], str, int], ThirdPartyImport] = field(default_factory=dict)
    missing: dict[str, MissingModule] = field(default_factory=dict)
    shadows: dict[str, Shadow] = field(default_factory=dict)
    taken: dict[str, frozenset[str]] = field(default_factory=dict)
    _names: dict[str, PackageNames] = field(default_factory=dict)
    _entered: dict[str, Module] = field(default_factory=dict)
    _imported: dict[str, Module] = field(default_factory=dict)

    def finish(self) -> None:
        """Follow what waits, the more certain kinds first: the first way by which a module is met is its strongest."""
        for kind in ImportKind:
            self.level = kind
            index = 0
            while index < len(self.pending[kind]):
                self.drive(self.follow(self.pending[kind][index]))
                index += 1

    def drive(self, start: Steps) -> None:
        """Run the steps depth first, as Python does, without its limit on recursion."""
        stack = [start]
        while stack:
            following = next(stack[-1], None)
            if following is None:
                stack.pop()
            else:
                stack.append(following)

    def take(self, step: Step) -> Steps:
        """Follow the step now, or later when its kind is weaker than the present one."""
        kind = max(self.level, step.imported.kind)
        if kind == self.level:
            yield self.follow(step)
        else:
            self.pending[kind].append(step)

    def enter(self, module: Module, chain: Chain) -> Steps:
        """Run a module's import statements, unless that has been done."""
        if not module.file or module.file in self.modules:
            return
        self.modules[module.file] = module
        self.chains[module.file] = chain
        self.levels[module.file] = self.level
        source = self._source(module)
        statements = self._statements(source, module) if source else ()
        if module.folders:
            self.taken[module.file] = frozenset(name for imported in statements for name in imported.names)
        for imported in statements:
            if not imported.level and self._is_plain(imported.module.partition(".")[0]):
                continue
            kind = max(self.level, imported.kind)
            if kind == self.level:
                yield self.follow(Step(module, imported, chain))
            else:
                self.pending[kind].append(Step(module, imported, chain))

    def _is_plain(self, top: str) -> bool:
        """Whether the standard library has the top-level name *top*, and nothing of the project's stands in its way."""
        return top in self.standard and self.layout.find(self.bases, part=top, prefix="") is None

    def judged(self) -> Iterator[tuple[str, SyntaxProblem | None]]:
        """Yield each file that the target certainly cannot read, with why, and each that it may not be able to."""
        for file, source in self.read.items():
            if not source.is_fit:
                fault, kind, chain = source.fault, self.levels[file], self.chains[file]
                yield file, SyntaxProblem(file=file, kind=kind, chain=chain, **fault._asdict()) if fault else None

    def _source(self, module: Module) -> Source | None:
        if not module.is_source:
            return None
        try:
            source = sources.read(f"{self.layout.folder}/{module.file}", self.version)
        except OSError:
            return None
        self.read[module.file] = source
        if search_path.may_change(source.data) and source.tree is not None:
            self._extend_path(source.tree, module)
        return source

    def _extend_path(self, tree: ast.Module, module: Module) -> None:
        for folder, is_first in search_path.added(tree, file=module.file, cwd=self.bases[0]):
            text = "" if folder == "." else folder
            if text not in self.bases:
                self.bases = (text, *self.bases) if is_first else (*self.bases, text)
                self._entered.clear()

    def _statements(self, source: Source, module: Module) -> Sequence[Imported]:
        reader = Reader(
            version=self.version,
            is_program=module.name.endswith("__main__"),
            is_django=b"django" in source.data,
            eager_functions=self.eager_functions.get(module.name.rpartition(".")[2], frozenset()),
        )
        return sources.imports(source, reader)

    def follow(self, step: Step) -> Steps:
        """Run one import: the packages on the way, then the module, then those submodules that it takes."""
        imported = step.imported
        dotted = _absolute(imported, step.module)
        module = self._entered.get(dotted or "")
        has_nothing_new = module is not None and not (module.folders and imported.names)
        if has_nothing_new and (imported.level or not self._is_foreign_name(imported.module)):
            return
        chain = step.chain.then(Hop(step.module.file, imported.line, imported.statement))
        if dotted is None:
            self._lacks(imported.statement, chain, lack=Lack.NO_PARENT)
            return
        if not imported.level and not self._is_own(step, dotted, chain=chain):
            self._third_party(imported, dotted, chain=chain)
            return
        if module is None:
            yield from self._components(dotted, chain)
            module = self._entered.get(dotted)
        if module is not None:
            yield from self._taken(module, imported, chain=chain)

    def _components(self, dotted: str, chain: Chain) -> Steps:
        bases, prefix = self.bases, ""
        module: Module | None = None
        for part in dotted.split("."):
            name = f"{prefix}.{part}" if prefix else part
            found = self._as_imported(name, self.layout.find(bases, part=part, prefix=prefix))
            if found is None:
                if not self._is_open(module):
                    self._lacks(f"{prefix}.{part}".lstrip("."), chain, bases=bases, part=part)
                return
            if found.file not in self.modules:
                yield self.enter(found, chain)
            bases, prefix, module = found.folders, found.name, found
            self._imported[name] = found
        if module is not None:
            self._entered[dotted] = module

    def _as_imported(self, name: str, found: Module | None) -> Module | None:
        """Return *found*, or what was imported by that name before the path changed: no import looks it up again.

        A namespace package goes on without a file, and takes in the folders that a new path adds.
        """
        known = self._imported.get(name)
        is_kept = known is not None and bool(known.file or found is None or found.file)
        return known if is_kept else found

    def _taken(self, module: Module, imported: Imported, *, chain: Chain) -> Steps:
        """Follow the names of a `from` import that are submodules; those that nothing provides are missing."""
        if not module.folders:
            return
        own = self._names_of(module)
        for name in imported.names:
            if name == "*" or name.startswith("__"):
                continue
            found = self.layout.find(module.folders, part=name, prefix=module.name)
            if found is not None:
                if found.file not in self.modules and not own.assigns(name):
                    yield self.enter(found, chain)
            elif not own.may_have(name):
                self._lacks(f"{module.name}.{name}", chain, bases=module.folders, part=name)

    def _names_of(self, module: Module) -> PackageNames:
        """Return the names that the package itself has."""
        if module.file not in self._names:
            self._names[module.file] = PackageNames(
                self.read.get(module.file),
                taken=self.taken.get(module.file, frozenset()),
                is_namespace=not module.file,
            )
        return self._names[module.file]

    def _is_open(self, module: Module | None) -> bool:
        """Whether a module may have submodules that the folders do not show."""
        source = self.read.get(module.file) if module else None
        return bool(source and (b"__path__" in source.data or b"sys.modules" in source.data))

    def _is_foreign_name(self, dotted: str) -> bool:
        """Whether a package or the standard library is known to have the name too."""
        top = dotted.partition(".")[0]
        return top in self.standard or top in self.known

    def _is_own(self, step: Step, dotted: str, *, chain: Chain) -> bool:
        """Whether an absolute import finds the project's own module first."""
        top = dotted.partition(".")[0]
        found = self.layout.find(self.bases, part=top, prefix="")
        if found is None:
            return top not in self.standard and self._is_own_elsewhere(top, chain)
        is_foreign_name = self._is_foreign_name(top)
        if not found.file:
            sources_there = any(self.layout.holds_sources(folder) for folder in found.folders)
            return sources_there and not is_foreign_name
        lacking = self._lacking(found, dotted, step=step) if is_foreign_name else ()
        if lacking:
            self.shadows.setdefault(
                top,
                Shadow(
                    name=top,
                    file=found.file,
                    lacking=lacking,
                    is_standard_library=top in self.standard,
                    kind=self.level,
                    chain=chain,
                ),
            )
        return not lacking

    def _is_own_elsewhere(self, top: str, chain: Chain) -> bool:
        """Record a module of the project that exists in another case; Linux does not find it."""
        variant = "" if top in self.standard or top in self.known else self.layout.variant(self.bases, top)
        if variant:
            self._lacks(top, chain, bases=tuple(self.bases), part=top)
        return bool(variant)

    def _lacking(self, found: Module, dotted: str, *, step: Step) -> tuple[str, ...]:
        """Return what an import takes of a foreign name that the project's module of that name does not have."""
        names = step.imported.names
        parts = dotted.split(".")
        if found.file == step.module.file and not (found.folders and (names or len(parts) > 1)):
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

    def _third_party(self, imported: Imported, dotted: str, *, chain: Chain) -> None:
        top = dotted.partition(".")[0]
        if top in self.standard:
            return
        found = ThirdPartyImport(name=top, module=dotted, names=imported.names, kind=self.level, chain=chain)
        hop = chain.last
        self.imports.setdefault((dotted, imported.names, hop.file, hop.line), found)

    def _lacks(
        self,
        module: str,
        chain: Chain,
        *,
        lack: Lack = Lack.ABSENT,
        bases: Sequence[str] = (),
        part: str = "",
    ) -> None:
        variant = self.layout.variant(bases, part) if part else ""
        expected = tuple(
            path for base in bases[:1] for path in (joined(base, f"{part}.py"), joined(base, f"{part}/__init__.py"))
        )
        self.missing.setdefault(
            module,
            MissingModule(
                module=module,
                kind=self.level,
                chain=chain,
                lack=Lack.OTHER_CASE if variant else lack,
                expected=expected,
                variant=variant,
            ),
        )


def _absolute(imported: Imported, module: Module) -> str | None:
    """Return the full dotted name, None for a relative import in a module that has no package."""
    if not imported.level:
        return imported.module
    parts = module.package.split(".") if module.package else []
    if imported.level > len(parts):
        return None
    return ".".join([*parts[: len(parts) - imported.level + 1], *filter(None, [imported.module])])
