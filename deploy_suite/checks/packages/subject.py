"""What the installed packages are judged by: versions, machine code, the target's image, and who imports what."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements
from deploy_suite.checks.dependencies import subject as traces
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.checks.packages.binaries import Compiled
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.model.location import Location
from deploy_suite.tracing.values import ImportKind, ThirdPartyImport, Trace


class Subject:
    """One set of packages for one service. The sources are traced only when something must be judged by them."""

    def __init__(
        self,
        case: Case,
        *,
        versions: Mapping[str, str],
        compiled: tuple[Compiled, ...],
        image: Image | None,
        from_source: frozenset[str] = frozenset(),
    ) -> None:
        """Take what is known; *versions* by canonical names, *from_source* those of them without a wheel."""
        self.case = case
        self.versions = versions
        self.compiled = compiled
        self.image = image
        self.from_source = from_source

    @cached_property
    def declared(self) -> Declared:
        """What the manifests list."""
        return requirements.read(self.case)

    @cached_property
    def _traced(self) -> Trace | None:
        entry = self.case.contract.entry
        if entry is None or entry.file is None:
            return None
        names = frozenset(module for one in self.compiled for module in one.modules)
        return traces.trace(self.case, entry, known=traces.known_of(self.declared.names) | names)

    def imported(self, modules: Iterable[str]) -> ThirdPartyImport | None:
        """Return the most certain import of any of the top-level *modules* in the project's code."""
        traced = self._traced
        found = [one for module in modules if (one := traced.strongest(module))] if traced else []
        return min(found, key=lambda one: one.kind, default=None)

    def place(self, name: str, found: ThirdPartyImport | None) -> Location | None:
        """Return the line that imports the distribution *name*, else the one that requires it."""
        if found and found.chain.hops:
            return found.chain.last.location
        line = self.declared.listed(frozenset({name}))
        return line.location if line else None


def is_eager(found: ThirdPartyImport | None) -> bool:
    """Whether starting the service surely runs the import."""
    return found is not None and found.kind is ImportKind.EAGER


def seen(found: ThirdPartyImport | None) -> str:
    """Return in words how the project imports something that it does not surely import at start."""
    if found is None:
        return "no import of it was seen in the project's own code, but another package may import it"
    return f"the project's import of it is {found.kind.label} ({found.chain.last.location})"
