"""Files that the commands name: are they in the commit, executable, with line ends that a shell reads?"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks import line_ends
from deploy_suite.checks.config import absent_files, alembic_files, gunicorn, saying
from deploy_suite.checks.config.calls import Call, Script
from deploy_suite.checks.config.subject import Subject
from deploy_suite.environments import execute_bits
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

_PYTHON: Final = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)?)?")


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield files that commands name and the commit lacks, and scripts that cannot be run as they are."""
    for script in subject.calls.scripts:
        yield from _script(script, subject)
    for call, install in subject.installed.installs:
        for file in install.files:
            yield from absent_files.problems(call, PurePosixPath(file), subject, code="requirements-file-missing")
    for call in subject.calls.calls:
        for path, code in _named(call, subject):
            yield from absent_files.problems(call, path, subject, code=code)


def _named(call: Call, subject: Subject) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield the files that *call* needs, with the cause's name if they are missing."""
    if _PYTHON.fullmatch(call.program):
        word = _python_file(call.words)
        if word and (path := call.path(word)):
            yield path, "command-file-missing"
    elif call.program == "gunicorn" and (config := gunicorn.config_file(call, subject)):
        yield config, "command-file-missing"
    elif call.program == "alembic" and not _is_configured_elsewhere(call, subject):
        config = alembic_files.config_path(call)
        if config is not None:
            yield config, "alembic-config-missing"


def _python_file(words: tuple[str, ...]) -> str:
    """Return the script that Python is given, "" for `-c`, `-m` and nothing."""
    for word in words:
        if not word.startswith("-"):
            return word if word.endswith(".py") else ""
        if word in {"-c", "-m", "-W", "-X", "-"}:
            return ""
    return ""


def _is_configured_elsewhere(call: Call, subject: Subject) -> bool:
    """Whether a variable names the file, or pyproject.toml configures Alembic, as it may since Alembic 1.16."""
    if subject.has_variable("ALEMBIC_CONFIG"):
        return True
    path = call.path("pyproject.toml")
    return path is not None and "[tool.alembic" in (snapshot_files.text(subject.folder, path) or "")


def _script(script: Script, subject: Subject) -> Iterator[Finding]:
    file = snapshot_files.find(subject.folder, script.path)
    if file is None:
        yield from absent_files.problems(script.call, script.path, subject, code="command-file-missing")
        return
    data = snapshot_files.data(subject.folder, script.path) or b""
    if script.is_direct and not snapshot_files.is_executable(file) and not _is_allowed(script, subject):
        yield saying.of_call(
            subject,
            script.call,
            code="entrypoint-not-executable",
            message=f"{script.path} has no execute bit in the commit: Permission denied",
            remedy=f"git update-index --chmod=+x {script.path} && git commit, or call `bash {script.path.name}`",
            certainty="likely: the call stands in a branch that may not be taken"
            if not script.call.always_runs
            else "",
        )
    if b"\r\n" in data:
        yield from _line_ends(script, data, subject)


def _is_allowed(script: Script, subject: Subject) -> bool:
    """Whether an earlier command sets the bit."""
    earlier = itertools.takewhile(lambda call: call is not script.call, subject.calls.calls)
    return execute_bits.are_given_by([call.written for call in earlier], str(script.path))


def _line_ends(script: Script, data: bytes, subject: Subject) -> Iterator[Finding]:
    lines = data.split(b"\n")
    first = next(number for number, line in enumerate(lines, start=1) if line.endswith(b"\r"))
    breaks = script.is_direct and data.startswith(b"#!") and first == 1
    finding = saying.of_call(
        subject,
        script.call,
        code=line_ends.CODE,
        message=line_ends.message(str(script.path)),
        remedy=line_ends.remedy(str(script.path)),
        certainty="" if breaks or script.call.always_runs else "likely: the call may not be reached",
    )
    yield replace(finding, location=Location(str(script.path), first))
