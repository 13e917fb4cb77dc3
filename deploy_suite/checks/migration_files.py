"""What Django says of its migrations in a text → the line of the migration that it speaks of, which no frame shows."""

import re
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.manifests import own_files
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

# Source: https://github.com/django/django/blob/main/django/db/migrations/graph.py
_NO_PARENT: Final = re.compile(
    r"Migration (?P<app>\w+)\.(?P<name>\w+) dependencies reference nonexistent parent node "
    r"\('(?P<of>\w+)', '(?P<parent>[^'\n]+)'\)"
)
# Source: https://github.com/django/django/blob/main/django/core/management/commands/migrate.py
_CONFLICT: Final = re.compile(
    r"multiple leaf nodes in the migration graph: \((?:[^;\n)]{1,600}, )?(?P<name>\w+) in (?P<app>\w+)"
)
_APPLYING: Final = re.compile(r"^ *Applying (?P<app>\w+)\.(?P<name>\w+)\.\.\.", re.MULTILINE)
_APPLIED: Final = re.compile(r"^(?:\.\.\.)? OK\b", re.MULTILINE)


def place(text: str, case: Case) -> Location | None:
    """Return the line of the migration that *text* says cannot be taken, None for one that is not the project's."""
    if lacking := _NO_PARENT.search(text):
        return of(lacking["app"], lacking["name"], case, names=(lacking["parent"], lacking["of"]))
    broken = _CONFLICT.search(text) or _unfinished(text)
    return of(broken["app"], broken["name"], case) if broken else None


def _unfinished(text: str) -> re.Match[str] | None:
    """Return the last migration that *text* begins to apply, None where it goes well."""
    last = next(reversed(list(_APPLYING.finditer(text))), None)
    return None if last is None or _APPLIED.search(text[last.end() - 3 :]) else last


def of(app: str, name: str, case: Case, *, names: tuple[str, ...] = ()) -> Location | None:
    """Return the line with all *names*, or the file where there are none, of the one migration called so."""
    wanted = (app, "migrations", f"{name}.py")
    folder, root = case.snapshot.folder, case.contract.root
    files = [one for one in own_files.python(folder, root) if one.parts[-len(wanted) :] == wanted]
    if len(files) != 1:
        return None
    lines = (snapshot_files.text(folder, files[0]) or "").splitlines() if names else []
    asking = (number for number, line in enumerate(lines, 1) if all(one in line for one in names))
    return Location(files[0].as_posix(), next(asking, 0))
