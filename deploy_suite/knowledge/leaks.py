"""Lines that are about to become public → the secrets in them, told by their form; and how large a file may be."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Final

from deploy_suite.knowledge.secret_forms import SECRET_NAME
from deploy_suite.model.push import AddedLine

# What two much used scanners take as "this is none": https://github.com/gitleaks/gitleaks#gitleaksallow and
# https://github.com/Yelp/detect-secrets#inline-allowlisting
_ALLOWED: Final = re.compile(r"gitleaks:allow|pragma: ?(?:allow|white)list secret")
_MADE_UP: Final = re.compile(
    r"example|sample|dummy|fake|placeholder|your|redacted|xxxx|0000000|1234567|abcdefg|\*\*\*|\.\.\.|<|\$\{",
    re.IGNORECASE,
)
_FEWEST_CHARACTERS: Final = 9  # of different kinds: "AKIAAAAAAAAAAAAAAAAA" is none
_PRIVATE_KEY: Final = "a private key"
_KEY_LINE: Final = re.compile(r"^[\s\"'+]*[A-Za-z0-9+/]{40,}")
_KEY_IN_LINE: Final = re.compile(r"KEY(?: BLOCK)?-----(?:\\n|\s)*[A-Za-z0-9+/]{40,}")
_MOST_KEY_HEADERS: Final = 4  # "Proc-Type", "DEK-Info", a blank line
_ENV_FILE: Final = re.compile(r"\.env(?:\.(?!example|sample|template|dist|defaults?|test|ci)[\w-]+)?$", re.IGNORECASE)
_ASSIGNED: Final = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*[\"']?(?P<value>[^\s\"'#]+)")
_NO_VALUE: Final = re.compile(
    r"(?:change|replace|test|dev|none|null|true|false|secret|password|key|token|todo)", re.IGNORECASE
)
_SHORTEST: Final = 12


@dataclass(frozen=True, slots=True)
class Limit:
    """How large a file a host takes."""

    most_bytes: int
    warns_bytes: int


@dataclass(frozen=True, slots=True)
class _Known:
    forms: tuple[tuple[str, re.Pattern[str]], ...]
    limits: Mapping[str, Limit]


def leaks(lines: Iterable[AddedLine]) -> Iterator[tuple[AddedLine, str]]:
    """Yield the lines that give a secret away, each with what it is, in words and without the value.

    The heading of a private key counts where a key follows it: code that reads keys holds the heading alone.
    """
    heading: AddedLine | None = None
    for line in lines:
        if heading is not None and (line.path, line.commit) != (heading.path, heading.commit):
            heading = None
        if heading is not None and _KEY_LINE.search(line.text):
            yield heading, _PRIVATE_KEY
            heading = None
        if heading is not None and line.line - heading.line > _MOST_KEY_HEADERS:
            heading = None
        what = _leak(line.path, line.text)
        if what != _PRIVATE_KEY or _KEY_IN_LINE.search(line.text):
            if what:
                yield line, what
        else:
            heading = line


def _leak(path: str, text: str) -> str:
    if _ALLOWED.search(text):
        return ""
    for name, pattern in _known().forms:
        found = pattern.search(text)
        if found and (name == _PRIVATE_KEY or _looks_real(found[0])):
            return name
    return _assigned(text) if _ENV_FILE.fullmatch(PurePosixPath(path).name) else ""


def limit_of(host: str) -> Limit | None:
    """Return how large a file *host* takes, None where that is not known."""
    return _known().limits.get(host)


def _looks_real(value: str) -> bool:
    return not _MADE_UP.search(value) and len(set(value)) >= _FEWEST_CHARACTERS


def _assigned(text: str) -> str:
    found = _ASSIGNED.match(text)
    if found is None or not SECRET_NAME.search(found["name"]) or len(found["value"]) < _SHORTEST:
        return ""
    made_up = _MADE_UP.search(found["value"]) or _NO_VALUE.match(found["value"])
    return "" if made_up else f"the value of {found['name']}"


@cache
def _known() -> _Known:
    table: dict[str, Any] = tomllib.loads(files(__package__).joinpath("leaks.toml").read_text(encoding="utf-8"))
    return _Known(
        forms=tuple((row["name"], re.compile(row["pattern"])) for row in table["form"]),
        limits={row["host"]: Limit(row["most_bytes"], row["warns_bytes"]) for row in table["limit"]},
    )
