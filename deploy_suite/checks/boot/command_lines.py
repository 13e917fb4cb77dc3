"""The line of the start command, or of a script that it runs, at which a program refuses one of its words."""

from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.config import calls
from deploy_suite.knowledge.diagnosis import DiagnosedCause
from deploy_suite.model.location import Location

OPTION_UNKNOWN: Final = "command-option-unknown"


def of_option(stage: Stage, root: DiagnosedCause | None) -> Location | None:
    """Return the line that gives a program the option which it does not know; None where no line shows it."""
    if root is None or root.family != OPTION_UNKNOWN:
        return None
    program, option = root.values.get("program", "").partition(" ")[0], root.values.get("option", "")
    started = calls.read(stage.contract, stage.built.case.snapshot.folder).of(calls.Step.START)
    given = (call for call in started if call.program == program and _has(call, option))
    return next((call.location for call in given), None)


def _has(call: calls.Call, option: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in call.words)
