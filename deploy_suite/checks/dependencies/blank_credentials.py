"""A package that refuses an empty token or key → the variable whose absence left it empty."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import surroundings
from deploy_suite.checks.dependencies.rehearsed_import import Raised
from deploy_suite.project import snapshot_files

_REFUSED: Final = re.compile(
    r"(?i)(?:invalid|missing|empty|bad)[ _]?(?:api[ _]?)?(?P<kind>token|key|secret)"
    r"|\b(?P<subject>token|key|secret) (?:is (?:invalid|missing|empty)\b|must contain a colon)"
)
_BLANK: Final = re.compile(environment_reads.WITHOUT_VALUE)


def variables(one: Raised, files: Sequence[str], built: Built) -> tuple[str, ...]:
    """Return the one variable of the refused kind that *files*, the project's own, leave blank where it is not set.

    Of several the one that bears a name of the package: `telegram.error.InvalidToken` is of TELEGRAM_API_TOKEN.
    """
    kind = refused_kind(f"{one.type}: {one.message}")
    if not kind or not one.own_frames or one.frames[-1] == one.own_frames[-1]:
        return ()
    folder = built.case.snapshot.folder
    texts = (snapshot_files.text(folder, PurePosixPath(file)) or "" for file in files)
    found = (match["name"] for text in texts for match in _BLANK.finditer(text))
    read = [name for name in found if is_of(name, kind)]
    if built.bindings.dummies & set(read):  # it is the made-up value that is refused
        return ()
    names = surroundings.without_value(read, built)
    package = one.module.partition(".")[0].upper()
    named = tuple(name for name in names if package and package in name.upper())
    return next((some for some in (named, names) if len(some) == 1), ())


def refused_kind(text: str) -> str:
    """Return TOKEN, KEY or SECRET where *text* says that one is refused, else ""."""
    refused = _REFUSED.search(text)
    return (refused["kind"] or refused["subject"]).upper() if refused else ""


def is_of(name: str, kind: str) -> bool:
    """Whether the variable *name* says that it holds what *kind* names."""
    return name.upper().split("_")[-1] == kind
