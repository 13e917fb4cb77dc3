"""A call and the commands around it → whether its failure ends the step that it belongs to."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.checks.config.calls import Call, Calls
from deploy_suite.checks.config.subject import Subject
from deploy_suite.manifests import shell_wrappers
from deploy_suite.project import snapshot_files

_AHEAD: Final = 4
_MOST_LEVELS: Final = 5
_ON: Final = frozenset({"&&", "|"})


def ends_the_step(call: Call, subject: Subject, *, levels: int = _MOST_LEVELS) -> bool:
    """Whether a failure of *call* is the step's own; what cannot be told is taken for one.

    `set -e` passes over all but the last call of a list.
    Source: https://www.gnu.org/software/bash/manual/bash.html#The-Set-Builtin
    """
    text = [one for one in subject.calls.calls if (one.step, one.script) == (call.step, call.script)]
    at = next((at for at, one in enumerate(text) if one is call), None)
    if at is None or not levels:
        return True
    if call.written.is_condition or not _ends_its_text(text, at, subject):
        return False
    holder = next(
        (one.call for one in subject.calls.scripts if one.path == call.script and one.call.step is call.step), None
    )
    return holder is None or ends_the_step(holder, subject, levels=levels - 1)


def _ends_its_text(text: Sequence[Call], at: int, subject: Subject) -> bool:
    call, end = text[at], at
    if text[end].written.after == "|" and not any("pipefail" in one.words for one in text[:at]):
        return False
    while text[end].written.after in _ON and end + 1 < len(text):
        end += 1
    match text[end].written.after:
        case ";":
            return (
                (call.written.stops_at_errors and end == at)
                or stops_by_call(call, subject.calls)
                or handles_errors(call, subject)
                or is_checked(text[end + 1 : end + 2])
            )
        case "||":
            return any(map(ends, text[end + 1 : end + 1 + _AHEAD]))
        case "&":
            return False
        case _:
            return True


def ends(call: Call) -> bool:
    """Whether *call*, as an alternative, makes the step fail after all."""
    return call.program == "false" or (call.program in {"exit", "return"} and call.words[:1] != ("0",))


def is_checked(following: Sequence[Call]) -> bool:
    """Whether the next command looks at the exit code."""
    return bool(following) and "$?" in following[0].line


def stops_by_call(call: Call, calls: Calls) -> bool:
    """Whether the script that holds *call* is run by `bash -e`."""
    script = next((one for one in calls.scripts if one.path == call.script), None)
    words = script.call.command.words if script else ()
    return shell_wrappers.is_shell(words) and "e" in shell_wrappers.shell_flags(words)[0]


def handles_errors(call: Call, subject: Subject) -> bool:
    """Whether the script sets a trap for errors."""
    text = snapshot_files.text(subject.folder, call.script) if call.script else None
    return text is not None and "trap " in text and "ERR" in text
