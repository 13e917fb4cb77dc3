"""All that a preflight has to say."""

from dataclasses import dataclass

from deploy_suite.model.finding import CheckResult, Finding, Outcome, worst
from deploy_suite.model.project import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was checked: one service of a project at a commit, on one target, with one Python.

    Shape: `root` is the folder of the repository in which its commands run, "" for the top. `instead_of` is the Python
    that the target would take, where the caller asked for one of another series; "" where it would take this one.
    """

    project: str
    commit: Commit
    service: str
    target: str
    python: str
    root: str = ""
    instead_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The verdict on a project at a commit.

    Shape: one subject per service and target; `results` in the order in which they are shown; `reused` is the time
    (ISO 8601, UTC) of the earlier run whose verdict this is, or ""; with `is_interrupted` a note says what is left out.
    """

    project: str
    commit: Commit
    subjects: tuple[Subject, ...]
    results: tuple[CheckResult, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    reused: str = ""
    is_interrupted: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the checks."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def outcome(self) -> Outcome:
        """FAILED if anything failed; else SKIPPED if a required check did not run; else WARNING or PASSED."""
        return worst(finding.outcome for finding in self.findings if not finding.is_optional_skip)
