"""Words of commands with variables in them into the text that the program gets."""

import re
from typing import Final

from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject

_VARIABLE: Final = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::?(?P<sign>[-=])(?P<default>[^}]*))?\})")


def expanded(word: str, call: Call, subject: Subject) -> str | None:
    """Return *word* with its variables replaced, None where one is unknown."""
    unknown = _assigned(subject)
    own = dict(call.command.assignments)
    pieces: list[str] = []
    at = 0
    for match in _VARIABLE.finditer(word):
        name = match["plain"] or match["name"]
        value = None if name in unknown and name not in own else subject.literal(name)
        if value is None and not subject.has_variable(name) and name not in unknown and match["sign"]:
            value = match["default"]
        if value is None:
            return None
        pieces += [word[at : match.start()], value or (match["default"] if match["sign"] else "")]
        at = match.end()
    rest = "".join((*pieces, word[at:]))
    return None if "$" in rest or "`" in rest else rest


def has_variable(word: str) -> bool:
    """Whether *word* holds a variable, so that its value is no literal of the project."""
    return "$" in word or "`" in word


def _assigned(subject: Subject) -> frozenset[str]:
    """Return the variables that the commands set themselves."""
    return frozenset(name for call in subject.calls.calls for name, _ in call.written.assignments)
