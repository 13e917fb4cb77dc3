"""Failures of a Python that is too new → with the one that the project asks for where its target does not look."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from deploy_suite.model.finding import CheckResult, Finding

CODE: Final = "python-version-ignored"
_ASKED: Final = re.compile(r", not (?P<version>\d+\.\d+(?:\.\d+)?)$")
_PINNED: Final = re.compile(r"\bpin Python (?P<series>\d+\.\d+)")


def named(results: Sequence[CheckResult]) -> list[CheckResult]:
    """Return *results* with the Python of the project's own in the remedies that ask for one as old as that."""
    ignored = next((one for result in results for one in result.findings if one.code == CODE), None)
    asked = _ASKED.search(ignored.message) if ignored else None
    if ignored is None or asked is None:
        return list(results)
    version = asked["version"]
    more = f"; {ignored.location or 'the project'} asks for {version}, which goes into .python-version"
    return [replace(result, findings=tuple(_with(one, version, more) for one in result.findings)) for result in results]


def _with(finding: Finding, version: str, more: str) -> Finding:
    pinned = _PINNED.search(finding.remedy)
    fits = pinned is not None and _series(version) <= _series(pinned["series"])
    return replace(finding, remedy=f"{finding.remedy}{more}") if fits else finding


def _series(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
