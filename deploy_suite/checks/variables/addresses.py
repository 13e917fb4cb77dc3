"""An engine that was given no address → the variables that the project takes the address from.

The log alone says only that there was none, and would be read as the usual DATABASE_URL.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.checks.dependencies import config_keys
from deploy_suite.manifests import own_files
from deploy_suite.model.finding import Finding
from deploy_suite.project import snapshot_files
from deploy_suite.tracing import sources

# Source: https://github.com/sqlalchemy/sqlalchemy/blob/main/lib/sqlalchemy/engine/url.py
_KEY: Final = "SQLALCHEMY_DATABASE_URI"
# What Flask-SQLAlchemy says of its configuration, wherever it is asked for.
_NO_KEY: Final = re.compile(rf"Either ['\"]{_KEY}['\"] or ['\"]SQLALCHEMY_BINDS['\"] must be set")
_NO_ADDRESS: Final = re.compile(
    r"Expected string or URL object, got None|Could not parse (?:SQLAlchemy|rfc1738) URL from (?:given URL )?string ''|"
    + _NO_KEY.pattern
)
_ASKING: Final = re.compile(environment_reads.WITHOUT_VALUE)
# A field of a settings class; its variable has the same name in capitals.
_EMPTY: Final = re.compile(r"^\s*(?:Field\(\s*(?:default\s*=\s*)?)?(?:None|''|\"\")\s*(?:[,)]|$)")
_OF_SETTINGS: Final = "BaseSettings"
_PREFIX: Final = "env_prefix"
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_MOST_STEPS: Final = 3


def behind(finding: Finding, folder: Path | None, root: PurePosixPath) -> tuple[str, ...]:
    """Return the variables of the address that *finding* misses, () where it misses none or the sources name none."""
    said = (finding.message, *finding.evidence)
    if folder is None or not finding.outcome.is_no_pass or not any(map(_NO_ADDRESS.search, said)):
        return ()
    place = finding.location
    texts = [snapshot_files.text(folder, file) or "" for file in own_files.python(folder, root)]
    found: tuple[str, ...] = ()
    if place is not None and place.line:
        own = snapshot_files.text(folder, PurePosixPath(place.file)) or ""
        statement = sources.statement(own, place.line)
        found = tuple(_handed_on(statement, [own])) or tuple(_handed_on(statement, [own, *texts]))
    elif not any(map(_NO_KEY.search, said)):
        return ()  # an engine that the project makes, nobody knows in which line
    found = found or tuple(one for one in config_keys.behind(_KEY, texts) if one != _KEY)
    return tuple(dict.fromkeys(one.upper() for one in found))


def _handed_on(statement: str, texts: Sequence[str]) -> Iterator[str]:
    """Yield the variables that *statement* reads, or that gave a name which it uses no value."""
    yield from (match["name"] for match in _ASKING.finditer(statement))
    for one in environment_reads.behind(_WORD.findall(statement), texts, steps=_MOST_STEPS):
        yield from (match["name"] for match in _ASKING.finditer(one.value))
        if _OF_SETTINGS in one.text and _PREFIX not in one.text and _EMPTY.match(one.value):
            yield one.place
