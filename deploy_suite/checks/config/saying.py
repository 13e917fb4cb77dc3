"""A fault in a call into a finding with its place, its text and its service."""

from dataclasses import replace

from deploy_suite.checks.config import failing
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Masker

_ASSUMED = "uncertain: the command is assumed, there is no render.yaml"
_GOES_ON = (
    "certain that the call fails, but the commands go on without it; whether they need it, what follows here shows"
)


def of_call(
    subject: Subject,
    call: Call,
    *,
    code: str,
    message: str,
    remedy: str,
    certainty: str = "",
    evidence: tuple[str, ...] = (),
) -> Finding:
    """Return a finding about *call*: FAILED, or a WARNING when *certainty* says why it may be none.

    A command that was assumed proves nothing about the target: what is wrong with it is a warning. So is what ends only
    the call, and not the step.
    """
    if subject.is_assumed and call.script is None and not certainty:
        certainty = _ASSUMED
    if not certainty and not failing.ends_the_step(call, subject.calls):
        certainty = _GOES_ON
    return Finding(
        code=code,
        outcome=Outcome.WARNING if certainty else Outcome.FAILED,
        message=message,
        location=call.location,
        evidence=(f"{call.step.value}: {quoted(call)}", *evidence),
        remedy=remedy,
        certainty=certainty,
    )


def quoted(call: Call) -> str:
    """Return the call as it stands there, shortened, passwords in addresses masked."""
    line = Masker().masked(call.line)
    longest = 160
    return line if len(line) <= longest else f"{line[:longest]}…"


def where(subject: Subject, call: Call) -> str:
    """Return the file that holds the call, for a remedy."""
    if call.location is not None:
        return call.location.file
    return subject.manifest.file if subject.manifest else "render.yaml"


def warning(
    code: str,
    message: str,
    *,
    location: Location | None,
    remedy: str,
    certainty: str,
    evidence: tuple[str, ...] = (),
) -> Finding:
    """Return a warning that is about no call."""
    return Finding(
        code=code,
        outcome=Outcome.WARNING,
        message=message,
        location=location,
        evidence=evidence,
        remedy=remedy,
        certainty=certainty,
    )


def noted(finding: Finding) -> Finding:
    """Return the same finding as one that harms nothing."""
    return replace(finding, outcome=Outcome.NOTE)


def failed(finding: Finding) -> Finding:
    """Return the same finding as one that stops the deploy."""
    return replace(finding, outcome=Outcome.FAILED, certainty="")
