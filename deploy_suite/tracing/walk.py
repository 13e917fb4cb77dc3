"""Follows import statements from file to file, in the order in which Python would run them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from deploy_suite.tracing import search_path, sources
from deploy_suite.tracing.finder import Finder
from deploy_suite.tracing.layout import Module
from deploy_suite.tracing.met import Met
from deploy_suite.tracing.package_names import PackageNames
from deploy_suite.tracing.sources import Source
from deploy_suite.tracing.statements import Imported, Reader
from deploy_suite.tracing.values import (
    Chain,
    Hop,
    ImportKind,
    SyntaxProblem,
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

    finder: Finder
    level: ImportKind = ImportKind.EAGER
    eager_functions: dict[str, frozenset[str]] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    read: dict[str, Source] = field(default_factory=dict)
    pending: dict[ImportKind, list[Step]] = field(default_factory=lambda: {kind: [] for kind in ImportKind})
    levels: dict[str, ImportKind] = field(default_factory=dict)
    met: Met = field(default_factory=Met)
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
            if not imported.level and self.finder.is_plain(imported.module.partition(".")[0]):
                continue
            kind = max(self.level, imported.kind)
            if kind == self.level:
                yield self.follow(Step(module, imported, chain))
            else:
                self.pending[kind].append(Step(module, imported, chain))

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
            source = sources.read(f"{self.finder.layout.folder}/{module.file}", self.finder.version)
        except OSError:
            return None
        self.read[module.file] = source
        if search_path.may_change(source.data) and source.tree is not None:
            self._extend_path(source.tree, module)
        return source

    def _extend_path(self, tree: ast.Module, module: Module) -> None:
        for folder, is_first in search_path.added(tree, file=module.file, cwd=self.finder.bases[0]):
            if self.finder.extend("" if folder == "." else folder, is_first=is_first):
                self._entered.clear()

    def _statements(self, source: Source, module: Module) -> Sequence[Imported]:
        reader = Reader(
            version=self.finder.version,
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
        if has_nothing_new and (imported.level or not self.finder.is_foreign_name(imported.module)):
            return
        chain = step.chain.then(Hop(step.module.file, imported.line, imported.statement))
        if dotted is None:
            self.met.no_parent(imported.statement, kind=self.level, chain=chain)
            return
        if not imported.level and not self._is_own(step, dotted, chain=chain):
            if dotted.partition(".")[0] not in self.finder.standard:
                self.met.third_party(imported, dotted, kind=self.level, chain=chain)
            return
        if module is None:
            yield from self._components(dotted, chain)
            module = self._entered.get(dotted)
        if module is not None:
            yield from self._taken(module, imported, chain=chain)

    def _components(self, dotted: str, chain: Chain) -> Steps:
        bases, prefix = self.finder.bases, ""
        module: Module | None = None
        for part in dotted.split("."):
            name = f"{prefix}.{part}" if prefix else part
            found = self._as_imported(name, self.finder.layout.find(bases, part=part, prefix=prefix))
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
            found = self.finder.layout.find(module.folders, part=name, prefix=module.name)
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

    def _is_own(self, step: Step, dotted: str, *, chain: Chain) -> bool:
        """Whether an absolute import finds the project's own module first."""
        top = dotted.partition(".")[0]
        found = self.finder.top(top)
        if found is None:
            is_elsewhere = self.finder.has_variant(top)
            if is_elsewhere:
                self._lacks(top, chain, bases=self.finder.bases, part=top)
            return is_elsewhere
        is_foreign_name = self.finder.is_foreign_name(top)
        if not found.file:
            return not is_foreign_name and self.finder.holds_sources(found)
        names, importer = step.imported.names, step.module.file
        lacking = self.finder.lacking(found, dotted, names=names, importer=importer) if is_foreign_name else ()
        if lacking:
            is_standard = top in self.finder.standard
            self.met.shadow(found, lacking, is_standard_library=is_standard, kind=self.level, chain=chain)
        return not lacking

    def _lacks(self, module: str, chain: Chain, *, bases: Sequence[str], part: str) -> None:
        self.met.absent(module, part, layout=self.finder.layout, bases=bases, kind=self.level, chain=chain)


def _absolute(imported: Imported, module: Module) -> str | None:
    """Return the full dotted name, None for a relative import in a module that has no package."""
    if not imported.level:
        return imported.module
    parts = module.package.split(".") if module.package else []
    if imported.level > len(parts):
        return None
    return ".".join([*parts[: len(parts) - imported.level + 1], *filter(None, [imported.module])])
