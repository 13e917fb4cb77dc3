"""What a walk meets beside the modules that it enters: packages, modules that are missing, names that are shadowed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy_suite.tracing.layout import Layout, Module, joined
from deploy_suite.tracing.statements import Imported
from deploy_suite.tracing.values import Chain, ImportKind, Lack, MissingModule, Shadow, ThirdPartyImport


@dataclass(slots=True)
class Met:
    """What was met so far; of one thing the first way to it counts, for the surest ways are followed first."""

    imports: dict[tuple[str, tuple[str, ...], str, int], ThirdPartyImport] = field(default_factory=dict)
    missing: dict[str, MissingModule] = field(default_factory=dict)
    shadows: dict[str, Shadow] = field(default_factory=dict)

    def third_party(self, imported: Imported, dotted: str, *, kind: ImportKind, chain: Chain) -> None:
        """Take note of an import that is not the project's own."""
        top = dotted.partition(".")[0]
        found = ThirdPartyImport(name=top, module=dotted, names=imported.names, kind=kind, chain=chain)
        hop = chain.last
        self.imports.setdefault((dotted, imported.names, hop.file, hop.line), found)

    def shadow(
        self, found: Module, lacking: tuple[str, ...], *, is_standard_library: bool, kind: ImportKind, chain: Chain
    ) -> None:
        """Take note of a module *found* in place of a package of its name, for it lacks what is taken of it."""
        self.shadows.setdefault(
            found.name,
            Shadow(
                name=found.name,
                file=found.file,
                lacking=lacking,
                is_standard_library=is_standard_library,
                kind=kind,
                chain=chain,
            ),
        )

    def no_parent(self, statement: str, *, kind: ImportKind, chain: Chain) -> None:
        """Take note of a relative import in a module that has no package."""
        self.missing.setdefault(statement, MissingModule(module=statement, kind=kind, chain=chain, lack=Lack.NO_PARENT))

    def absent(
        self, module: str, part: str, *, layout: Layout, bases: Sequence[str], kind: ImportKind, chain: Chain
    ) -> None:
        """Take note that *bases* have no *part*, which *module* needs; perhaps they have it in another case."""
        variant = layout.variant(bases, part)
        expected = tuple(
            path for base in bases[:1] for path in (joined(base, f"{part}.py"), joined(base, f"{part}/__init__.py"))
        )
        self.missing.setdefault(
            module,
            MissingModule(
                module=module,
                kind=kind,
                chain=chain,
                lack=Lack.OTHER_CASE if variant else Lack.ABSENT,
                expected=expected,
                variant=variant,
            ),
        )
