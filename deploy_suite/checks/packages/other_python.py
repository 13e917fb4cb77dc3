"""What the target's own Python cannot take, where this machine has another: told by the index and by the texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks import build_conflicts, build_excerpts, clashing, drivers
from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.checks.packages import removed
from deploy_suite.checks.packages.removed import Pythons
from deploy_suite.checks.packages.ways_out import WaysOut
from deploy_suite.environments import bindings as binding
from deploy_suite.environments import other_python
from deploy_suite.environments.other_python import Foreseen
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge import import_names, system_libraries
from deploy_suite.knowledge.clashes import Clash
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.knowledge.system_libraries import Incompatible, SourceBuild
from deploy_suite.model import python_series
from deploy_suite.model.environment import Refusal, RefusalKind
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.wording import counted
from deploy_suite.tracing.values import ImportKind, Trace

_NOTHING: Final = SourceBuild(distribution="", tools=(), packages=(), source="")
_LINES: Final = 8
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.WARNING})
# Of 64 builds of such releases, of 38 distributions with Python 3.10 to 3.13, 28 failed.
_ABOUT_HALF: Final = "of releases that are older than a Python about half do not compile for it"


def findings(
    case: Case,
    plan: Plan,
    *,
    venv: Path | None,
    installed: Mapping[str, str],
    image: Image | None,
    is_like_target: bool,
    told: Sequence[Finding] = (),
) -> Findings:
    """Return what fails on the target for its Python alone; () where this machine has that Python.

    Shape: *venv* is None where nothing could be built; *told* is not said again.
    """
    if not plan.other_python:
        return ()
    glibc = image.glibc if image and not is_like_target else ()
    foreseen = other_python.foreseen(plan, venv=venv, installed=installed, glibc=glibc)
    found = _Foretelling(case, plan, foreseen, image=image, told=told)
    return (*found.findings(), *([found.passed()] if venv is not None and found.is_well else ()))


class _Foretelling:
    """Says what was foreseen, nothing twice."""

    def __init__(
        self, case: Case, plan: Plan, foreseen: Foreseen, *, image: Image | None, told: Sequence[Finding]
    ) -> None:
        self._case = case
        self._plan = plan
        self._foreseen = foreseen
        self._image = image
        self._here = plan.resolved.resolution.python  # "" where none was tried
        self._ways = WaysOut(case, here=self._here)
        self._told = [one for one in told if one.outcome in _TOLD]

    def findings(self) -> Iterator[Finding]:
        """Yield all that is wrong, or could not be asked."""
        resolved = self._foreseen.resolved
        if not resolved.is_answered:
            yield self._unasked()
        clashes = list(self._clashes())
        refusals = [one for one in self._foreseen.refusals if not self._is_told(one, [clash for clash, _ in clashes])]
        yield from (self._finding(one, refusals) for one in refusals)
        yield from (finding for _, finding in clashes)
        conflict = resolved.resolution.conflict
        if conflict and not refusals and not self._plan.resolved.resolution.conflict:
            yield self._at_odds(conflict)
        yield from self._of_standard_library()

    @property
    def is_well(self) -> bool:
        """Whether the index said of all packages that they are to be had as they were here."""
        resolved = self._foreseen.resolved
        is_open = bool(self._foreseen.refusals or self._foreseen.unknown or resolved.resolution.conflict)
        return resolved.is_answered and not is_open

    def _clashes(self) -> Iterator[tuple[Clash, Finding]]:
        """Yield versions that are known not to go with that Python."""
        codes = {one.code for one in self._told}
        found = clashing.of_another_python(
            self._foreseen.versions,
            self._case,
            python=self._foreseen.python,
            here=self._here,
            is_complete=self._foreseen.resolved.is_whole,
        )
        for clash, finding in found:
            if finding.code not in codes:
                yield clash, self._of_python(finding)

    def _is_told(self, refusal: Refusal, clashes: Sequence[Clash]) -> bool:
        """Whether something else says of the same release that it fails."""
        if any(refusal.name in clash.distributions for clash in clashes):
            return True
        place = refusal.location if refusal.location and refusal.location.line else None
        return any(
            one.code.partition(":")[2] == refusal.name or (place is not None and one.location == place)
            for one in self._told
        )

    def _of_standard_library(self) -> Iterator[Finding]:
        if self._traced is None:
            return
        here = python_series.numbers(self._here) if self._here else None
        pythons = Pythons(here=here, there=python_series.numbers(self._foreseen.python), stating=self._ways.stating())
        known = {(one.code, one.location) for one in self._told}
        for one in removed.findings(
            self._traced,
            self._case.snapshot.folder,
            pythons,
            versions=self._foreseen.versions,
            is_whole=self._foreseen.resolved.is_whole,
        ):
            if (one.code, one.location) not in known:
                yield replace(self._of_python(one), python=python_series.of(self._here))

    def _of_python(self, finding: Finding) -> Finding:
        """Return *finding* with where the Python comes from, and what is sure of a default."""
        is_sure = finding.outcome is Outcome.FAILED
        certainty = finding.certainty or (self._of_new_services() if is_sure else "")
        return replace(finding, evidence=(*finding.evidence, self._origin()), certainty=certainty)

    @cached_property
    def _traced(self) -> Trace | None:
        entry = self._case.contract.entry
        if entry is None or entry.file is None:
            return None
        names = requirements.read(self._case).names
        return subject.trace(self._case, entry, known=subject.known_of(names))

    def _finding(self, refusal: Refusal, others: Sequence[Refusal]) -> Finding:
        if refusal.kind is RefusalKind.NO_WHEEL:
            return self._to_compile(refusal, others)
        is_sure = not refusal.required_by and self._is_by_pip() and bool(refusal.location and refusal.location.line)
        too = python_series.direction(self._foreseen.series, refusal.pythons)
        for_others = f" (it has for Python {python_series.spanned(refusal.pythons)})" if refusal.pythons else ""
        return Finding(
            code=f"python-version-unsupported:{too}",
            outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
            message=f"{_wanted(refusal)} has no release for Python {self._foreseen.series}, which the target uses"
            + for_others,
            location=self._ways.place(refusal),
            evidence=(self._origin(),),
            remedy=self._ways.of(refusal, others),
            python=self._ways.series(refusal, others),
            certainty=self._of_new_services()
            if is_sure
            else "likely: the index says so, and pip refuses such a release; another installer may try it all the same",
            reproduce=self._shown(refusal),
        )

    def _to_compile(self, refusal: Refusal, others: Sequence[Refusal]) -> Finding:
        """Return what to say of a release that has wheels, and none for the target's Python."""
        row = system_libraries.source_builds().get(refusal.name, _NOTHING)
        version = _version(refusal) or self._foreseen.versions.get(refusal.name, "")
        fault = row.fault(version, series=self._foreseen.series)
        met = self._meeting(refusal.name) if fault and fault.is_at_import else ""
        is_sure = fault is not None and (not fault.is_at_import or bool(met))
        lacking = [tool for tool in row.tools if self._image is None or tool not in self._image.tools]
        verb = "and is compiled there"
        if fault is not None:
            verb = f"and {'does not load when compiled' if fault.is_at_import else 'cannot be compiled'}: {fault.why}"
        does_nothing = fault is None and row.is_optional
        return Finding(
            code=f"build-failure:{refusal.name}" if is_sure else f"compiled-from-source:{refusal.name}",
            outcome=Outcome.FAILED if is_sure else Outcome.NOTE if does_nothing else Outcome.WARNING,
            message=f"{_wanted(refusal)} has no wheel for Python {self._foreseen.series}, which the target uses "
            f"(it has for Python {python_series.spanned(refusal.pythons)}), {verb}",
            location=self._ways.place(refusal),
            evidence=tuple(
                filter(
                    None,
                    (
                        met,
                        f"compiling it takes {', '.join(row.tools)} ({row.source})" if row.tools and not fault else "",
                        fault.source if fault else "",
                        self._origin(),
                    ),
                )
            ),
            remedy=self._ways.of(refusal, others),
            python=self._ways.series(refusal, others),
            certainty=self._of_new_services() if is_sure else self._doubt(row, fault, lacking),
            reproduce=self._shown(refusal, "--only-binary :all: "),
        )

    def _doubt(self, row: SourceBuild, fault: Incompatible | None, lacking: Sequence[str]) -> str:
        if fault is not None:
            return "likely: it fails as soon as it is imported, and no import of it was seen in the project's own code"
        if row.is_optional:
            return f"it installs without compiled parts where these cannot be made ({row.source})"
        tools = f"; no public list of what the target's image has names {', '.join(lacking)}" if lacking else ""
        here = f"it was checked here with Python {python_series.of(self._here)}, and " if self._here else ""
        return f"uncertain: {here}{_ABOUT_HALF}{tools}"

    def _meeting(self, name: str) -> str:
        """Return how the service comes to import what the distribution *name* brings, "" where nothing shows it."""
        if self._traced is not None:
            for module in import_names.modules(name):
                if (asked := drivers.of_settings(module, self._traced)).hops:
                    return asked.shown()
                found = self._traced.strongest(module)
                if found is not None and found.kind is ImportKind.EAGER:
                    return found.chain.shown()
        is_driver = drivers.OF_POSTGRESQL & self._foreseen.versions.keys() == {name}
        if is_driver and (wanted := binding.databases_needed(self._case.contract)):
            return f"the service is given a PostgreSQL ({', '.join(wanted)}), and installs no other driver for it"
        return ""

    def _is_by_pip(self) -> bool:
        """Whether pip alone installs: uv does not heed the upper end of `Requires-Python`."""
        return all(install.tool == "pip" for install in self._plan.recipe.installs)

    def _origin(self) -> str:
        python = self._case.contract.python
        origin = "--python" if self._case.preferences.python else python.origin
        return f"Python {self._foreseen.python}: {origin}"

    def _of_new_services(self) -> str:
        python = self._case.contract.python
        if python.is_pinned or self._case.preferences.python:
            return ""
        return (
            f"certain for a service that gets Python {python.series}; one that was created earlier keeps the default "
            "of its day"
        )

    def _shown(self, refusal: Refusal, option: str = "") -> str:
        requirement = refusal.requirement.partition(";")[0].strip()
        return f"pip download --no-deps {option}--python-version {self._foreseen.series} '{requirement}'"

    def _at_odds(self, account: str) -> Finding:
        if not build_conflicts.is_of_versions(account):
            return self._unasked()  # nobody can say whether a build that failed here fails with that Python
        return Finding(
            code="dependency-resolution-impossible",
            outcome=Outcome.WARNING,
            message=f"no set of versions was found for Python {self._foreseen.series}, which the target uses",
            location=self._plan.recipe.location or self._case.contract.location,
            evidence=(*build_excerpts.lines(account)[:_LINES], self._origin()),
            remedy=self._ways.stating(),
            certainty="likely: it is what uv answers for that Python"
            + (f"; for Python {python_series.of(self._here)} there is a set" if self._here else ""),
        )

    def passed(self) -> Finding:
        """Return that it is well."""
        count = counted(len(self._foreseen.versions), "package")
        return Finding(
            code="packages",
            outcome=Outcome.PASSED,
            message=f"asked for the target's Python {self._foreseen.series}, the index has {count} in a form that was "
            "installed here too",
            evidence=(self._origin(),),
        )

    def _unasked(self) -> Finding:
        return Finding(
            code="cannot-check-here",
            outcome=Outcome.SKIPPED,
            message=f"what Python {self._foreseen.series}, the target's, would install is not known: the package index "
            "gave no answer for it",
            remedy=self._ways.stating(),
            required=False,
        )


def _wanted(refusal: Refusal) -> str:
    by = f" (required by {', '.join(refusal.required_by)})" if refusal.required_by else ""
    return f"{refusal.requirement}{by}"


def _version(refusal: Refusal) -> str:
    text = refusal.requirement.partition(";")[0].rpartition("==")[2].strip()
    try:
        return str(Version(text))
    except InvalidVersion:
        return ""
