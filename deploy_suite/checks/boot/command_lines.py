"""The line of the start command, or of a script or settings that it runs with, that a program refuses."""

from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.config import calls
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

OPTION_UNKNOWN: Final = "command-option-unknown"
_LOG_FOLDER: Final = "log-folder-missing"
_SETTINGS: Final = "gunicorn.conf.py"  # which gunicorn reads unasked


def of_option(stage: Stage, root: DiagnosedCause | None) -> Location | None:
    """Return the line that gives a program the option which it does not know; None where no line shows it."""
    if root is None or root.family != OPTION_UNKNOWN:
        return None
    program, option = root.values.get("program", "").partition(" ")[0], root.values.get("option", "")
    started = calls.read(stage.contract, stage.built.case.snapshot.folder).of(calls.Step.START)
    given = (call for call in started if call.program == program and _has(call, option))
    return next((call.location for call in given), None)


def of_log_file(stage: Stage, root: DiagnosedCause | None) -> Location | None:
    """Return the line that names the log file whose folder is not there; None where no line shows it."""
    if root is None or root.family != _LOG_FOLDER:
        return None
    path, folder = root.values.get("path", ""), stage.built.case.snapshot.folder
    started = calls.read(stage.contract, folder).of(calls.Step.START)
    if given := next((call for call in started if any(word.endswith(path) for word in call.words)), None):
        return given.location
    files = dict.fromkeys(file for call in started for word in (*call.words, _SETTINGS) if (file := call.path(word)))
    return next(filter(None, (_line_with(path, file, folder) for file in files if file.suffix == ".py")), None)


def _line_with(text: str, file: PurePosixPath, folder: Path) -> Location | None:
    lines = (snapshot_files.text(folder, file) or "").splitlines()
    return next((Location(str(file), number) for number, line in enumerate(lines, 1) if text in line), None)


def _has(call: calls.Call, option: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in call.words)
