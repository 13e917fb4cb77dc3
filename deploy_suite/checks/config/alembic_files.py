"""alembic.ini and env.py: whose database do the migrations reach?"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config import migrating, saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.manifests import alembic_ini
from deploy_suite.manifests.alembic_ini import AlembicFile
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import syntax_tree
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import MASK
from deploy_suite.project import app_objects, server_options, snapshot_files

_NAME: Final = "alembic.ini"
_SETTERS: Final = frozenset({"set_main_option", "set_section_option"})
_ENGINES: Final = frozenset({"engine_from_config", "async_engine_from_config", "create_engine", "create_async_engine"})
_NAMED_AND_USED: Final = 2
_PLACEHOLDER: Final = re.compile(r"^driver://")
_LOCAL: Final = re.compile(r"@(localhost|127\.0\.0\.1|host\.docker\.internal|db|postgres|mysql)([:/]|$)")
_WITH_PASSWORD: Final = re.compile(rf"://[^:/@]*:{re.escape(MASK)}@")
_SAMPLE: Final = re.compile(r"://(user|username|postgres|root|admin|driver|myuser)?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Config:
    """A configuration of Alembic, and the calls that use it."""

    settings: AlembicFile
    calls: tuple[Call, ...]


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield addresses in alembic.ini that win over the environment's, and passwords in them."""
    for config in _configs(subject):
        yield from _ignored_environment(config, subject)
        yield from _password(config)


def settings(subject: Subject) -> Iterator[AlembicFile]:
    """Yield each configuration of Alembic: the usual file, and those that commands name."""
    yield from (config.settings for config in _configs(subject))


def _configs(subject: Subject) -> Iterator[_Config]:
    used: dict[PurePosixPath, list[Call]] = {}
    usual = subject.root / _NAME
    if snapshot_files.find(subject.folder, usual):
        used[usual] = []
    for call in subject.calls.calls:
        if call.program == "alembic" and (path := config_path(call)) is not None:
            used.setdefault(path, []).append(call)
    for path, calls in used.items():
        text = snapshot_files.text(subject.folder, path)
        try:
            settings = alembic_ini.parse(text, file=str(path)) if text else None
        except ManifestError:
            continue
        if settings is not None:
            yield _Config(settings, tuple(calls))


def config_path(call: Call) -> PurePosixPath | None:
    """Return the configuration file that a call of alembic reads."""
    given = server_options.parse(call.words, server_options.SIMPLE).value("-c", "--config")
    return call.path(given or _NAME)


def _ignored_environment(config: _Config, subject: Subject) -> Iterator[Finding]:
    settings = config.settings
    if not settings.url or settings.url_location is None or _PLACEHOLDER.match(settings.url):
        return
    env = PurePosixPath(settings.script_folder) / "env.py"
    source = app_objects.read(subject.folder / env) if snapshot_files.find(subject.folder, env) else None
    if source is None or not _takes_url_from_file(source.tree):
        return
    migrations = [call for call in config.calls if migrating.is_migration(call) and call.always_runs]
    fails = bool(migrations) and bool(_LOCAL.search(settings.url)) and not settings.url.startswith("sqlite")
    yield Finding(
        code="alembic-url-hard-coded",
        outcome=Outcome.FAILED if fails else Outcome.WARNING,
        message=(
            f"{settings.file} names the database {settings.url}, and {env} does not look at the environment: "
            "migrations reach that database and not the service's"
        ),
        location=settings.url_location,
        evidence=tuple(f"{call.step.value}: {saying.quoted(call)}" for call in migrations),
        remedy=f'write `config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])` at the top of {env}',
        certainty="" if fails else "likely: nothing in env.py takes the address from elsewhere",
    )


def _takes_url_from_file(tree: ast.Module) -> bool:
    """Whether migrating connects to the file's address and nothing in env.py puts another in its place.

    What imported modules read does not matter: Alembic makes the engine of what `get_section` or `get_main_option`
    returns, and only env.py could have changed that.
    """
    if {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & _SETTERS:
        return False
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    engines = [
        _is_from_file(call, scope)
        for scope in (*functions, tree)
        for call in _own_calls(scope)
        if syntax_tree.last_name(call.func) in _ENGINES
    ]
    return bool(engines) and all(engines)


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls in *scope* that are not in a function within it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _own_calls(child)


def _is_from_file(call: ast.Call, scope: ast.AST) -> bool:
    """Whether the engine is made of the file's section as it stands."""
    if not call.args or any(keyword.arg in {"url", None} for keyword in call.keywords):
        return False
    given = call.args[0]
    while isinstance(given, ast.BoolOp):
        given = given.values[0]
    if isinstance(given, ast.Name):
        values = [value for node in ast.walk(scope) for name, value in syntax_tree.bindings(node) if name == given.id]
        uses = sum(isinstance(node, ast.Name) and node.id == given.id for node in ast.walk(scope))
        return len(values) == 1 and uses <= _NAMED_AND_USED and _reads_file(values[0])
    return _reads_file(given)


def _reads_file(node: ast.expr) -> bool:
    while isinstance(node, ast.BoolOp):
        node = node.values[0]
    return isinstance(node, ast.Call) and syntax_tree.last_name(node.func) in {"get_section", "get_main_option"}


def _password(config: _Config) -> Iterator[Finding]:
    settings = config.settings
    if settings.url_location is None or not _WITH_PASSWORD.search(settings.url) or _PLACEHOLDER.match(settings.url):
        return
    if _SAMPLE.search(settings.url) and _LOCAL.search(settings.url):
        return
    yield saying.warning(
        f"secret-in-manifest:{_NAME}",
        f"{settings.file} holds a database password for all who can read the repository",
        location=Location(settings.url_location.file, settings.url_location.line),
        evidence=(f"sqlalchemy.url = {settings.url}",),
        remedy=f"remove `sqlalchemy.url` from {settings.file}, read DATABASE_URL in env.py, and change the password",
        certainty="certain that a password stands there; whether it opens anything is not known here",
    )
