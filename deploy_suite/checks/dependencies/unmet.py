"""Names that importing the project's own modules asks for in vain, read from the sources alone.

Importing tells them better, one at a time and only where the import comes so far. This is for a run in which it did
not: the build failed, or something before it ended the import.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.dependencies import absent_packages, meant_imports, needs, requirements, subject
from deploy_suite.checks.dependencies.meant_imports import Meant
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.knowledge.needs import rows
from deploy_suite.model import python_series
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.project import app_finder
from deploy_suite.tracing import bindings, own_names, sources, unbound
from deploy_suite.tracing.values import Chain, ImportKind, OwnModule, ThirdPartyImport, Trace

_SEEDS: Final = frozenset({"pip", "setuptools", "wheel"})
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.WARNING})


def findings(case: Case, *, resolved: Mapping[str, str]) -> Findings:
    """Return a finding for each name that starting the service certainly asks for and that nothing has.

    Shape: *resolved* are the versions in the environment, or in the one that was not built, {} where that is unknown.
    """
    entry = _entry(case)
    if entry is None:
        return ()
    declared = requirements.read(case)
    traced = subject.trace(case, entry, known=subject.known_of(declared.names), reads_all=False)
    found = tuple(_findings(case, traced, python_series.numbers(case.python)))
    if not resolved:
        return found
    needed = needs.lacking(
        rows(), resolved, folder=case.snapshot.folder, trace=traced, declared=declared, has_failed=True
    )
    return (*found, *_absent(traced, resolved, declared), *needed)


def _absent(traced: Trace, resolved: Mapping[str, str], declared: Declared) -> Iterator[Finding]:
    """Yield the packages that every start imports and that none of *resolved* is known to bring."""
    eager = {found.name: found for found in reversed(traced.imports) if found.kind is ImportKind.EAGER}
    for found in sorted(eager.values(), key=lambda one: one.chain.last.location):
        provider = absent_packages.provider(found.module, names=found.names)
        names = provider.names | _spelt(found)
        if provider.is_known and not names & resolved.keys() and not provider.names & _SEEDS:
            yield Finding(
                code=f"missing-requirement:{slug_name(provider.first)}",
                outcome=Outcome.WARNING,
                message=f"{found.module} is imported when the service starts, and nothing that is installed brings it",
                location=found.chain.last.location,
                evidence=(found.chain.shown(),),
                remedy=declared.add(provider.first),
                certainty="likely: told from names, for the import did not come so far",
            )


def _spelt(found: ThirdPartyImport) -> frozenset[str]:
    """Return the distributions that are called as *found* is spelt: parts of a namespace often come by themselves."""
    whole = [found.module, *(f"{found.module}.{name}" for name in found.names)]
    parts = (one.split(".")[:count] for one in whole for count in range(1, one.count(".") + 2))
    return frozenset(canonicalize_name("-".join(part)) for part in parts)


def _entry(case: Case) -> EntryPoint | None:
    entry = case.contract.entry
    if entry is not None and entry.file is None:
        return app_finder.meant(case.snapshot.folder, case.contract.root, wanted=entry)
    return entry


def _findings(case: Case, traced: Trace, version: tuple[int, int]) -> Iterator[Finding]:
    files = _files(traced)
    for module in traced.modules:
        if module.kind is not ImportKind.EAGER or not module.file.endswith(".py"):
            continue
        source = sources.read(case.snapshot.folder / module.file, version)
        tree = source.tree
        if tree is None:
            continue
        names = tuple(unbound.names(tree, version))
        if names:
            yield _unbound(names, module, _meant(names, module.file, traced, case.snapshot.folder), case)
        lost = [one for one in own_names.taken(tree, module, files) if _is_lost(one, case, version)]
        for _, same in groupby(lost, key=lambda one: (one.line, one.file)):
            yield _missing(tuple(same), module)


def _is_lost(one: own_names.Taken, case: Case, version: tuple[int, int]) -> bool:
    """Whether the module that *one* is taken from certainly has no such name."""
    source = sources.read(case.snapshot.folder / one.file, version)
    tree = source.tree
    has = bindings.names(tree) if tree is not None and b"sys.modules" not in source.data else None
    return has is not None and not own_names.has(one, has, folder=case.snapshot.folder)


def _files(traced: Trace) -> Mapping[str, str]:
    """Return the file of each module by its name; a name under which several are known tells nothing."""
    named: dict[str, set[str]] = {}
    for module in traced.modules:
        named.setdefault(module.name, set()).add(module.file)
    return {name: next(iter(files)) for name, files in named.items() if len(files) == 1 and "__" not in name}


def _meant(found: Sequence[unbound.Unbound], file: str, traced: Trace, folder: Path) -> tuple[Meant, ...]:
    looked = (meant_imports.find(one.name, file, traced.files, folder) for one in found)
    return tuple(one for one in looked if one)


def _unbound(found: Sequence[unbound.Unbound], module: OwnModule, meant: tuple[Meant, ...], case: Case) -> Finding:
    """Return one finding for all names of a file: whoever mends the first looks for the others too."""
    is_whole = len(meant) == len(found)
    shown = ", ".join(one.name for one in found)
    return Finding(
        code="app-name-error",
        outcome=Outcome.FAILED,
        message=f"{shown} {'is' if len(found) == 1 else 'are'} used at start, and nothing in {module.file} defines or "
        f"imports {'it' if len(found) == 1 else 'them'}",
        location=Location(module.file, found[0].line),
        evidence=(
            *(f"{module.file}:{one.line}: NameError: name {one.name!r} is not defined" for one in found),
            *_led(module.chain),
        ),
        remedy=meant_imports.remedy(meant, module.file) if is_whole else f"import or define {shown} in {module.file}",
        reproduce=f"ruff check --select F821 {module.file}",
        mend=meant_imports.mend(meant, module.file, case.snapshot.folder) if is_whole else None,
    )


def _missing(lost: Sequence[own_names.Taken], module: OwnModule) -> Finding:
    """Return one finding for all that one import takes from one file in vain."""
    first, names = lost[0], ", ".join(one.name for one in lost)
    return Finding(
        code="import-name-missing",
        outcome=Outcome.FAILED,
        message=f"the project's own {first.file} has no {names}, which {'is' if len(lost) == 1 else 'are'} imported "
        "from it at start",
        location=Location(module.file, first.line),
        evidence=(f"ImportError: cannot import name {first.name!r} from {first.module!r}", *_led(module.chain)),
        remedy=f"define {names} in {first.file}, or mend the import",
    )


def _led(chain: Chain) -> tuple[str, ...]:
    return (f"imported by: {chain.shown()}",) if chain.hops else ()


def untold(found: Findings, told: Findings) -> Findings:
    """Return those of *found* of which *told* does not speak: neither of the place nor of what is missing there.

    A package that is missing is told once, wherever else it is needed.
    """
    spoken = [one for one in told if one.outcome in _TOLD]
    places = {one.location for one in spoken if one.location}
    packages = {one.code for one in spoken if ":" in one.code}
    return tuple(one for one in found if one.location not in places and one.code not in packages)
