"""The test of a shell `if` into true, false or unknown, with the variables that are known."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_VARIABLE: Final = re.compile(r"\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::?[-=](?P<default>[^}]*))?\})")
_UNARY: Final = 2
_BINARY: Final = 3


def value(words: Sequence[str], variables: Mapping[str, str]) -> bool | None:
    """Return what `[ … ]`, `[[ … ]]` or `test …` is, None where unclear; unknown variables count as unset."""
    if not words or words[0] not in {"[", "[[", "test"}:
        return None
    inner = list(words[1:] if words[0] == "test" else words[1:-1])
    if inner[:1] == ["!"]:
        told = value(["test", *inner[1:]], variables)
        return None if told is None else not told
    if any("`" in word or "$(" in word for word in inner):
        return None
    told_words = [_filled(word, variables) for word in inner]
    if len(told_words) == 1:
        return told_words[0] != ""
    if len(told_words) == _UNARY and told_words[0] in {"-n", "-z"}:
        return (told_words[1] != "") == (told_words[0] == "-n")
    if len(told_words) == _BINARY and told_words[1] in {"=", "==", "!=", "-eq", "-ne"}:
        return (told_words[0] == told_words[2]) == (told_words[1] in {"=", "==", "-eq"})
    return None


def _filled(word: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: variables.get(match["plain"] or match["name"], match["default"] or ""), word)
