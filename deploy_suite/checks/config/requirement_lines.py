"""Lines and encodings of the requirement files that the build installs from."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.checks.config.subject import Subject
from deploy_suite.manifests.requirements_file import LineProblem
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.mend import Mend

_ELSEWHERE: Final = "requirements-file-missing"
_ENCODING: Final = "requirements-encoding"


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield what pip refuses in these files, or reads otherwise than meant."""
    named = {file for _, install in subject.installed.installs for file in install.files}
    unread = {one.location.file for one in subject.installed.problems if one.code == _ENCODING and one.is_fatal}
    for problem in subject.installed.problems:
        if problem.location.file in unread and problem.code != _ENCODING:
            continue  # lines of a text that was read wrongly
        if problem.code == _ELSEWHERE and problem.location.line == 0 and problem.location.file in named:
            continue
        yield Finding(
            code=problem.code,
            outcome=Outcome.FAILED if problem.is_fatal else Outcome.NOTE,
            message=problem.message,
            location=problem.location,
            remedy=problem.remedy,
            certainty="" if problem.is_fatal else "likely harmless: pip goes on",
            mend=_mend(problem),
        )


def _mend(problem: LineProblem) -> Mend | None:
    """Return the line as it was meant."""
    place = problem.location
    says = f"{place} says {' and '.join(problem.instead)}"
    text = "\n".join(problem.instead)
    return Mend(file=place.file, line=place.line, text=text, says=says) if problem.instead else None
