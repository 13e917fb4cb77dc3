"""What a check ended on → the variables for want of which it did."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.checks.variables import handed_over
from deploy_suite.model.finding import Finding
from deploy_suite.tracing.variables import database_urls, prefixes

_CODE: Final = re.compile(r"^missing-env-var:(?P<name>[A-Za-z_]\w*)$")
_NO_DATABASE: Final = frozenset({"django-database-missing", "django-system-check"})
# Source: https://github.com/redis/redis-py/blob/master/redis/connection.py
_NO_STORE: Final = re.compile(r"Redis URL must specify one of the following schemes")
# pydantic-settings lists all fields that lack a value; other checks list what they gathered from it.
_FIELD: Final = re.compile(r"^(?P<name>[A-Za-z_]\w*)\n\s+(?:Field required|field required)", re.MULTILINE)
_READ: Final = re.compile(environment_reads.CALL)
# `os.getenv("KEY")` is no error by itself; what is made of its None a few frames further on is.
_OPTIONAL: Final = re.compile(environment_reads.WITHOUT_DEFAULT)
_SEVERAL: Final = re.compile(r"\d+ validation errors? for (?P<settings>\w+)")
_NONE: Final = re.compile(r"\b(?:TypeError|AttributeError|ValueError)\b.*\bNone(?:Type)?\b")
_LISTED: Final = re.compile(r"^(?P<names>[A-Za-z_]\w*(?:, [A-Za-z_]\w*)*) must be set\b")
# What projects write themselves: "Missing required environment variables: A_URL, B_KEY and C".
_ENUMERATED: Final = re.compile(
    r"[\"'`]?\b[A-Z][A-Z0-9_]+\b[\"'`]?(?:(?:,| and|, and|;)\s+[\"'`]?\b[A-Z][A-Z0-9_]+\b[\"'`]?)+"
)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]+")


def variable(finding: Finding) -> str:
    """Return the variable that *finding* is about, in capitals as settings classes take it; "" for any other."""
    match = _CODE.match(finding.code)
    return match["name"].upper() if match else ""


def variables(finding: Finding, folder: Path | None) -> tuple[str, ...]:
    """Return all that *finding* complains of, as it complains: a settings class leaves its own prefix out.

    Shape: *folder* holds the sources, None where they are not at hand.
    """
    handed = handed_over.variables(finding, folder) if folder else ()
    return (*_of_exception(finding), *_of_database(finding, folder), *handed)


def _of_exception(finding: Finding) -> tuple[str, ...]:
    """Return the variable and those that the same exception asks for."""
    first = variable(finding)
    if not first:
        return tuple(_passed_on(finding))
    fields = _FIELD.finditer("\n".join(finding.evidence))
    listed = _LISTED.match(finding.message)
    others = [match["name"].upper() for match in fields] + (listed["names"].upper().split(", ") if listed else [])
    return tuple(dict.fromkeys((first, *others, *_enumerated(first, finding))))


def _of_database(finding: Finding, folder: Path | None) -> tuple[str, ...]:
    """Return the variable for want of which Django was given no database, or a client of Redis no address."""
    if folder is None:
        return ()
    name = database_urls.asked(folder) if finding.code in _NO_DATABASE else ""
    if not name and finding.outcome.is_no_pass and any(map(_NO_STORE.search, (finding.message, *finding.evidence))):
        name = database_urls.of_store(folder)
    return (name,) if name else ()


def prefixed(name: str, finding: Finding, folder: Path | None) -> str:
    """Return the variable that *name* is the field of, where the exception is a settings class's own."""
    title = next(filter(None, map(_SEVERAL.search, (finding.message, *finding.evidence))), None)
    return prefixes.variable(name, settings=title["settings"], folder=folder) if title and folder else name


def _enumerated(name: str, finding: Finding) -> Iterator[str]:
    """Yield the names among which the exception lists *name*."""
    for line in (finding.message, *finding.evidence):
        for match in _ENUMERATED.finditer(line):
            names = _NAME.findall(match[0])
            yield from names if name in names and all("_" in one or one == name for one in names) else ()


def given_in_place(name: str, finding: Finding) -> str:
    """Return the variable that the failing call hands over itself for what a library would take from *name*.

    `Client(api_key=os.getenv("OTHER_API_KEY", ""))`: the library, given nothing, complains of its own API_KEY.
    """
    quoted = {match["name"].upper() for line in finding.evidence for match in _READ.finditer(line)}
    kind = name.rpartition("_")[2]
    alike = sorted(one for one in quoted if one.rpartition("_")[2] == kind)
    return alike[0] if len(alike) == 1 and name not in quoted else ""


def _passed_on(finding: Finding) -> Iterator[str]:
    """Yield the variables whose absence was handed on as None, which is what the exception complains of."""
    quoted = "\n".join(finding.evidence)
    if finding.outcome.is_no_pass and _NONE.search(f"{finding.message}\n{quoted}"):
        yield from (match["name"].upper() for match in _OPTIONAL.finditer(quoted))


def about(name: str, evidence: tuple[str, ...]) -> tuple[str, ...]:
    """Return of an exception that lists several fields its head and what it says of this one; else all of it."""
    heads = tuple(line[: found.end()] for line in evidence if (found := _SEVERAL.search(line)))
    own = next((at for at, line in enumerate(evidence) if line.strip().upper() == name), None)
    if not heads:
        return evidence
    return heads[:1] if own is None else (*heads[:1], *evidence[own : own + 2])
