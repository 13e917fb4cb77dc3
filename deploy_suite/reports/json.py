"""A report as JSON, schema 1: documented in docs/report.md."""

import json
from typing import Any, Final

from deploy_suite.model.finding import CheckResult, Finding
from deploy_suite.model.location import Location
from deploy_suite.model.report import Report, Subject

SCHEMA: Final = 1


def render(report: Report) -> str:
    """Return the report as one JSON object."""
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "schema": SCHEMA,
        "subject": {
            "project": report.project,
            "commit": report.commit.sha,
            "tree": report.commit.tree,
            "branch": report.commit.branch,
            "services": [_subject(subject) for subject in report.subjects],
        },
        "outcome": report.outcome.value,
        "findings": [finding_document(finding) for finding in report.findings],
        "timings": [_timing(result) for result in report.results],
        "notes": list(report.notes),
        "seconds": round(report.seconds, 3),
        "reused": report.reused or None,
        "interrupted": report.is_interrupted,
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return one finding as JSON values."""
    return {
        "code": finding.code,
        "outcome": finding.outcome.value,
        "message": finding.message,
        "location": _location(finding.location),
        "evidence": list(finding.evidence),
        "remedy": finding.remedy,
        "certainty": finding.certainty,
        "reproduce": finding.reproduce,
        "check": finding.check,
        "service": finding.service,
        "target": finding.target,
        "required": finding.required,
    }


def _subject(subject: Subject) -> dict[str, str]:
    return {"service": subject.service, "root": subject.root, "target": subject.target, "python": subject.python}


def _location(location: Location | None) -> dict[str, str | int | None] | None:
    return {"file": location.file, "line": location.line or None} if location else None


def _timing(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check,
        "service": result.service,
        "target": result.target,
        "outcome": result.outcome.value,
        "seconds": round(result.seconds, 3),
    }
