"""The line of Django's settings that a cause is about, where no traceback leads to it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.manifests import own_files
from deploy_suite.model.contract import Literal
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing import django_settings

# Django finds the fault when it uses the setting, and then no line of the project's is on the way.
_SETTINGS: Final[Mapping[str, str]] = {"django-database-missing": "DATABASES"}


def of_cause(slug: str, case: Case) -> Location | None:
    """Return the last line that gives the setting which *slug* is about; None where it is about none, or files differ.

    Shape: of several files with such a line the one counts that manage.py or the server's entry names.
    """
    name = _SETTINGS.get(slug, "")
    places = dict(_lines(name, case)) if name else {}
    if len(places) > 1:
        chosen = set(_chosen(case))
        places = {file: line for file, line in places.items() if ".".join(file.with_suffix("").parts) in chosen}
    return next((Location(file.as_posix(), line) for file, line in places.items()), None) if len(places) == 1 else None


def _lines(name: str, case: Case) -> Iterator[tuple[PurePosixPath, int]]:
    given = re.compile(rf"^{name}\b(?:\[[^\]]*\])?(?:\s*:[^=\n]*)?\s*=(?!=)", re.MULTILINE)
    for file in own_files.settings(case.snapshot.folder, case.contract.root):
        text = snapshot_files.text(case.snapshot.folder, file) or ""
        last = next(reversed(list(given.finditer(text))), None)
        if last:
            yield file, text.count("\n", 0, last.start()) + 1


def _chosen(case: Case) -> Iterator[str]:
    """Yield the settings' module, as a path from the top, that the contract's variables or else manage.py name."""
    stated = case.contract.variable("DJANGO_SETTINGS_MODULE")
    data = snapshot_files.data(case.snapshot.folder, case.contract.root / "manage.py") or b""
    source = stated.source if stated else None
    name = source.value.revealed() if isinstance(source, Literal) else django_settings.named_in(data)[0]
    yield ".".join((*case.contract.root.parts, *name.split(".")))
