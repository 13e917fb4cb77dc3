"""env.py's target_metadata: do the modules that it imports define the tables that the application has?"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config import alembic_files, saying
from deploy_suite.checks.config.subject import Subject
from deploy_suite.checks.dependencies import subject as tracing
from deploy_suite.manifests.alembic_ini import AlembicFile
from deploy_suite.model import syntax_tree
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.project import app_objects, snapshot_files

_TABLE: Final = re.compile(
    r"^[ \t]+__tablename__\s*[:=]|\bTable\(\s*['\"]|\btable\s*=\s*True|\(\s*db\.Model\b", re.MULTILINE
)
# What may import models without an import statement that names them.
_OPEN: Final = re.compile(
    r"\bimportlib\b|\bpkgutil\b|\b__import__\b|\bexec\(|\bautomap_base\b|\bimport_string\b|current_app|\bglob\("
)


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield an env.py that offers Alembic metadata in which the application's tables are missing."""
    entry = subject.contract.entry
    if entry is None or entry.file is None:
        return
    for settings in alembic_files.settings(subject):
        env = PurePosixPath(settings.script_folder) / "env.py"
        line = _offered(subject, env)
        if line and not _knows_tables(subject, env, settings, entry):
            application = tracing.trace(subject.case, entry, known=_known(subject)).files
            models = next(_with_tables(subject, application), "")
            if models:
                yield _finding(env, line, models)


def _offered(subject: Subject, env: PurePosixPath) -> int:
    """Return the line that sets target_metadata to something, 0 for none."""
    source = app_objects.read(subject.folder / env) if snapshot_files.find(subject.folder, env) else None
    for statement in reversed(source.tree.body) if source else ():
        for name, value in syntax_tree.bindings(statement):
            if name == "target_metadata":
                return 0 if isinstance(value, ast.Constant) else statement.lineno
    return 0


def _knows_tables(subject: Subject, env: PurePosixPath, settings: AlembicFile, application: EntryPoint) -> bool:
    """Whether env.py imports a module that defines tables, or may do so in a way that reading does not tell.

    What the *application* finds env.py may find too: a project that is installed is importable from anywhere.
    """
    own = tuple(map(PurePosixPath, settings.import_folders)) or (subject.root,)
    folders = tuple(dict.fromkeys((*own, *application.search_path)))
    env_entry = EntryPoint(module="env", attribute="", file=env, search_path=folders)
    traced = tracing.trace(subject.case, env_entry, known=_known(subject))
    is_open = traced.changes_path or traced.missing or traced.syntax_problems
    texts = tuple(_texts(subject, traced.files))
    return bool(is_open) or any(_TABLE.search(text) or _OPEN.search(text) for text in texts)


def _known(subject: Subject) -> frozenset[str]:
    return tracing.known_of(subject.installed.names)


def _texts(subject: Subject, files: Iterable[str]) -> Iterator[str]:
    for file in files:
        yield snapshot_files.text(subject.folder, PurePosixPath(file)) or ""


def _with_tables(subject: Subject, files: tuple[str, ...]) -> Iterator[str]:
    for file, text in zip(files, _texts(subject, files), strict=True):
        if _TABLE.search(text):
            yield file


def _finding(env: PurePosixPath, line: int, models: str) -> Finding:
    return saying.warning(
        "alembic-models-not-imported",
        f"{env} offers Alembic metadata without tables: nothing that it imports defines any, and {models} does",
        location=Location(str(env), line),
        evidence=(f"{models} defines tables",),
        remedy=f"import {models.removesuffix('/__init__.py').removesuffix('.py').replace('/', '.')} in {env}, "
        "before target_metadata is set",
        certainty="likely: `alembic upgrade` works, but `alembic revision --autogenerate` would drop these tables",
    )
