"""Tools that the commands call and the target brings only where a file asks for them."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model.finding import Finding
from deploy_suite.project import snapshot_files


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield the first call of each tool for which the commit lacks the file, and which no command brings before."""
    for tool, sign in subject.contract.tool_signs.items():
        places = {subject.root / sign, PurePosixPath(sign)}
        if any(snapshot_files.find(subject.folder, place) for place in places) or tool in subject.installed.names:
            continue
        call = _first(tool, subject)
        if call is not None:
            yield _finding(tool, sign, call, subject)


def _first(tool: str, subject: Subject) -> Call | None:
    """Return the first call of *tool*; None where there is none, or what comes before it speaks of the tool."""
    for call in subject.calls.calls:
        if posixpath.basename(call.written.program) == tool:
            return call if call.written.program == tool and call.always_runs else None
        if re.search(rf"(?<![\w.-]){re.escape(tool)}(?![\w.-])", call.line):
            return None
    return None


def _finding(tool: str, sign: str, call: Call, subject: Subject) -> Finding:
    return saying.of_call(
        subject,
        call,
        code=f"start-command-not-found:{tool}",
        message=f"{tool} is called, and the commit has no {sign}, by which the target sees that it is wanted",
        remedy=f"commit {sign} beside the manifest of the service, or begin the build command with "
        f"`pip install {tool} && ` in {saying.where(subject, call)}",
        certainty=f"likely: the target documents that it brings {tool} where it finds {sign}, and no other case",
    )
