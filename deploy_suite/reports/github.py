"""A report as GitHub workflow commands, so that findings stand beside the lines they are about."""

from dataclasses import replace
from typing import Final

from deploy_suite.model.finding import Outcome
from deploy_suite.model.report import Report
from deploy_suite.reports import telling, text

_LEVEL: Final = {Outcome.FAILED: "error", Outcome.WARNING: "warning", Outcome.SKIPPED: "notice", Outcome.NOTE: "notice"}


def render(report: Report) -> str:
    """Return the text report followed by one annotation for each finding that it tells, in the same order.

    Those that only have another subject come last: GitHub shows ten of a level, and each is to tell something else.
    Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    several = len(report.subjects) > 1
    told = tuple(telling.told(report))
    likewise = [replace(one, finding=finding, more=()) for one in told for finding in one.more]
    annotations = [_annotation(one, several=several) for one in (*told, *likewise)]
    return text.render(report) + "".join(f"{line}\n" for line in annotations)


def _annotation(one: telling.Told, *, several: bool) -> str:
    finding = one.finding
    whose = f"[{finding.service}] " if several and finding.service else ""
    properties = {"title": f"{whose}{finding.code}"}
    if finding.location:
        properties["file"] = finding.location.file
        if finding.location.line:
            properties["line"] = str(finding.location.line)
    listed = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    remarks = (*text.remarks(finding), *one.others)
    likewise = (f"{text.LIKEWISE}:", *one.likewise) if one.more else ()
    message = "\n".join((finding.message, *(f"{label}: {said}" for label, said in remarks), *likewise))
    return f"::{_LEVEL[finding.outcome]} {listed}::{_escaped(message)}"


def _escaped(value: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        value = value.replace(character, f"%{ord(character):02X}")
    return value
