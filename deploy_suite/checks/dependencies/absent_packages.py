"""Findings about packages that are imported and not installed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.environments import packages
from deploy_suite.knowledge import import_names
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.tracing import standard_library
from deploy_suite.tracing.handlers import Reached
from deploy_suite.tracing.values import Chain, ImportKind, ThirdPartyImport, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Which distributions provide a module. Shape: `is_known` is false where the name itself is the only guess."""

    distributions: tuple[str, ...]
    is_known: bool

    @property
    def first(self) -> str:
        """The usual one."""
        return self.distributions[0]

    @property
    def shown(self) -> str:
        """All of them, in words."""
        return " or ".join(self.distributions)

    @property
    def names(self) -> frozenset[str]:
        """Their canonical names."""
        return import_names.canonical(self.distributions)


def provider(module: str, *, names: tuple[str, ...] = ()) -> Provider:
    """Return what provides *module*; for an unknown one its own name, as most distributions are called."""
    known = import_names.distributions(module, names=names)
    top = module.partition(".")[0]
    return Provider(distributions=known or (canonicalize_name(top),), is_known=bool(known))


def is_hidden(module: str, declared: Declared) -> bool:
    """Whether a file of the project called *module* stands in the way of a required package, or of Python's own."""
    wanted = provider(module)
    return "." not in module and (module in sys.stdlib_module_names or declared.listed(wanted.names) is not None)


def finding(module: str, chain: Chain, *, built: Built, declared: Declared, names: tuple[str, ...] = ()) -> Finding:
    """Return the failure for *module*, which the import of the entry point needs and does not find."""
    found = provider(module, names=names)
    return Finding(
        code=_code(module, found, built),
        outcome=Outcome.FAILED,
        message=f"{module} is imported when the service starts, and {_absence(module, found, built)}"
        + _elsewhere(found, declared),
        location=chain.last.location if chain.hops else None,
        evidence=tuple(filter(None, (chain.shown(), *_listed(found, declared, built)))),
        remedy=_other_name(module, found, built) or remedy(module, found, declared),
        reproduce=f"python -c 'import {module}'",
    )


def _other_name(module: str, found: Provider, built: Built) -> str:
    """Return what to write in place of *module* where what is called like it is installed and is imported otherwise."""
    installed = sorted(found.names & set(built.environment.packages))
    if found.is_known or not installed:
        return ""
    brought = [one for one in packages.modules(built.environment.venv, installed[0]) if not one.startswith("_")]
    if not brought:
        return ""
    return f"write {' or '.join(brought)} in place of {module}: that is what {installed[0]} brings"


def deferred(
    imports: tuple[ThirdPartyImport, ...],
    built: Built,
    declared: Declared,
    *,
    reached: Reached | None,
    spared: Location | None = None,
) -> Finding:
    """Return what to say of imports of one package that run only when some function does: *reached* runs it.

    Shape: *spared* is where the project provides for its absence.
    """
    first = imports[0]
    found = provider(first.module, names=first.names)
    where = ", ".join(dict.fromkeys(str(one.chain.last.location) for one in imports[1:4]))
    return Finding(
        code=_code(first.name, found, built),
        outcome=Outcome.WARNING if reached and not (spared or reached.is_foreseen) else Outcome.NOTE,
        message=f"{first.module} is imported inside a function, and {_absence(first.module, found, built)}",
        location=first.chain.last.location,
        evidence=tuple(
            filter(None, (first.chain.shown(), f"also at {where}" if where else "", *_listed(found, declared, built)))
        ),
        remedy=remedy(first.module, found, declared),
        certainty=f"uncertain: {spared} provides for its absence" if spared else _certainty(reached),
        reproduce=f"python -c 'import {first.module}'",
    )


def done_without(imports: tuple[ThirdPartyImport, ...], traced: Trace) -> Location | None:
    """Return where the project imports the same module under a `try`, and so may have asked before it goes on."""
    modules = {one.module for one in imports}
    found = (one for one in traced.imports if one.kind is ImportKind.GUARDED and one.module in modules)
    return next((one.chain.last.location for one in found), None)


def _certainty(reached: Reached | None) -> str:
    if reached is None:
        return "the service starts without it, and no route was seen to lead to that function"
    if not reached.name:
        return "the service starts without it; its first use fails"
    fails = f"the service starts without it; {reached.name} ({reached.location}), which leads there, fails"
    if reached.choice is None:
        return fails
    foreseen = ", and its absence is provided for" if reached.is_foreseen else ""
    return f"{fails} only where {reached.choice} lets it come so far{foreseen}"


def _code(module: str, found: Provider, built: Built) -> str:
    """Return the slug as a diagnosed log spells it; modules that Python dropped are a cause of their own."""
    top = module.partition(".")[0]
    removed = standard_library.REMOVED.get(top)
    version = _version(built)
    if top == "pkg_resources" or (removed and version >= removed):
        return f"stdlib-removed:{top}"
    return f"missing-requirement:{slug_name(found.first)}"


def _version(built: Built) -> tuple[int, int]:
    major, minor = built.environment.interpreter.series.split(".")
    return int(major), int(minor)


def _absence(module: str, found: Provider, built: Built) -> str:
    top = module.partition(".")[0]
    installed = sorted(found.names & set(built.environment.packages))
    if installed:
        version = built.environment.packages[installed[0]]
        return f"the installed {installed[0]} {version} does not have it"
    if top in standard_library.REMOVED:
        return f"Python {built.environment.interpreter.series} no longer has it"
    return "no installed package provides it"


def _elsewhere(found: Provider, declared: Declared) -> str:
    """Say that only a list which the build command does not install has the distribution."""
    other = None if declared.listed(found.names) else declared.elsewhere(found.names)
    return f": it is listed in {other.location}, which the build command does not install" if other else ""


def _listed(found: Provider, declared: Declared, built: Built) -> Iterator[str]:
    """Say where the distribution is listed, if it is: in a file that is not installed, or not committed."""
    listed = declared.listed(found.names)
    other = declared.elsewhere(found.names)
    if listed and found.names & set(built.environment.packages):
        yield f"{listed.location}: {listed.line.text}"
    elif listed:
        yield f"{listed.location}: {listed.line.text} is listed, yet it was not installed"
    elif other:
        part = f" ({other.part})" if other.part else ""
        yield f"{other.location}: {other.line.text}{part} is listed there, which the build does not install"
    changed = sorted(set(built.case.state.modified) & {declared.target, *built.environment.requirement_files})
    if changed:
        yield f"{', '.join(changed)} is changed in your folder and the change is not in the commit"


def remedy(module: str, found: Provider, declared: Declared) -> str:
    """Return what to do about *module*, which *found* would bring: of a name that nobody knows, as a guess."""
    add = declared.add(found.first)
    if found.is_known and len(found.distributions) == 1:
        return add
    if found.is_known:
        return f"{add} (the name {module} is provided by {found.shown})"
    own = f"if {module} is a file of your own, commit it; else {add}"
    return f"{own}, if that is the distribution that provides {module}"


def by_name(
    traced: Trace, absent: frozenset[str], *, kinds: frozenset[ImportKind]
) -> Iterator[tuple[ThirdPartyImport, ...]]:
    """Return the imports of *kinds* that nothing installed satisfies, those of one package together."""
    groups: dict[str, list[ThirdPartyImport]] = {}
    for found in traced.imports:
        if found.kind in kinds and absent & probes(found):
            key = provider(found.module, names=found.names).first
            groups.setdefault(key, []).append(found)
    stronger = {
        provider(i.module, names=i.names).first for i in traced.imports if i.kind < min(kinds) and absent & probes(i)
    }
    yield from (tuple(group) for key, group in groups.items() if key not in stronger)


def probes(found: ThirdPartyImport) -> frozenset[str]:
    """Return the dotted names whose presence answers whether *found* can be satisfied."""
    names = [name for name in found.names if name != "*"]
    return frozenset(f"{found.module}.{name}" for name in names) or frozenset({found.module})
