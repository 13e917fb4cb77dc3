"""Arguments in a Dockerfile into words, assignments and expanded values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_HEREDOC: Final = re.compile(r"(?:^|(?<=\s)|(?<=\s\d))<<(?P<dash>-?)(?P<quote>['\"]?)(?P<name>[A-Za-z_]\w*)(?P=quote)")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][\w.-]*=")
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w*")
_MOST_LEVELS: Final = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and its value, None where only the name is given."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class HeredocMark:
    """`<<NAME` in an instruction."""

    name: str
    strips_tabs: bool
    is_literal: bool


def heredoc_marks(text: str) -> Iterator[HeredocMark]:
    """Yield the heredocs that *text* announces."""
    for found in _HEREDOC.finditer(text):
        yield HeredocMark(found["name"], strips_tabs=bool(found["dash"]), is_literal=bool(found["quote"]))


def words(text: str) -> tuple[str, ...]:
    """Return the words of *text* without quotes; what single quotes protect has its `$` escaped."""
    return tuple(_bare(word) for word in _split(text))


def pairs(text: str, *, takes_rest: bool) -> tuple[Pair, ...]:
    """Return the assignments in *text*. Shape: *takes_rest* reads `NAME all the rest` as ENV does in its old form."""
    parts = _split(text)
    if takes_rest and parts and not _ASSIGNMENT.match(parts[0]):
        rest = text.strip().removeprefix(parts[0]).strip()
        return (Pair(parts[0], rest),) if rest else ()
    found = (part.partition("=") for part in parts)
    return tuple(Pair(_bare(name), _bare(value) if equals else None) for name, equals, value in found)


def expanded(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with its variables replaced as the builder does: `$X`, `${X}`, `${X:-y}`, `${X:+y}`, `${X-y}`.

    Source: https://docs.docker.com/reference/dockerfile/#environment-replacement
    """
    return _expanded(text, values, 0)


def _expanded(text: str, values: Mapping[str, str], level: int) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        part, at = _part(text, at, values, level)
        parts.append(part)
    return "".join(parts)


def _part(text: str, at: int, values: Mapping[str, str], level: int) -> tuple[str, int]:
    if text.startswith("\\$", at):
        return "$", at + 2
    if text.startswith("${", at) and level < _MOST_LEVELS:
        end = _closing(text, at + 2)
        return _braced(text[at + 2 : end], values, level), end + 1
    name = _VARIABLE.match(text, at + 1) if text[at] == "$" else None
    if name:
        return values.get(name[0], ""), name.end()
    return text[at], at + 1


def _closing(text: str, at: int) -> int:
    depth = 1
    for place in range(at, len(text)):
        depth += text.startswith("${", place) - (text[place] == "}")
        if depth == 0:
            return place
    return len(text)


def _braced(inner: str, values: Mapping[str, str], level: int) -> str:
    name = _VARIABLE.match(inner)
    if name is None:
        return ""
    rest = inner[name.end() :]
    counts_empty = rest.startswith(":")
    sign, word = rest.removeprefix(":")[:1], rest.removeprefix(":")[1:]
    value = values.get(name[0])
    is_set = bool(value) if counts_empty else value is not None
    if sign == "-":
        return value or "" if is_set else _expanded(word, values, level + 1)
    if sign == "+":
        return _expanded(word, values, level + 1) if is_set else ""
    return value or ""


def _split(text: str) -> list[str]:
    """Return the words of *text* with their quotes; a `#` is a character like any other."""
    found: list[str] = []
    word, quote, at = "", "", 0
    while at < len(text):
        character = text[at]
        if character == "\\" and quote != "'" and at + 1 < len(text):
            word += text[at : at + 2]
            at += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            found += [word] if word else []
            word, at = "", at + 1
            continue
        word, at = word + character, at + 1
    return [*found, word] if word else found


def _bare(word: str) -> str:
    parts: list[str] = []
    quote, at = "", 0
    while at < len(word):
        character = word[at]
        if character == "\\" and quote != "'" and at + 1 < len(word):
            following = word[at + 1]
            parts.append(following if following != "$" and (not quote or following in '"\\') else f"\\{following}")
            at += 2
            continue
        if character == quote or (not quote and character in "'\""):
            quote = "" if quote else character
        else:
            parts.append("\\$" if character == "$" and quote == "'" else character)
        at += 1
    return "".join(parts)
