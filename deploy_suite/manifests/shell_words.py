"""The source of a shell word into the text that the program is given, variables left as written."""

import re
from typing import Final

_ESCAPED_IN_QUOTES: Final = frozenset('"\\$`')
_CLOSERS: Final = {"${": "}", "$(": ")"}
_ANSI_ESCAPE: Final = re.compile(r"\\(?:x(?P<hex>[0-9a-fA-F]{1,2})|(?P<octal>[0-7]{1,3})|(?P<letter>.))", re.DOTALL)
_ANSI_LETTERS: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "E": "\x1b",
}


def unquoted(source: str) -> str:
    """Return *source* without quotes, escapes and line continuations.

    Expansions (`$X`, `${X:-y}`, `$(…)`, backticks) stay as written, and so does what single quotes protect.
    """
    parts: list[str] = []
    at = 0
    while at < len(source):
        part, at = _part(source, at)
        parts.append(part)
    return "".join(parts)


def _part(source: str, at: int) -> tuple[str, int]:
    if source.startswith("$'", at):
        end = _ansi_end(source, at + 2)
        return _ansi(source[at + 2 : end]), end + 1
    if source.startswith('$"', at):
        return _double_quoted(source, at + 2)
    if source[at : at + 2] in _CLOSERS or source[at] == "`":
        end = _expansion_end(source, at)
        return source[at:end], end
    match source[at]:
        case "'":
            end = source.find("'", at + 1)
            end = len(source) if end < 0 else end
            return source[at + 1 : end], end + 1
        case '"':
            return _double_quoted(source, at + 1)
        case "\\":
            return _escaped(source, at)
        case character:
            return character, at + 1


def _escaped(source: str, at: int) -> tuple[str, int]:
    following = source[at + 1 : at + 2]
    return ("" if following == "\n" else following), at + 2


def _double_quoted(source: str, at: int) -> tuple[str, int]:
    """Return the text between *at* and the closing quote, and the place after that quote."""
    parts: list[str] = []
    while at < len(source) and source[at] != '"':
        following = source[at + 1 : at + 2]
        if source[at] == "\\" and (following in _ESCAPED_IN_QUOTES or following == "\n"):
            part, at = _escaped(source, at)
        elif source[at : at + 2] in _CLOSERS or source[at] == "`":
            end = _expansion_end(source, at)
            part, at = source[at:end], end
        else:
            part, at = source[at], at + 1
        parts.append(part)
    return "".join(parts), at + 1


def _expansion_end(source: str, at: int) -> int:
    """Return the place after the expansion that starts at *at*; expansions within it are counted, quotes skipped."""
    if source[at] == "`":
        end = source.find("`", at + 1)
        return len(source) if end < 0 else end + 1
    opener, closer = source[at + 1], _CLOSERS[source[at : at + 2]]
    depth, place = 1, at + 2
    while place < len(source) and depth:
        if source[place] == "\\":
            place += 1
        elif source[place] == "'" and opener == "(":
            place = max(source.find("'", place + 1), place)
        depth += (source[place : place + 1] == opener) - (source[place : place + 1] == closer)
        place += 1
    return min(place, len(source))


def _ansi_end(source: str, at: int) -> int:
    while at < len(source) and source[at] != "'":
        at += 2 if source[at] == "\\" else 1
    return min(at, len(source))


def _ansi(text: str) -> str:
    def meaning(match: re.Match[str]) -> str:
        if match["hex"]:
            return chr(int(match["hex"], 16))
        if match["octal"]:
            return chr(int(match["octal"], 8))
        return _ANSI_LETTERS.get(match["letter"], match["letter"])

    return _ANSI_ESCAPE.sub(meaning, text)
