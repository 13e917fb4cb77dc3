"""A release that the target's Python cannot take → the finding about it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks import drivers
from deploy_suite.checks.packages.foresight import Foresight
from deploy_suite.environments import bindings as binding
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge import import_names, system_libraries
from deploy_suite.knowledge.system_libraries import Incompatible, SourceBuild
from deploy_suite.model import python_series
from deploy_suite.model.environment import Refusal, RefusalKind
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.tracing.values import ImportKind

_NOTHING: Final = SourceBuild(distribution="", tools=(), packages=(), source="")
# Of 64 builds of such releases, of 38 distributions with Python 3.10 to 3.13, 28 failed.
_ABOUT_HALF: Final = "of releases that are older than a Python about half do not compile for it"
_NOT_MET: Final = "likely: it fails as soon as it is imported, and no import of it was seen in the project's own code"
_BY_PIP: Final = "likely: the index says so, and pip refuses such a release; another installer may try it all the same"


def finding(refusal: Refusal, others: Sequence[Refusal], seen: Foresight) -> Finding:
    """Return what to say of *refusal*, where *others* are refused beside it."""
    if refusal.kind is RefusalKind.NO_WHEEL:
        told = _to_compile(refusal, seen)
        option = "--only-binary :all: "
    else:
        told, option = _without_release(refusal, seen), ""
    requirement = refusal.requirement.partition(";")[0].strip()
    return replace(
        told,
        location=seen.ways.place(refusal),
        evidence=tuple(filter(None, (*told.evidence, seen.origin()))),
        remedy=seen.ways.of(refusal, others),
        python=seen.ways.series(refusal, others),
        reproduce=f"pip download --no-deps {option}--python-version {seen.foreseen.series} '{requirement}'",
    )


def _without_release(refusal: Refusal, seen: Foresight) -> Finding:
    """Return what to say of a requirement of which no release is for the target's Python."""
    is_sure = not refusal.required_by and _is_by_pip(seen.plan) and bool(refusal.location and refusal.location.line)
    too = python_series.direction(seen.foreseen.series, refusal.pythons)
    for_others = f" (it has for Python {python_series.spanned(refusal.pythons)})" if refusal.pythons else ""
    wanted = f"{_wanted(refusal)} has no release for Python {seen.foreseen.series}, which the target uses"
    return Finding(
        code=f"python-version-unsupported:{too}",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=wanted + for_others,
        certainty=seen.of_new_services() if is_sure else _BY_PIP,
    )


def _to_compile(refusal: Refusal, seen: Foresight) -> Finding:
    """Return what to say of a release that has wheels, and none for the target's Python."""
    row = system_libraries.source_builds().get(refusal.name, _NOTHING)
    version = _version(refusal) or seen.foreseen.versions.get(refusal.name, "")
    fault = row.fault(version, series=seen.foreseen.series)
    told = _in_vain(refusal.name, fault, seen) if fault else _perhaps(refusal.name, row, seen)
    wanted = f"{_wanted(refusal)} has no wheel for Python {seen.foreseen.series}, which the target uses"
    others = f"(it has for Python {python_series.spanned(refusal.pythons)})"
    return replace(told, message=f"{wanted} {others}, and {told.message}")


def _in_vain(name: str, fault: Incompatible, seen: Foresight) -> Finding:
    """Return what is known of compiling *name* where it was seen to fail, or to make what does not load."""
    met = _meeting(name, seen)
    is_sure = bool(met) or not fault.is_at_import
    how = "does not load when compiled" if fault.is_at_import else "cannot be compiled"
    return Finding(
        code=f"{'build-failure' if is_sure else 'compiled-from-source'}:{name}",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"{how}: {fault.why}",
        evidence=(met, fault.source),
        certainty=seen.of_new_services() if is_sure else _NOT_MET,
    )


def _perhaps(name: str, row: SourceBuild, seen: Foresight) -> Finding:
    """Return what is known of compiling *name* where nobody was seen to fail."""
    if row.is_optional:
        certainty = f"it installs without compiled parts where these cannot be made ({row.source})"
    else:
        lacking = [tool for tool in row.tools if seen.image is None or tool not in seen.image.tools]
        tools = f"; no public list of what the target's image has names {', '.join(lacking)}" if lacking else ""
        here = f"it was checked here with Python {python_series.of(seen.here)}, and " if seen.here else ""
        certainty = f"uncertain: {here}{_ABOUT_HALF}{tools}"
    return Finding(
        code=f"compiled-from-source:{name}",
        outcome=Outcome.NOTE if row.is_optional else Outcome.WARNING,
        message="is compiled there",
        evidence=(f"compiling it takes {', '.join(row.tools)} ({row.source})",) if row.tools else (),
        certainty=certainty,
    )


def _meeting(name: str, seen: Foresight) -> str:
    """Return how the service comes to import what the distribution *name* brings, "" where nothing shows it."""
    if seen.traced is not None:
        for module in import_names.modules(name):
            if (asked := drivers.of_settings(module, seen.traced)).hops:
                return asked.shown()
            found = seen.traced.strongest(module)
            if found is not None and found.kind is ImportKind.EAGER:
                return found.chain.shown()
    is_driver = drivers.OF_POSTGRESQL & seen.foreseen.versions.keys() == {name}
    if is_driver and (wanted := binding.databases_needed(seen.case.contract)):
        return f"the service is given a PostgreSQL ({', '.join(wanted)}), and installs no other driver for it"
    return ""


def _is_by_pip(plan: Plan) -> bool:
    """Whether pip alone installs: uv does not heed the upper end of `Requires-Python`."""
    return all(install.tool == "pip" for install in plan.recipe.installs)


def _wanted(refusal: Refusal) -> str:
    by = f" (required by {', '.join(refusal.required_by)})" if refusal.required_by else ""
    return f"{refusal.requirement}{by}"


def _version(refusal: Refusal) -> str:
    text = refusal.requirement.partition(";")[0].rpartition("==")[2].strip()
    try:
        return str(Version(text))
    except InvalidVersion:
        return ""
