"""A report as text for a person."""

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.report import Report, Subject
from deploy_suite.model.wording import counted
from deploy_suite.reports import telling, wrapping

_EVIDENCE_LINES: Final = 14
_LONGEST_TEXT: Final = (
    3_000  # a person reads no more of one text; names and commands of a manifest may be of any length
)
_LONGEST_SUBJECT: Final = 72
_NAME_WIDTH: Final = 12
LIKEWISE: Final = "the same of"
_UNBROKEN: Final = "\N{NO-BREAK SPACE}"
MARK: Final = {
    Outcome.PASSED: "ok  ",
    Outcome.NOTE: "note",
    Outcome.WARNING: "warn",
    Outcome.SKIPPED: "skip",
    Outcome.FAILED: "FAIL",
}
_VERDICT: Final = {
    Outcome.PASSED: "PASSED: this commit builds, boots and answers as {target} would run it.",
    Outcome.WARNING: "PASSED with warnings: this commit builds, boots and answers as {target} would run it.",
    Outcome.SKIPPED: "INCOMPLETE: something that must be checked could not be checked here; see 'skip' above.",
    Outcome.FAILED: "FAILED: deployed to {target}, this commit would not work; see 'FAIL' above.",
}
_INTERRUPTED: Final = "INTERRUPTED: there is no verdict yet; see 'skip' above for what was not checked."
# Where the caller chose another Python than the target's, its verdict is about that one alone.
_VERDICT_OF_OTHER: Final = {
    Outcome.PASSED: "PASSED with Python {python}: with that, this commit builds, boots and answers on "
    "{target}'s terms.",
    Outcome.WARNING: "PASSED with warnings and Python {python}: with that, this commit builds, boots and answers on "
    "{target}'s terms.",
    Outcome.FAILED: "FAILED with Python {python}: with that, this commit would not work on {target}; see 'FAIL' above.",
}
_OTHER: Final = " {target} would take Python {own}, which was not tried: run without --python for its verdict."


def render(report: Report, *, columns: int = 0) -> str:
    """Return the whole report: one line a check with its time, then each finding, then the verdict.

    Shape: *columns* is the width of the terminal, to which all but evidence and commands is wrapped; 0 is none, where
    a check keeps to its line.
    """
    width = wrapping.fitting(columns) if columns else 0
    checks, findings = _checks(report, width=width), _findings(report, width=width or wrapping.WIDTH)
    parts = [_heading(report, width=width), *checks, *findings, _verdict(report, width=width)]
    return "\n".join(parts) + "\n"


def _heading(report: Report, *, width: int) -> str:
    commit = report.commit
    subject = textwrap.shorten(commit.subject, _LONGEST_SUBJECT, placeholder=" …")
    lines = [
        f"{report.project} at {commit.short} ({subject})" if commit.subject else f"{report.project} at {commit.short}"
    ]
    lines += [f"  {_service(subject)}" for subject in report.subjects]
    lines += [f"  note: {note}" for note in report.notes]
    if report.reused:
        lines.append(
            f"  nothing changed since {report.reused}: that run's verdict is reused (--fresh runs everything again)"
        )
    return "\n".join(_fitted(lines, width)) + "\n"


def _service(subject: Subject) -> str:
    place = f", from {subject.root}/," if subject.root else ""
    return f"{subject.service}{place} on {subject.target.capitalize()}, Python {subject.python}"


def _fitted(lines: Iterable[str], width: int) -> Iterable[str]:
    """Yield *lines*, those that are longer than *width* wrapped; 0 is no limit."""
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        wrapped = _wrapped(line.strip(), indent, width, more=f"{indent}  ") if width else []
        yield from wrapped or [line]


def _checks(report: Report, *, width: int) -> Iterable[str]:
    several = len(report.subjects) > 1
    names = [f"{each.service}: {each.check}" if several and each.service else each.check for each in report.results]
    longest = max((_NAME_WIDTH, *map(len, names)))
    for name, result in zip(names, report.results, strict=True):
        head = f"  {MARK[result.outcome]}  {name:<{longest}} {result.seconds:6.1f} s  "
        yield (_hung(head, _summary(result), width) if width else f"{head}{_summary(result)}").rstrip()


def _summary(result: CheckResult) -> str:
    """Say what was verified, or count what was found; what did not apply is said in passing."""
    said = [
        finding.message for finding in result.findings if finding.outcome is Outcome.PASSED or finding.is_optional_skip
    ]
    counts = _counts(result)
    return "; ".join([*counts, *(said if not counts else _said_in_passing(result))])


def _counts(result: CheckResult) -> list[str]:
    """Count what was found; where that is one thing that could not be looked at, say why."""
    left_out = [found for found in result.findings if found.outcome is Outcome.SKIPPED and found.required]
    outcomes = [found.outcome for found in result.findings if not found.is_optional_skip]
    if len(left_out) == 1 and not {Outcome.FAILED, Outcome.WARNING} & set(outcomes):
        return [left_out[0].message]
    return [counted(outcomes.count(outcome), word) + more for outcome, word, more in _COUNTED if outcome in outcomes]


def _said_in_passing(result: CheckResult) -> list[str]:
    """Return what did not apply."""
    return [finding.message for finding in result.findings if finding.is_optional_skip]


_COUNTED: Final = (
    (Outcome.FAILED, "error", ""),
    (Outcome.WARNING, "warning", ""),
    (Outcome.SKIPPED, "part", " not checked"),
)


def _findings(report: Report, *, width: int) -> Iterable[str]:
    for one in telling.told(report):
        yield "\n" + _finding(one, several=len(report.subjects) > 1, width=width)


def _finding(one: telling.Told, *, several: bool, width: int) -> str:
    finding = _shortened(one.finding)
    where = f"{finding.location}: " if finding.location else ""
    whose = f"[{finding.service}] " if several and finding.service else ""
    more = f", and {len(one.more)} more" if one.more else ""
    lines = [f"{MARK[finding.outcome].strip()} {whose}{_short(finding.code)}{more}"]
    lines += _wrapped(f"{where}{finding.message}", "  ", width)
    lines += [f"    | {line}" for line in _clipped(finding.evidence)]
    for label, said in (*remarks(finding), *one.others):
        lines += _labelled(label, said, width)
    if finding.reproduce:
        lines += _labelled("reproduce", finding.reproduce, 0)
    if one.more:
        lines.append(f"  {LIKEWISE}:")
        lines += [line for said in one.likewise for line in _wrapped(_short(said), "    ", width, more="      ")]
    return "\n".join(lines)


def _shortened(finding: Finding) -> Finding:
    return replace(
        finding,
        message=_short(finding.message),
        evidence=tuple("\n".join(map(_short, entry.splitlines())) for entry in finding.evidence),
        remedy=_short(finding.remedy),
        reproduce=_short(finding.reproduce),
    )


def _short(text: str) -> str:
    left_out = len(text) - _LONGEST_TEXT
    half = _LONGEST_TEXT // 2
    return text if left_out <= 0 else f"{text[:half]} … {left_out} characters left out … {text[-half:]}"


def remarks(finding: Finding) -> tuple[tuple[str, str], ...]:
    """Return what is said of *finding* beside its message, each with its label."""
    doubt = "why" if finding.outcome is Outcome.FAILED else "how sure"
    return tuple((label, said) for label, said in ((doubt, finding.certainty), ("fix", finding.remedy)) if said)


def _labelled(label: str, text: str, width: int) -> list[str]:
    """Return *text* behind its *label*; several lines, and all where *width* is 0, stay as they are."""
    if not width or "\n" in text:
        lines = text.splitlines()
        return [f"  {label}: {lines[0].strip()}", *(f"    {line}" for line in lines[1:])]
    return _wrapped(f"{label}: {text}", "  ", width, more="      ")


def _hung(head: str, text: str, width: int) -> str:
    """Return *text* beside *head*, wrapped to what is left of *width*."""
    room = max(width - len(head), wrapping.NARROWEST // 2)
    lines = wrapping.wrapped(text, room)
    return head + f"\n{'':<{len(head)}}".join(lines)


def _wrapped(text: str, indent: str, width: int, *, more: str = "    ") -> list[str]:
    return wrapping.wrapped(text, width, indent=indent, more=more)


def _clipped(evidence: tuple[str, ...]) -> list[str]:
    lines = [line for entry in evidence for line in entry.splitlines()]
    if len(lines) <= _EVIDENCE_LINES:
        return lines
    tail = _EVIDENCE_LINES // 2 + 2
    head = _EVIDENCE_LINES - tail
    return [
        *lines[:head],
        f"… {len(lines) - _EVIDENCE_LINES} lines left out (--format json has them) …",
        *lines[-tail:],
    ]


def _verdict(report: Report, *, width: int) -> str:
    targets = ", ".join(dict.fromkeys(result.target.capitalize() for result in report.results)) or "the target"
    said = f"{_said(report, targets)}  ({report.seconds:.1f}{_UNBROKEN}s)"
    return ("\n" + "\n".join(_fitted([said], width))).replace(_UNBROKEN, " ")


def _said(report: Report, targets: str) -> str:
    if report.is_interrupted and report.outcome is Outcome.SKIPPED:
        return _INTERRUPTED
    passed_over = dict.fromkeys(one.instead_of for one in report.subjects if one.instead_of)
    if not passed_over or report.outcome not in _VERDICT_OF_OTHER:
        return _VERDICT[report.outcome].format(target=targets)
    used = ", ".join(dict.fromkeys(one.python for one in report.subjects if one.instead_of))
    said = _VERDICT_OF_OTHER[report.outcome] + _OTHER
    return said.format(target=targets, python=used, own=", ".join(passed_over))
