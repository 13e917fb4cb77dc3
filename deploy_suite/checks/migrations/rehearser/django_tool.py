"""Django's migrations, called as `manage.py migrate` calls them."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import runpy
import sys
from collections.abc import Iterator
from typing import Any

from .errors import RefusedError
from .target import Target

_ALIAS = "default"


class DjangoTool:
    """The migrations of all installed applications."""

    def __init__(self, job: dict[str, Any], target: Target) -> None:
        """Set Django up as the project's own manage.py does."""
        self._target = target
        self._folders = job["folders"]
        self._manage(job)
        importlib.import_module("django").setup()
        self._connection = importlib.import_module("django.db").connections[_ALIAS]
        self._settings = dict(self._connection.settings_dict)
        self._migrations = importlib.import_module("django.db.migrations.executor")
        self._executor: Any = None
        self._state: Any = None

    def surroundings(self) -> Any:
        """Return the context in which commands run: connected to the target, each statement recorded."""
        self._point()
        if hasattr(self._connection, "execute_wrapper"):
            return self._connection.execute_wrapper(self._recorded)
        return contextlib.ExitStack()

    def describe(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the migrations in the order of a first run, without touching a database."""
        loader = importlib.import_module("django.db.migrations.loader").MigrationLoader(None)
        nodes: list[Any] = []
        for leaf in loader.graph.leaf_nodes():
            nodes += [node for node in loader.graph.forwards_plan(leaf) if node not in nodes]
        conflicts = {app: sorted(names) for app, names in loader.detect_conflicts().items()}
        return {"revisions": [self._revision(loader, node) for node in nodes], "conflicts": conflicts}

    def left(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the migrations that runs of `migrate APP [NAME]` for each of *order*["named"] leave out."""
        loader = importlib.import_module("django.db.migrations.loader").MigrationLoader(None)
        graph = loader.graph
        reached: set[tuple[str, str]] = set()
        for app, *name in order["named"]:
            if not name:
                ends = graph.leaf_nodes(app)
            else:
                ends = [(app, loader.get_migration_by_prefix(app, name[0]).name)] if name[0] != "zero" else []
            reached.update(node for end in ends for node in graph.forwards_plan(end))
        every = (node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf))
        return {"left": [".".join(node) for node in dict.fromkeys(every) if node not in reached]}

    def upgrade(self, order: dict[str, Any]) -> dict[str, Any]:
        """Run the command migrate; *order*["options"] are its own."""
        command = importlib.import_module("django.core.management").call_command
        command("migrate", interactive=False, verbosity=0, skip_checks=False, stdout=io.StringIO(), **order["options"])
        return {}

    def step(self, order: dict[str, Any]) -> dict[str, Any]:
        """Apply the one migration *order*["to"], those that it builds on being there."""
        app, _, name = order["to"].partition(".")
        if order.get("first") or self._executor is None:
            self._executor = self._migrations.MigrationExecutor(self._connection)
            self._executor.recorder.ensure_schema()
            self._state = self._executor._create_project_state(with_applied_migrations=True)
        migration = self._executor.loader.graph.nodes[app, name]
        if not order.get("again"):
            self._state.apps  # noqa: B018  rendering all models once is quicker than once for each operation
        self._state = self._executor.apply_migration(self._state.clone(), migration)
        return {}

    def drift(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the migrations that makemigrations would write for the project's own applications."""
        labels = [label for label in self._own_labels() if label]
        said = io.StringIO()
        found: dict[str, Any] = {"has_models": bool(labels), "tables": len(labels), "differences": []}
        if not labels:
            return found
        command = importlib.import_module("django.core.management").call_command
        try:
            command("makemigrations", *labels, check_changes=True, dry_run=True, interactive=False, stdout=said)
        except SystemExit as stop:
            if not stop.code:
                return found
            found["differences"] = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
        return found

    def models(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the columns of all models' tables, each with whether it may be NULL."""
        models = importlib.import_module("django.apps").apps.get_models(include_auto_created=True)
        tables = {one._meta.db_table: one._meta.concrete_fields for one in models if one._meta.managed}
        columns = {name: {field.column: bool(field.null) for field in fields} for name, fields in tables.items()}
        return {"has_models": bool(columns), "columns": columns}

    def _manage(self, job: dict[str, Any]) -> None:
        settings = job.get("settings")
        if settings:
            os.environ["DJANGO_SETTINGS_MODULE"] = settings
        if not job.get("manage"):
            return
        management: Any = importlib.import_module("django.core.management")
        original = management.execute_from_command_line
        management.execute_from_command_line = lambda argv=None: None
        try:
            runpy.run_path(job["manage"], run_name="__main__")
        finally:
            management.execute_from_command_line = original

    def _point(self) -> None:
        """Lead the connection to the target. Raises: RefusedError."""
        given, connection = self._settings, self._connection
        vendor = connection.vendor
        if vendor == "sqlite":
            connection.close()
            connection.settings_dict["NAME"] = self._target.admitted_file(str(given["NAME"]))
            return
        if vendor != "postgresql":
            raise RefusedError(vendor, given.get("HOST", ""), given.get("PORT") or 0, given.get("NAME", ""))
        self._target.admit(vendor, given.get("HOST"), given.get("PORT"), given.get("NAME"))
        if self._target.database:
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()
            chosen = self._target.database
            connection.settings_dict.update(NAME=chosen["name"], USER=chosen["user"], PASSWORD=chosen["password"])

    def _recorded(self, execute: Any, sql: Any, *rest: Any) -> Any:
        self._target.statements.append(sql if isinstance(sql, str) else "")
        return execute(sql, *rest)

    def _revision(self, loader: Any, node: Any) -> dict[str, Any]:
        migration = loader.graph.nodes[node]
        return {
            "id": ".".join(node),
            "parents": [".".join(parent) for parent in getattr(migration, "dependencies", ())],
            "file": getattr(sys.modules.get(type(migration).__module__), "__file__", "") or "",
            "title": node[1],
            "upgrade": "present" if migration.operations else "empty",
            "downgrade": "present" if all(one.reversible for one in migration.operations) else "refuses",
        }

    def _own_labels(self) -> Iterator[str]:
        roots = [os.path.realpath(folder) + os.sep for folder in self._folders]
        for config in importlib.import_module("django.apps").apps.get_app_configs():
            path = os.path.realpath(config.path)
            is_own = any(path.startswith(root) for root in roots) and "site-packages" not in path
            if is_own and config.models_module is not None:
                yield config.label
