"""Alembic, called as its command line calls it."""

from __future__ import annotations

import contextlib
import importlib
import io
from typing import Any

from . import engines, source
from .differences import shown
from .target import Target


class AlembicTool:
    """A directory of revisions and the environment that runs them."""

    def __init__(self, job: dict[str, Any], target: Target) -> None:
        """Read the configuration that the command *job*["argv"] would use."""
        engines.guard(target)
        self._target = target
        self._config = _configuration(job["argv"])
        self._script = self._read()

    def surroundings(self) -> Any:
        """Return the context in which commands run: none is needed."""
        return contextlib.ExitStack()

    def describe(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the revisions, oldest first, without changing a database."""
        try:
            revisions = self._revisions()
        except Exception:
            # What env.py does to sys.path and to the variables, the revisions may need: a run loads it before them.
            self._run(lambda current, context: [], dont_mutate=True)
            self._script = self._read()
            revisions = self._revisions()
        return {"revisions": revisions[::-1], "heads": list(self._script.get_heads()), "folder": self._script.dir}

    def upgrade(self, order: dict[str, Any]) -> dict[str, Any]:
        """Upgrade to *order*["to"]."""
        script, revision = self._script, order["to"]
        self._run(lambda current, context: script._upgrade_revs(revision, current), destination_rev=revision)
        return {}

    def downgrade(self, order: dict[str, Any]) -> dict[str, Any]:
        """Downgrade to *order*["to"]."""
        script, revision = self._script, order["to"]
        self._run(lambda current, context: script._downgrade_revs(revision, current), destination_rev=revision)
        return {}

    def drift(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return how the models differ from the database, by Alembic's own comparison."""
        compare = importlib.import_module("alembic.autogenerate").compare_metadata
        found: dict[str, Any] = {"has_models": False, "tables": 0, "differences": []}

        def look(current: Any, context: Any) -> list[Any]:
            metadata = context.opts.get("target_metadata")
            if metadata is not None:
                found["has_models"] = True
                found["tables"] += sum(len(one.tables) for one in _listed(metadata))
                found["differences"] += [shown(each) for each in compare(context, metadata)]
            return []

        self._run(look, dont_mutate=True)
        return found

    def models(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the columns of the models' tables, each with whether it may be NULL; the database is not looked at."""
        found: dict[str, Any] = {"has_models": False, "columns": {}}

        def look(current: Any, context: Any) -> list[Any]:
            for metadata in _listed(context.opts.get("target_metadata")):
                for table in metadata.tables.values():
                    found["has_models"] = True
                    found["columns"][table.fullname] = {one.name: bool(one.nullable) for one in table.columns}
            return []

        self._run(look, dont_mutate=True)
        return found

    def _read(self) -> Any:
        return importlib.import_module("alembic.script").ScriptDirectory.from_config(self._config)

    def _revisions(self) -> list[Any]:
        return [_revision(one) for one in self._script.walk_revisions("base", "heads")]

    def _run(self, migrations: Any, **options: Any) -> None:
        context = importlib.import_module("alembic.runtime.environment").EnvironmentContext
        with context(self._config, self._script, fn=migrations, as_sql=False, **options):
            try:
                self._script.run_env()
            except SystemExit as stop:  # a target looks at the exit code alone
                if stop.code not in (None, 0):
                    raise


def _configuration(argv: list[str]) -> Any:
    """Return the configuration, options such as `-c` and `-x` taken from the command itself."""
    captured: list[Any] = []
    command_line = importlib.import_module("alembic.config").CommandLine(prog="alembic")
    command_line.run_cmd = lambda config, options: captured.append(config)
    command_line.main(argv)
    config = captured[0]
    config.stdout = io.StringIO()
    return config


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _revision(one: Any) -> dict[str, Any]:
    parents = one.down_revision
    return {
        "id": one.revision,
        "parents": _listed(parents),
        "file": one.path,
        "title": one.doc or "",
        "upgrade": source.body(one.path, "upgrade"),
        "downgrade": source.body(one.path, "downgrade"),
    }
