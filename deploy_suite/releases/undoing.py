"""Revisions on both sides of a deploy → the commands that bring a database back, and what they cannot bring back."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.migrations.revisions import Stated
from deploy_suite.checks.migrations.tools import Kind, Tool

_UPGRADE: Final = "upgrade"
_BASE: Final = "base"
_ZERO: Final = "zero"


def commands(
    newer: Stated, leads_from: Sequence[str], leads_to: Sequence[str], *, root: PurePosixPath
) -> tuple[str, ...]:
    """Return what takes a database from *leads_to* back to *leads_from*, run with the newer code in *root*.

    Shape: () where nothing is known of the migrations, or there is nothing to undo.
    """
    tool = newer.tool
    if tool is None or tuple(leads_from) == tuple(leads_to):
        return ()
    way = f"cd {shlex.quote(_from(root, tool.folder))} && " if tool.folder != root else ""
    if tool.kind is Kind.DJANGO:
        return tuple(f"{way}{tool.program} migrate {app} {name}" for app, name in _of_django(leads_from, leads_to))
    program = "flask" if tool.kind is Kind.FLASK else "alembic"
    before = tool.argv[: tool.argv.index(_UPGRADE)] if _UPGRADE in tool.argv else ()
    after = _options(tool)
    return tuple(
        f"{way}{shlex.join((program, *before, 'downgrade', *after, revision))}" for revision in leads_from or (_BASE,)
    )


def cautions(older: Stated, newer: Stated) -> tuple[str, ...]:
    """Return what a person should know before going down: the revisions that have no way back, and the rows."""
    if newer.tool is None or newer.tool.kind is Kind.DJANGO:
        return ()
    known = {one.id for one in older.steps}
    without = [one for one in newer.steps if one.id not in known and not one.can_go_back]
    return tuple(f"{one.id} has no way down: write downgrade() in {one.file} first" for one in without)


def _options(tool: Tool) -> tuple[str, ...]:
    """Return the options that stand behind `upgrade`, such as Flask-Migrate's `-d`, without the revision."""
    if _UPGRADE not in tool.argv:
        return ()
    after = tool.argv[tool.argv.index(_UPGRADE) + 1 :]
    return after[:-1] if after and after[-1] == tool.destination else after


def _of_django(leads_from: Sequence[str], leads_to: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each application that moved, with the migration that it was at."""
    before, after = _by_app(leads_from), _by_app(leads_to)
    for app in sorted(after):
        if before.get(app) != after[app]:
            yield app, before.get(app, _ZERO)


def _by_app(ids: Sequence[str]) -> Mapping[str, str]:
    return {one.partition(".")[0]: one.partition(".")[2] for one in ids}


def _from(root: PurePosixPath, folder: PurePosixPath) -> str:
    """Return the way from *root* to *folder*, both relative to the repository."""
    if folder.is_relative_to(root):
        return str(folder.relative_to(root))
    return str(PurePosixPath(*[".."] * len(root.parts)) / folder)
