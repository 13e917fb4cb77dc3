"""Good verdicts kept between runs: what has not changed in any part need not be rehearsed again."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.checks import keeping
from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Bindings
from deploy_suite.model.finding import CheckResult, Outcome
from deploy_suite.ports import Ports

_FOLDER: Final = "verdicts"
_KEPT_AT_MOST: Final = 500
_GOOD: Final = frozenset({Outcome.PASSED, Outcome.WARNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an earlier run found in the same thing. Shape: `when` is ISO 8601, UTC."""

    when: str
    python: str
    results: tuple[CheckResult, ...]


def stem(case: Case, bindings: Bindings) -> str:
    """Return a name for all that a verdict depends on but the environment, which takes a while to tell.

    Shape: with the key of the environment behind it, it is the name under which a verdict is kept.
    """
    unpushed = [case.state.upstream, *(commit.sha for commit in case.state.unpushed)]
    return keeping.digest(case.snapshot.commit.tree, unpushed, keeping.surroundings(case, bindings))


def is_known(start: str, ports: Ports) -> bool:
    """Whether any verdict is kept under a name that begins with *start*."""
    return any((ports.workplace.cache / _FOLDER).glob(f"{start}-*.json"))


def find(name: str, ports: Ports) -> Verdict | None:
    """Return the verdict kept under *name*; a file that cannot be read counts for none."""
    kept = keeping.read(_file(name, ports))
    try:
        return Verdict(when=kept["when"], python=kept["python"], results=tuple(map(keeping.result, kept["results"])))
    except (KeyError, TypeError, ValueError):
        return None


def keep(name: str, results: Iterable[CheckResult], *, python: str, ports: Ports) -> None:
    """Keep *results* if all of them are good: what failed or was skipped is looked at anew each time."""
    kept = tuple(results)
    if all(_is_good(result) for result in kept):
        verdict = {"when": ports.clock.utc(), "python": python, "results": kept}
        keeping.write(_file(name, ports), verdict, at_most=_KEPT_AT_MOST)


def _is_good(result: CheckResult) -> bool:
    """Whether *result* may be told again; a check that did not apply is no worse for it."""
    return result.outcome in _GOOD or all(finding.is_optional_skip for finding in result.findings)


def _file(name: str, ports: Ports) -> Path:
    return ports.workplace.cache / _FOLDER / f"{name}.json"
