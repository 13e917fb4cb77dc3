""".env text into variables."""

import re
from collections.abc import Mapping
from typing import Final

from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model.location import Location

_LINE: Final = re.compile(
    r"""
    [^\S\n]*(?:export[^\S\n]+)?
    (?P<name>[A-Za-z_][\w.-]*)[^\S\n]*=[^\S\n]*
    (?:
        '(?P<single>(?:\\.|[^'\\])*)'
      | "(?P<double>(?:\\.|[^"\\])*)"
      | `(?P<back>[^`]*)`
      | (?P<plain>[^\n]*)
    )
    (?P<rest>[^\n]*)(?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")
_BARE: Final = re.compile(r"[^\S\n]*(?:export[^\S\n]+)?[A-Za-z_][\w.-]*[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")
_AFTER_QUOTE: Final = re.compile(r"\s*(?:\#.*)?")
_COMMENT: Final = re.compile(r"(?:^|\s+)#.*$")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_REFERENCE: Final = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")


def parse(text: str, *, file: str = ".env.preflight") -> Mapping[str, str]:
    """Return the variables in *text*: `NAME=value`, `export NAME=value`, quotes, comments, several lines in quotes.

    `${NAME}` and `${NAME:-default}` take the values of earlier lines, outside of single quotes; a name that no line
    sets stays as written, so that nothing of the caller's own environment gets in. A name without `=` sets nothing.
    Raises: ManifestError for the first line that cannot be read; its text is not quoted, since it may hold a secret.
    Source: https://github.com/theskumar/python-dotenv (its rules for quotes, escapes and comments)
    """
    source = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(source):
        if skipped := _BLANK.match(source, at) or _BARE.match(source, at):
            at = skipped.end()
            continue
        match = _LINE.match(source, at)
        if match is None or not _is_complete(match):
            raise _unreadable(source, at, file)
        found[match["name"]] = _value(match, found)
        at = match.end()
    return found


def _is_complete(match: re.Match[str]) -> bool:
    if match["plain"] is not None:
        return not match["plain"].startswith(("'", '"'))
    return _AFTER_QUOTE.fullmatch(match["rest"]) is not None


def _value(match: re.Match[str], found: Mapping[str, str]) -> str:
    if match["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", match["single"])
    if match["double"] is not None:
        return _expanded(_ESCAPE.sub(_meaning, match["double"]), found)
    if match["back"] is not None:
        return match["back"]
    return _expanded(_COMMENT.sub("", match["plain"]).strip(), found)


def _meaning(match: re.Match[str]) -> str:
    character = match[1]
    return _LETTERS.get(character, character if character in "\"'\\$`" else match[0])


def _expanded(value: str, found: Mapping[str, str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        default = match["default"]
        return found.get(match["name"], match[0] if default is None else default)

    return _REFERENCE.sub(replacement, value)


def _unreadable(source: str, at: int, file: str) -> ManifestError:
    line = source.count("\n", 0, at) + 1
    return ManifestError(
        "the line is no NAME=value, or a quote in it is not closed",
        Location(file, line),
        remedy=f"write line {line} of {file} as NAME=value, in quotes if the value holds spaces or '#'",
    )
