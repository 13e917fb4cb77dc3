"""The part of the dependencies check that imports the entry point in the environment that was built."""

from collections.abc import Callable, Iterator
from typing import Final

from deploy_suite.checks.base import Built, Findings, Started
from deploy_suite.checks.dependencies import (
    absent_modules,
    absent_packages,
    consistency_findings,
    evidence,
    import_faults,
    installed,
    needs,
    rehearsed_import,
    requirements,
    started_import,
    subject,
)
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.checks.dependencies.installed import Installed
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.checks.variables import unread
from deploy_suite.knowledge import diagnosis
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import EntryPoint
from deploy_suite.ports import Ports
from deploy_suite.tracing.values import ImportKind

_EAGER: Final = frozenset({ImportKind.EAGER})
_DEFERRED: Final = frozenset({ImportKind.DEFERRED})
_LOOKED_UP: Final = frozenset({ImportKind.EAGER, ImportKind.CONDITIONAL, ImportKind.DEFERRED})


def confirm(
    built: Built, ports: Ports, *, started: Started | None = None, staged: Callable[[], Built] | None = None
) -> Findings:
    """See the package's `confirm`."""
    entry, declared = built.case.contract.entry, requirements.read(built.case)
    found = tuple(_of_entry(built, ports, entry, declared, started=started, staged=staged)) if entry else ()
    return (*found, *consistency_findings.findings(built, declared), *unread.findings(built))


def _of_entry(
    built: Built,
    ports: Ports,
    entry: EntryPoint,
    declared: Declared,
    *,
    started: Started | None,
    staged: Callable[[], Built] | None,
) -> Iterator[Finding]:
    provided = installed.read(built.environment.venv)
    traced = subject.trace(built.case, entry, known=provided.names | subject.known_of(declared.names))
    rehearsed = started_import.shown(built, started, traced) if started else None
    if rehearsed is None:
        built = staged() if staged else built
        found = (one for one in traced.imports if one.kind in _LOOKED_UP)
        names = sorted({name for one in found for name in absent_packages.probes(one)})
        rehearsed = rehearsed_import.rehearse(built, ports, entry=entry, names=names, settings=traced.settings_module)
    fault = Fault(built=built, entry=entry, traced=traced, declared=declared, rehearsed=rehearsed)
    if rehearsed.raised:
        finding = import_faults.finding(fault)
        yield finding
        beside = (*_not_reached(fault), *needs.findings(built, traced, declared, has_failed=True))
        yield from (other for other in beside if other.code != finding.code)
    elif not rehearsed.has_ended:
        yield _unfinished(fault)
    else:
        yield from _unguarded_program(fault)
        yield _passed(fault, provided)
        yield from _grumbles(fault)
        yield from needs.findings(built, traced, declared, has_failed=False)
    yield from _deferred(fault)


def _deferred(fault: Fault) -> Iterator[Finding]:
    """Return what is imported only inside functions: a warning where a request leads there, else a note."""
    groups = tuple(absent_packages.by_name(fault.traced, fault.rehearsed.absent, kinds=_DEFERRED))
    if not groups:
        return
    from deploy_suite.tracing.handlers import Handlers  # noqa: PLC0415  seldom needed

    series = fault.built.environment.interpreter.series.split(".")
    handlers = Handlers(fault.traced, fault.built.case.snapshot.folder, (int(series[0]), int(series[1])))
    for group in groups:
        reached = next(filter(None, (handlers.leading_to(one.chain) for one in group)), None)
        spared = absent_packages.done_without(group, fault.traced)
        yield absent_packages.deferred(group, fault.built, fault.declared, reached=reached, spared=spared)


def _not_reached(fault: Fault) -> Iterator[Finding]:
    """Return what the import would have failed on, had it not stopped before."""
    if fault.traced.changes_path:
        return
    for group in absent_packages.by_name(fault.traced, fault.rehearsed.absent, kinds=_EAGER):
        first = group[0]
        yield absent_modules.absent(fault, first.module, first.chain, names=first.names)


def _unguarded_program(fault: Fault) -> Iterator[Finding]:
    """Return what a program imports under `if __name__ == "__main__"`, which the rehearsal does not enter."""
    if fault.entry.attribute:
        return
    for group in absent_packages.by_name(fault.traced, fault.rehearsed.absent, kinds=_EAGER):
        first = group[0]
        yield absent_modules.absent(fault, first.module, first.chain, names=first.names)


def _unfinished(fault: Fault) -> Finding:
    rehearsed = fault.rehearsed
    place = rehearsed.last_place
    if rehearsed.timed_out:
        hosts = evidence.attempts(rehearsed)
        return Finding(
            code="import-unfinished",
            outcome=Outcome.SKIPPED,
            message=f"the import of {fault.entry.module} was not done after {rehearsed.seconds:.0f} s",
            location=place,
            evidence=hosts,
            remedy="run again with --network if it waits for another service" if hosts else "see where it waits",
            required=bool(fault.entry.attribute),
        )
    told = diagnosis.diagnose(rehearsed.errors).root
    return Finding(
        code=told.slug if told else "import-failed:crash",
        outcome=Outcome.FAILED,
        message=f"Python ended with code {rehearsed.exit_code} while importing {fault.entry.module}",
        location=place,
        evidence=tuple(rehearsed.errors.strip().splitlines()[-6:]),
        remedy=told.fix.strip() if told else (f"see what {place} calls" if place else "see the output"),
        python=told.python if told else "",
        reproduce=evidence.reproduce(fault.built, fault.entry),
    )


def _passed(fault: Fault, provided: Installed) -> Finding:
    entry = fault.entry
    notes = [f"while importing, the code wanted to reach {host}" for host in evidence.attempts(fault.rehearsed)]
    indirect = _indirect(fault, provided)
    if indirect:
        notes.append(f"imported, but installed only because another requirement needs them: {', '.join(indirect)}")
    what = entry.spec if entry.attribute else str(entry.file or entry.module)
    by_answer = ": the service that was started from it answers"
    return Finding(
        code="imports",
        outcome=Outcome.PASSED,
        message=f"{what} imports in the built environment"
        + (by_answer if fault.rehearsed.is_by_answer else f" in {fault.rehearsed.seconds:.1f} s"),
        location=entry.location,
        evidence=tuple(notes),
    )


def _indirect(fault: Fault, provided: Installed) -> tuple[str, ...]:
    """Return the distributions that are imported at start and listed by no requirement of the project's own."""
    if not fault.declared.names:
        return ()
    eager = (found.name for found in fault.traced.imports if found.kind is ImportKind.EAGER)
    providers = (provided.providers.get(name, frozenset()) for name in dict.fromkeys(eager))
    return tuple(sorted({min(names) for names in providers if names and not names & fault.declared.names}))


def _grumbles(fault: Fault) -> Iterator[Finding]:
    """Return what was only printed: a package built for another NumPy says so and may carry on."""
    root = diagnosis.diagnose(fault.rehearsed.errors).root if fault.rehearsed.errors else None
    if root and root.family == "numpy-abi":
        yield Finding(
            code=root.slug,
            outcome=Outcome.WARNING,
            message=f"the import went through, but printed: {root.title}",
            evidence=tuple(line.text for line in root.evidence),
            remedy=root.fix.strip(),
            certainty="likely to break when the package is used: it was built for another NumPy",
            reproduce=evidence.reproduce(fault.built, fault.entry),
        )
