""".python-version and runtime.txt text into the Python that they ask for."""

import re
from dataclasses import dataclass
from typing import Final

from deploy_suite.model.location import Location

_VERSION: Final = re.compile(
    r"(?:c?python[-@]?)?(?P<version>\d+(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)(?P<build>t|-dev|/envs/\S+)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonVersion:
    """The Python that a file asks for.

    Shape: `version` is "3.12.4", "3.12" or "3"; "" where `text` is no version of CPython (a name of pyenv-virtualenv,
    PyPy, a range). `text` is the entry as written. `others` are further entries, which pyenv offers beside the first.
    """

    version: str
    text: str
    location: Location
    others: tuple[str, ...] = ()


def parse(text: str, *, file: str) -> PythonVersion | None:
    """Return the first entry of a `.python-version` or `runtime.txt`, None when it has none.

    Blank lines and `#` comments are skipped, several words on a line are several entries, "python-3.12.1",
    "cpython@3.12" and "3.12.1/envs/name" are read as the versions they name.
    Source: https://github.com/pyenv/pyenv/blob/master/libexec/pyenv-version-file-read
    """
    entries = [
        (word, number)
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
        for word in line.partition("#")[0].split()
    ]
    if not entries:
        return None
    (first, number), *others = entries
    return PythonVersion(
        version=version_in(first),
        text=first,
        location=Location(file, number),
        others=tuple(word for word, _ in others),
    )


def version_in(entry: str) -> str:
    """Return the version that *entry* names, "" when it names none of CPython."""
    match = _VERSION.fullmatch(entry.strip())
    return match["version"] if match else ""
