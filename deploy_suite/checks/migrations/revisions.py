"""Which revisions a commit brings its database to: read from its files where that is sure, else from a database."""

import ast
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.config import calls as command_calls
from deploy_suite.checks.config import migrating
from deploy_suite.checks.migrations import tools
from deploy_suite.checks.migrations.rehearser import source
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.manifests import alembic_ini
from deploy_suite.manifests.alembic_ini import AlembicFile
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import on_disk, syntax_tree
from deploy_suite.ports import DatabaseServer, QueryError
from deploy_suite.project import snapshot_files

_LISTS: Final = re.compile(r"(?:require[^/]*\.(?:txt|in)|pyproject\.toml|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock)$")
_DJANGO_FILE: Final = re.compile(r"(?P<name>\d{4}\w*)\.py")
_NOT_SEARCHED: Final = frozenset({".git", ".venv", "venv", "env", "node_modules", "site-packages"})
_HEADS: Final = frozenset({"head", "heads"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A revision as its file states it.

    Shape: `id` is Alembic's, or Django's "app.name"; `file` is relative to the repository; `can_go_back` says that a
    way down is written.
    """

    id: str
    parents: tuple[str, ...]
    file: str
    can_go_back: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the files of a commit say of its migrations.

    Shape: `tool` is None where there are none; `steps` are all revisions. `is_sure` is false where something is read
    that only running it would tell. `others` is the same for commits that list the same dependencies, whose migrations
    (Django's own) no file of the project holds.
    """

    tool: Tool | None
    steps: tuple[Step, ...] = ()
    is_sure: bool = True
    others: str = ""

    @property
    def heads(self) -> tuple[str, ...]:
        """The revisions that nothing builds on, in alphabetical order."""
        parents = {parent for one in self.steps for parent in one.parents}
        return tuple(sorted(one.id for one in self.steps if one.id not in parents))


def stated(case: Case) -> Stated:
    """Return what the files of the service's commit say."""
    tool = tools.found(case)
    if tool is None:
        return Stated(tool=None, is_sure=not _runs_others(case))
    if tool.kind is Kind.DJANGO:
        return Stated(
            tool=tool, steps=tuple(_of_django(case.snapshot.folder / tool.folder, case)), others=_dependencies(case)
        )
    folders = _version_folders(tool, case)
    read = [_of_alembic(file, case) for folder in folders for file in _files(case.snapshot.folder / folder)]
    is_sure = bool(folders) and None not in read and tool.destination in _HEADS and not _is_deep(folders, case)
    return Stated(tool=tool, steps=tuple(one for one in read if isinstance(one, Step)), is_sure=is_sure)


def are_same(old: Stated, new: Stated) -> bool:
    """Whether both surely bring a database to the same place, so that nothing migrates between them."""
    if new.tool is None and new.is_sure:
        return True
    if old.tool is None or new.tool is None or old.tool.kind is not new.tool.kind:
        return False
    if new.tool.kind is Kind.DJANGO:
        ids = {one.id for one in old.steps} == {one.id for one in new.steps}
        return ids and old.others == new.others
    return old.is_sure and new.is_sure and bool(new.steps) and old.heads == new.heads


def recorded(server: DatabaseServer, database: str) -> tuple[str, ...]:
    """Return where *database* is, as its migration tool has written there: what `alembic current` would say."""
    try:
        tables = server.query(
            database,
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.columns "
            "WHERE column_name = 'version_num' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
        )
        found = [str(row[0]) for (name,) in tables for row in server.query(database, f"SELECT version_num FROM {name}")]  # noqa: S608  quoted by the server
        there = server.query(database, "SELECT to_regclass('django_migrations') IS NOT NULL")
        if there and there[0][0]:
            rows = server.query(
                database, "SELECT DISTINCT ON (app) app, name FROM django_migrations ORDER BY app, id DESC"
            )
            found += [f"{app}.{name}" for app, name in rows]
    except QueryError:
        return ()
    return tuple(sorted(found))


def _runs_others(case: Case) -> bool:
    """Whether a command applies migrations of a tool that is not rehearsed, or may: aerich, piccolo, yoyo."""
    return any(migrating.is_migration(call) for call in command_calls.read(case.contract, case.snapshot.folder).calls)


def _version_folders(tool: Tool, case: Case) -> tuple[PurePosixPath, ...]:
    if tool.kind is Kind.FLASK:
        return (tool.file.parent / "versions",)
    settings = alembic_settings(tool, case)
    if settings is None or not settings.script_folder or settings.problems:
        return ()
    folders = settings.version_folders or (f"{settings.script_folder}/versions",)
    return tuple(PurePosixPath(one) for one in folders)


def alembic_settings(tool: Tool, case: Case) -> AlembicFile | None:
    """Return what the file that states *tool* says to Alembic, None where it cannot be read."""
    text = snapshot_files.text(case.snapshot.folder, tool.file)
    if text is None:
        return None
    section = next(
        (after for word, after in zip(tool.argv, tool.argv[1:], strict=False) if word in {"-n", "--name"}), ""
    )
    try:
        if tool.file.suffix == ".toml":
            return alembic_ini.parse_pyproject(text, file=str(tool.file))
        return alembic_ini.parse(text, file=str(tool.file), section=section or "alembic")
    except ManifestError:
        return None


def _files(folder: Path) -> list[Path]:
    found = on_disk.matching(folder, "*.py")
    return [one for one in found if one.name != "__init__.py" and on_disk.is_file(one)]


def _is_deep(folders: Iterable[PurePosixPath], case: Case) -> bool:
    """Whether there are revisions in folders below, which count only where a setting says so."""
    return any(on_disk.matching(case.snapshot.folder / one, "*/*.py") for one in folders)


def _of_alembic(file: Path, case: Case) -> Step | None:
    """Return the revision in *file*, None where it takes running to tell."""
    values = _assigned(file)
    name, parents = values.get("revision"), values.get("down_revision", ())
    listed = (parents,) if isinstance(parents, str) else tuple(parents or ())
    if not isinstance(name, str) or not all(isinstance(one, str) for one in listed):
        return None
    below = source.body(str(file), "downgrade")
    return Step(
        id=name,
        parents=listed,
        file=file.relative_to(case.snapshot.folder).as_posix(),
        can_go_back=below == "present" or source.body(str(file), "upgrade") != "present",
    )


def _assigned(file: Path) -> Mapping[str, Any]:
    """Return the literals that the top level of *file* assigns."""
    found: dict[str, Any] = {}
    for node in _tree(file).body:
        found |= {name: _literal(value) for name, value in syntax_tree.bindings(node)}
    return found


def _literal(node: ast.expr) -> Any:  # noqa: ANN401  whatever a file holds
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return Ellipsis


def _tree(file: Path) -> ast.Module:
    try:
        return syntax_tree.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _of_django(folder: Path, case: Case) -> Iterator[Step]:
    for file in _walked(folder):
        match = _DJANGO_FILE.fullmatch(file.name)
        relative = file.relative_to(case.snapshot.folder)
        if match is None or file.parent.name != "migrations" or _NOT_SEARCHED & set(relative.parts):
            continue
        app = file.parent.parent.name
        yield Step(
            id=f"{app}.{match['name']}",
            parents=tuple(f"{one}.{name}" for one, name in _dependencies_of(_tree(file))),
            file=relative.as_posix(),
        )


def _walked(folder: Path) -> list[Path]:
    return sorted(Path(base, name) for base, _, names in os.walk(folder) for name in names)


def _dependencies_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the application and the name of each migration that a migration's class builds on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "dependencies" for one in node.targets
        ):
            for item in getattr(node.value, "elts", ()):
                pair = _literal(item)
                if isinstance(pair, tuple) and len(pair) == 2:  # noqa: PLR2004  the application and the name
                    yield str(pair[0]), str(pair[1])


def _dependencies(case: Case) -> str:
    """Return what differs where the project asks for other packages."""
    digest = hashlib.sha256()
    for file in _walked(case.snapshot.folder):
        relative = file.relative_to(case.snapshot.folder).as_posix()
        if _LISTS.search(relative) and on_disk.is_file(file):
            digest.update(relative.encode() + file.read_bytes())
    return digest.hexdigest()
