"""What a check found: one statement about the project, with its evidence and its remedy."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.model.secret import Masker


class Outcome(Enum):
    """How a check or a report came out. Only FAILED says that the deploy would fail; a NOTE changes no verdict."""

    PASSED = "passed"
    NOTE = "note"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_no_pass(self) -> bool:
        """Whether nothing was shown to work: it failed, or could not be checked."""
        return self in {Outcome.FAILED, Outcome.SKIPPED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement about the project at a commit.

    Shape: `code` is a slug of the causes' vocabulary, with a parameter after a colon where the cause has one
    (`missing-requirement:numpy`); the same slug names the cause in every report and in `explain`.
    `evidence` are lines quoted from the project or from a log; `certainty` says, for a warning, how sure it is and why;
    `reproduce` is a command that shows the same thing without the suite.
    `required` matters to SKIPPED only: whether a verdict without this check is incomplete. `python` is the series of
    Python that the remedy offers to pin, "" for none. `mend` is what to change in a copy to see what lies behind; no
    report shows it, and it makes no two findings different.
    """

    code: str
    outcome: Outcome
    message: str
    location: Location | None = None
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    certainty: str = ""
    reproduce: str = ""
    check: str = ""
    service: str = ""
    target: str = ""
    required: bool = True
    python: str = ""
    mend: Mend | None = field(default=None, compare=False)

    @property
    def is_optional_skip(self) -> bool:
        """Whether this says no more than that something did not apply."""
        return self.outcome is Outcome.SKIPPED and not self.required

    def about(self, *, check: str, service: str, target: str) -> Self:
        """Return this finding with the subject filled in where it was left open."""
        return replace(
            self,
            check=self.check or check,
            service=self.service or service,
            target=self.target or target,
        )

    def masked(self, masker: Masker) -> Self:
        """Return this finding with every secret in its texts replaced."""
        return replace(
            self,
            code=masker.masked(self.code),
            message=masker.masked(self.message),
            evidence=tuple(masker.masked(line) for line in self.evidence),
            remedy=masker.masked(self.remedy),
            certainty=masker.masked(self.certainty),
            reproduce=masker.masked(self.reproduce),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of one service, done: its findings and the seconds it took (monotonic clock)."""

    check: str
    service: str
    target: str
    seconds: float
    findings: tuple[Finding, ...] = field(default=())

    @property
    def outcome(self) -> Outcome:
        """The gravest of the findings; SKIPPED for a check that only skipped, PASSED for one with nothing but notes."""
        counted = tuple(finding.outcome for finding in self.findings if not finding.is_optional_skip)
        return worst(counted or (finding.outcome for finding in self.findings))

    def masked(self, masker: Masker) -> Self:
        """Return this result with every secret in its findings replaced."""
        return replace(self, findings=tuple(finding.masked(masker) for finding in self.findings))


_SEVERITY = (Outcome.PASSED, Outcome.WARNING, Outcome.SKIPPED, Outcome.FAILED)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the gravest of *outcomes*, PASSED when there are none but notes."""
    return max(
        (outcome for outcome in outcomes if outcome is not Outcome.NOTE), key=_SEVERITY.index, default=Outcome.PASSED
    )
