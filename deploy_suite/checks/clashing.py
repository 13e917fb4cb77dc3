"""Versions that would be installed, where nothing was: those that are known to fail together.

An environment that was built needs no such list: importing and booting in it show what fails.
"""

from collections.abc import Mapping

from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.knowledge import clashes
from deploy_suite.knowledge.clashes import Clash
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.tracing.values import ImportKind, Trace


def findings(versions: Mapping[str, str], case: Case) -> Findings:
    """Return a finding for each clash among *versions*: FAILED where starting the service imports what fails."""
    met = clashes.met(versions)
    if not met:
        return ()
    declared = requirements.read(case)
    entry = case.contract.entry
    traced = subject.trace(case, entry, known=subject.known_of(declared.names)) if entry and entry.file else None
    return tuple(_finding(clash, versions, declared, traced) for clash in met)


def _finding(
    clash: Clash, versions: Mapping[str, str], declared: requirements.Declared, traced: Trace | None
) -> Finding:
    found = traced.strongest(clash.imports) if traced else None
    is_sure = found is not None and found.kind is ImportKind.EAGER and not clash.when
    line = declared.listed(frozenset({clash.first})) or declared.listed(frozenset({clash.second}))
    pair = f"{clash.first} {versions[clash.first]} and {clash.second} {versions[clash.second]}"
    return Finding(
        code=clash.slug,
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"{pair} would be installed, and do not fit together",
        location=line.line.location if line else None,
        evidence=tuple(text for text in (found.chain.shown() if found else "", clash.error) if text),
        remedy=clash.fix,
        certainty=""
        if is_sure
        else f"likely: {clash.first} fails {clash.when or 'when it is imported'} ({clash.source})",
        reproduce=f"pip install '{clash.first}=={versions[clash.first]}' '{clash.second}=={versions[clash.second]}' && "
        f"python -c 'import {clash.imports}'",
    )
