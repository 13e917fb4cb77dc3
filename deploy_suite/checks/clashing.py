"""Versions that are known to fail together → findings, where the project's code or its start command meets them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from deploy_suite.checks import drivers, uses
from deploy_suite.checks.base import Built, Case, Findings
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.knowledge import clashes
from deploy_suite.knowledge.clashes import PYTHON, Clash
from deploy_suite.model import python_series
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.tracing.values import ImportKind, ThirdPartyImport, Trace

CHECK: Final = "imports"
# What is installed is judged by its machine code, which knows more than any list.
_BY_MACHINE_CODE: Final = "numpy-abi"
_MET: Final = frozenset({ImportKind.EAGER, ImportKind.CONDITIONAL, ImportKind.DEFERRED})
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.WARNING})


@dataclass(frozen=True, slots=True)
class Meeting:
    """How a project meets a clash.

    Shape: `check` is the one that shows it if it is so, "" where none does for certain: what runs only on a request.
    """

    shown: str
    place: Location | None
    check: str = ""
    when: str = ""


def findings(versions: Mapping[str, str], case: Case, *, python: str = "") -> Findings:
    """Return a finding for each clash among *versions* that the project meets; nothing needs to be installed."""
    known = {**versions, PYTHON: python} if python else versions
    met = [(clash, frozenset[str]()) for clash in clashes.met(known)]
    return tuple(_findings(met, known, project=_Project(case), verb="would be installed"))


def of_another_python(
    versions: Mapping[str, str], case: Case, *, python: str, here: str, is_complete: bool
) -> Iterator[tuple[Clash, Finding]]:
    """Yield the clashes among *versions* and *python*, the target's, that they do not have with the Python *here*.

    Shape: *here* is "" where nothing was checked with another; *is_complete* as in `Clash.is_met`.
    """
    there = {**versions, PYTHON: python}
    before = clashes.met({**versions, PYTHON: here}, is_complete=is_complete) if here else ()
    met = [one for one in clashes.met(there, is_complete=is_complete) if PYTHON in one.members and one not in before]
    project = _Project(case)
    for clash in met:
        for found in _findings([(clash, frozenset())], there, project=project, verb="would be installed on the target"):
            yield clash, found


def added(result: CheckResult, built: Built, shown: Sequence[CheckResult]) -> CheckResult:
    """Return *result* with the clashes among what is installed that *shown* neither tell nor refute."""
    versions = {**built.environment.packages, PYTHON: built.environment.interpreter.version}
    told = {one.code for each in shown for one in each.findings if one.outcome in _TOLD}
    met = [
        clash
        for clash in clashes.met(versions, is_complete=True)
        if clash.slug not in told and clash.family != _BY_MACHINE_CODE
    ]
    if not met:
        return result
    passed = frozenset(each.check for each in shown if _has_passed(each))
    # What ran without a database has shown nothing of the address that the target may have one at.
    proved = [(clash, frozenset() if _is_of_address(clash) and built.server is None else passed) for clash in met]
    new = _findings(proved, versions, project=_Project(built.case, is_built=True), verb="are installed")
    named = (one.about(check=result.check, service=result.service, target=result.target) for one in new)
    return replace(result, findings=(*result.findings, *named))


def closer(told: Finding, text: str, built: Built) -> Finding:
    """Return *told*, a failure that left *text*, with the installed versions that are known to end in just that."""
    versions = {**built.environment.packages, PYTHON: built.environment.interpreter.version}
    return closer_of(told, text, versions, case=built.case)


def closer_of(told: Finding, text: str, versions: Mapping[str, str], *, case: Case) -> Finding:
    """Return *told*, a failure that left *text*, with those of *versions* that are known to end in just that."""
    clash = clashes.shown_in(text, told.code, versions)
    if clash is None:
        return told
    project = _Project(case)
    return replace(
        told,
        message=f"{told.message}; {clash.told(versions)}",
        location=project.line(clash) or told.location or project.place(clash),
        remedy=clash.remedy,
        certainty=told.certainty or clash.why,
        python=clash.pin,
        mend=mend(clash, versions, project.declared),
    )


def mend(clash: Clash, versions: Mapping[str, str], declared: Declared) -> Mend | None:
    """Return the line of the first member that the versions which were proved to work change.

    What only lacks a package is mended by adding that, as everywhere.
    """
    if clash.lacks:
        return None
    failing, proved = (
        dict(text.split("==") for text in said.split() if "==" in text) for said in (clash.proof, clash.repair)
    )
    for name, version in proved.items():
        is_changed = version not in {versions.get(name), failing.get(name)}
        listed = declared.listed(frozenset({name})) if is_changed else None
        if listed and listed.location.file.endswith(".txt"):
            place = listed.location
            says = f"{name} is {version} in {place}"
            return Mend(file=place.file, line=place.line, text=f"{name}=={version}", says=says, is_faithful=False)
    return None


def _is_of_address(clash: Clash) -> bool:
    """Whether *clash* shows only where an address of some scheme is used."""
    return clash.mentions.endswith("://")


def _has_passed(result: CheckResult) -> bool:
    """Whether what the check stands for went through; that the imports did, their own finding says."""
    if result.check == CHECK:
        return any(one.code == CHECK and one.outcome is Outcome.PASSED for one in result.findings)
    return result.outcome is Outcome.PASSED


def _findings(
    met: Iterable[tuple[Clash, frozenset[str]]], versions: Mapping[str, str], *, project: "_Project", verb: str
) -> Iterator[Finding]:
    """Yield a finding for each of *met* that the project meets, beside which stand the checks that refute it."""
    slugs: set[str] = set()
    for clash, passed in met:
        meeting = project.meeting(clash) if clash.slug not in slugs else None
        if meeting and meeting.check not in passed:
            slugs.add(clash.slug)
            yield _finding(clash, meeting, versions=versions, project=project, verb=verb)


def _finding(
    clash: Clash,
    meeting: Meeting,
    *,
    versions: Mapping[str, str],
    project: "_Project",
    verb: str,
) -> Finding:
    pins = " ".join(f"'{name}=={versions[name]}'" for name in clash.distributions)
    if "\n" in clash.code:
        program = "- <<'END'\n" + clash.code + "\nEND"
    else:
        program = f"-c {clash.code!r}" if "'" in clash.code else f"-c '{clash.code}'"
    is_sure = bool(meeting.check) and not clash.uses
    return Finding(
        code=clash.slug,
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=clash.told(versions, verb=verb),
        location=project.line(clash) or meeting.place,
        evidence=tuple(text for text in (meeting.shown, clash.why, clash.error) if text),
        remedy=clash.remedy,
        python=clash.pin,
        certainty="" if is_sure else f"likely: it fails {meeting.when} ({clash.source})",
        reproduce=f"pip install {pins} && python {program}",
        mend=mend(clash, versions, project.declared),
    )


class _Project:
    """What is asked of the project's files, each thing once and only when a clash asks for it."""

    def __init__(self, case: Case, *, is_built: bool = False) -> None:
        self._case = case
        self._is_built = is_built

    @cached_property
    def declared(self) -> Declared:
        """The lines that require packages."""
        return requirements.read(self._case)

    @cached_property
    def _traced(self) -> Trace | None:
        entry = self._case.contract.entry
        if entry is None or entry.file is None:
            return None
        modules = frozenset(
            name.partition(".")[0] for clash in clashes.rows() for name in (clash.fails, *clash.through)
        )
        return subject.trace(self._case, entry, known=subject.known_of(self.declared.names) | modules)

    def line(self, clash: Clash) -> Location | None:
        """Return the line that requires the first member that any line requires."""
        lines = (self.declared.listed(frozenset({name})) for name in clash.distributions)
        return next((listed.location for listed in lines if listed), None)

    def place(self, clash: Clash) -> Location | None:
        """Return where the project's code or start command meets *clash*, None where nothing shows that it does."""
        meeting = self.meeting(clash)
        return meeting.place if meeting else None

    def meeting(self, clash: Clash) -> Meeting | None:
        """Return how the project meets *clash*, None where nothing shows that it does."""
        if clash.start:
            return self._start(clash)
        if self._traced is None:
            return None
        if clash.uses:
            return self._use(clash, self._traced)
        return _import(clash, self._traced) or self._attempt(clash, self._traced) or self._driver(clash)

    def _attempt(self, clash: Clash, traced: Trace) -> Meeting | None:
        """Return the `try` that imports what fails, where the project lists it, so that it is wanted all the same."""
        if not self.declared.listed(frozenset({clash.distributions[0]})):
            return None
        found = _leading(clash, traced, frozenset({ImportKind.GUARDED}))
        when = "under a `try`, and the code goes on without it"
        return Meeting(found.chain.shown(), found.chain.last.location, when=when) if found else None

    def _driver(self, clash: Clash) -> Meeting | None:
        """Return the line that requires a driver, which no code imports: what is given the address of a database does.

        Of what is only foreseen, the index is asked more closely.
        """
        listed = self.declared.listed(frozenset(clash.distributions)) if self._is_built else None
        if listed is None or not drivers.is_driver(clash.fails):
            return None
        when = "as soon as the address of a database asks for it, which none did here"
        return Meeting(f"{listed.location}: {listed.line.shown}", listed.location, when=when)

    def _start(self, clash: Clash) -> Meeting | None:
        start = self._case.contract.start
        if start is None or not re.search(clash.start, start.text):
            return None
        return Meeting(start.text, start.location, check="boot", when="when the service starts")

    def _use(self, clash: Clash, traced: Trace) -> Meeting | None:
        folder = self._case.snapshot.folder
        version = python_series.numbers(self._case.python)
        found = list(uses.found(clash.uses, traced.files, folder=folder, version=version))
        is_meant = not clash.mentions or uses.any_holds(clash.mentions, traced.files, folder=folder)
        is_undone = bool(clash.unless) and uses.any_holds(clash.unless, traced.files, folder=folder)
        if not found or not is_meant or is_undone:
            return None
        use = next((one for one in found if not one.is_at_import), found[0])
        shown = f"{use.location} {use.text}"
        return Meeting(
            shown,
            use.location,
            check=CHECK if use.is_at_import and not clash.is_later else "",
            when=f"when {use.name} is used",
        )


def _import(clash: Clash, traced: Trace) -> Meeting | None:
    found = _leading(clash, traced, _MET)
    if found is None:
        return None
    is_eager = found.kind is ImportKind.EAGER
    place = found.chain.last.location
    return Meeting(found.chain.shown(), place, check=CHECK if is_eager else "", when="when it is imported")


def _leading(clash: Clash, traced: Trace, kinds: frozenset[ImportKind]) -> ThirdPartyImport | None:
    """Return the most certain import of one of *kinds* that runs what fails."""
    modules = (clash.fails, *clash.through)
    leading = [one for one in traced.imports if one.kind in kinds and any(_leads_to(one, module) for module in modules)]
    return min(leading, key=lambda one: one.kind, default=None)


def _leads_to(found: ThirdPartyImport, module: str) -> bool:
    """Whether an import runs *module*: it names it, something within it, or takes it from its package."""
    taken = (found.module, *(f"{found.module}.{name}" for name in found.names))
    return any(name == module or name.startswith(f"{module}.") for name in taken)
