"""Commits that are not pushed into the packages that starting needs and the target will therefore lack."""

from dataclasses import dataclass

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.checks.dependencies.absent_packages import provider
from deploy_suite.checks.dependencies.requirements import Listed
from deploy_suite.tracing.values import Chain, ImportKind


@dataclass(frozen=True, slots=True)
class Needed:
    """A requirement that only the unpushed commits have, and the import at start that needs it."""

    listed: Listed
    chain: Chain

    @property
    def name(self) -> str:
        """The distribution, as it is required."""
        requirement = self.listed.line.requirement
        return requirement.name if requirement else self.listed.line.name

    def shown(self) -> str:
        """Return where it is listed and by which chain it is imported."""
        return f"{self.listed.location}: {self.listed.line.text}, needed at start: {self.chain.shown()}"


def needed(case: Case) -> tuple[Needed, ...]:
    """Return what the service imports when it starts, by a package that nothing pushed requires."""
    entry = case.contract.entry
    before = case.state.upstream_texts
    if entry is None or entry.file is None or not before:
        return ()
    declared = requirements.read(case)
    known = {one.line.name for one in declared.installed if one.location.file not in before}
    known |= {one.line.name for file, text in before.items() for one in requirements.of_text(text.encode(), file)}
    gained = {one.line.name: one for one in declared.installed if one.line.name and one.line.name not in known}
    if not gained:
        return ()
    traced = subject.trace(case, entry, known=subject.known_of(declared.names))
    found: dict[str, Needed] = {}
    for one in traced.imports:
        for name in provider(one.module, names=one.names).names & gained.keys():
            if one.kind is ImportKind.EAGER:
                found.setdefault(name, Needed(gained[name], one.chain))
    return tuple(sorted(found.values(), key=lambda one: one.listed.location))
