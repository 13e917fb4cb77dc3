"""A trace and what the manifests list into an outline: which package each import needs, and what brings it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from packaging.utils import canonicalize_name

from deploy_suite.checks.dependencies.installed import Installed
from deploy_suite.checks.dependencies.requirements import Declared, Listed
from deploy_suite.knowledge import import_names
from deploy_suite.model.project import Commit
from deploy_suite.tracing.values import Chain, ImportKind, MissingModule, OwnModule, ThirdPartyImport, Trace


class NameSource(Enum):
    """How it is known which distribution has an import name, the surest first."""

    ENVIRONMENT = "environment"
    KNOWLEDGE = "knowledge"
    SAME_NAME = "same name"


class Presence(Enum):
    """Whether the package will be there.

    LISTED: a requirement names it, and no environment was looked at; UNLISTED: none does, though another may bring it.
    """

    INSTALLED = "installed"
    MISSING = "missing"
    LISTED = "listed"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What is imported under one name.

    Shape: `distributions` are canonical names, several where the name alone does not tell which; `version` is the
    installed one, "" without an environment; `requirement` is the line that brings it, None where none names it.
    """

    name: str
    distributions: tuple[str, ...]
    source: NameSource
    presence: Presence
    imports: tuple[ThirdPartyImport, ...]
    version: str = ""
    requirement: Listed | None = None
    seconds: float | None = None

    @property
    def kind(self) -> ImportKind:
        """The most certain kind of its imports."""
        return min(one.kind for one in self.imports)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What starting an entry point imports, ready to be told.

    Shape: `origin` says where the entry point is named, `commit` is None for a folder as it lies. `notes` are what a
    reader should know of how it was made.
    """

    trace: Trace
    packages: tuple[Package, ...]
    python: str
    service: str = ""
    commit: Commit | None = None
    notes: tuple[str, ...] = ()

    def package_of(self, imported: ThirdPartyImport) -> Package:
        """Return the package that *imported* needs."""
        name = _shown_name(imported)
        return next(package for package in self.packages if package.name == name)

    def chains(self, wanted: str) -> tuple[Chain, ...]:
        """Return the ways to *wanted*: a module of the project, an import name or a distribution; the surest first."""
        own = (m for m in self.trace.modules if wanted in {m.name, m.file})
        lacking = (m for m in self.trace.missing if m.module == wanted)
        packages = (p for p in self.packages if wanted == p.name or canonicalize_name(wanted) in p.distributions)
        taken = dict.fromkeys(one for package in packages for one in package.imports)
        dotted = (one for one in self.trace.imports if f"{one.module}.".startswith(f"{wanted}."))
        found: list[OwnModule | MissingModule | ThirdPartyImport] = [*own, *lacking, *taken, *dotted]
        return tuple(dict.fromkeys(one.chain for one in sorted(found, key=lambda one: (one.kind, len(one.chain.hops)))))


def _shown_name(imported: ThirdPartyImport) -> str:
    """Return the part of the import's name that tells the package: `google.cloud.storage`, else the first part."""
    return import_names.known_part(imported.module, names=imported.names) or imported.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an environment shows. Shape: `seconds` maps import names onto cumulative times."""

    provided: Installed
    versions: Mapping[str, str]
    seconds: Mapping[str, float]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is at hand to tell packages by. Shape: `measured` is None without an environment."""

    declared: Declared
    measured: Measured | None = None

    def packages(self, trace: Trace) -> Iterator[Package]:
        """Return a package for each name that *trace* imports, in the order of the imports."""
        groups: dict[str, list[ThirdPartyImport]] = {}
        for imported in trace.imports:
            groups.setdefault(_shown_name(imported), []).append(imported)
        for name, imports in groups.items():
            yield self._package(name, tuple(imports))

    def _package(self, name: str, imports: tuple[ThirdPartyImport, ...]) -> Package:
        distributions, source = self._distributions(name, imports[0])
        listed = self.declared.listed(frozenset(distributions))
        return Package(
            name=name,
            distributions=distributions,
            source=source,
            presence=self._presence(source, distributions, listed),
            imports=imports,
            version=self.measured.versions.get(distributions[0], "") if self.measured else "",
            requirement=listed,
            seconds=self.measured.seconds.get(name) if self.measured else None,
        )

    def _distributions(self, name: str, imported: ThirdPartyImport) -> tuple[tuple[str, ...], NameSource]:
        """Return who has the name: the environment's word first, then what is known, then the name itself."""
        known = import_names.canonical(import_names.distributions(imported.module, names=imported.names))
        provided = self.measured.provided.providers.get(imported.name, frozenset()) if self.measured else frozenset()
        if provided:
            return tuple(sorted(provided & known or provided)), NameSource.ENVIRONMENT
        if known:
            listed = known & self.declared.names
            return tuple(sorted(listed or known)), NameSource.KNOWLEDGE
        return (str(canonicalize_name(name.partition(".")[0])),), NameSource.SAME_NAME

    def _presence(self, source: NameSource, distributions: tuple[str, ...], listed: Listed | None) -> Presence:
        if self.measured is not None:
            is_there = source is NameSource.ENVIRONMENT and set(distributions) & self.measured.versions.keys()
            return Presence.INSTALLED if is_there else Presence.MISSING
        return Presence.LISTED if listed else Presence.UNLISTED
