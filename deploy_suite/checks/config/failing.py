"""A call and the commands around it → whether its failure ends the step that it belongs to."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from deploy_suite.checks.config import binding
from deploy_suite.checks.config.calls import Call, Calls
from deploy_suite.manifests import shell_wrappers

_MOST_LEVELS: Final = 5


def ends_the_step(call: Call, calls: Calls) -> bool:
    """Whether a failure of *call* is the step's own; what cannot be told is taken for one."""
    return _passed_at(call, calls, _MOST_LEVELS) is None


def is_let_pass(call: Call, calls: Calls) -> bool:
    """Whether the commands get over a failure of *call* on purpose, and not only because nothing stops them."""
    at = _passed_at(call, calls, _MOST_LEVELS)
    if at is None:
        return False
    one, following = at
    return one.written.is_condition or joined(one, following, "&&", "|")[-1].written.after in {"||", "&"}


def joined(call: Call, following: Sequence[Call], *operators: str) -> tuple[Call, ...]:
    """Return *call* and those of *following* that any of *operators* joins to it."""
    return (call, *takewhile(lambda each: each.written.before in operators, following))


def _passed_at(call: Call, calls: Calls, levels: int) -> tuple[Call, Sequence[Call]] | None:
    """Return the call, of *call* and those of the scripts around it, whose failure is passed over, and what follows."""
    places = ((text, at) for text in calls.texts for at, one in enumerate(text) if one is call)
    text, at = next(places, ((), 0))
    if not text or not levels:
        return None
    if not ends_its_text(call, text[at + 1 :], calls):
        return call, text[at + 1 :]
    holder = next((one.call for one in calls.scripts if one.path == call.script and one.call.step is call.step), None)
    return _passed_at(holder, calls, levels - 1) if holder is not None else None


def ends_its_text(call: Call, following: Sequence[Call], calls: Calls) -> bool:
    """Whether a failure of *call* is that of the text it stands in; without the server after `&&` no service starts."""
    if call.written.ends_text:
        return True
    if call.written.after == ";" and not call.written.is_condition and stops_by_call(call, calls):
        return True
    return any(map(binding.is_server, joined(call, following, "&&")[1:]))


def ends(call: Call) -> bool:
    """Whether *call*, as an alternative, makes the step fail after all."""
    return call.program == "false" or (call.program in {"exit", "return"} and call.words[:1] != ("0",))


def stops_by_call(call: Call, calls: Calls) -> bool:
    """Whether the script that holds *call* is run by `bash -e`."""
    script = next((one for one in calls.scripts if one.path == call.script), None)
    words = script.call.command.words if script else ()
    return shell_wrappers.is_shell(words) and "e" in shell_wrappers.shell_flags(words)[0]
