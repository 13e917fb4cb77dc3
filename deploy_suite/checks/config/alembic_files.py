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
from deploy_suite.model.finding import Finding, Location, Outcome
from deploy_suite.model.secret import MASK
from deploy_suite.project import app_objects, server_options, snapshot_files

_NAME: Final = "alembic.ini"
_READS: Final = re.compile(
    r"environ|getenv|dotenv|decouple|environs|settings|config\.from|current_app|get_x_argument|pydantic|load_config|"
    r"secrets|DATABASE_URL|DB_URL|SQLALCHEMY_DATABASE"
)
_SETTERS: Final = frozenset({"set_main_option", "set_section_option"})
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
        code="alembic-url-ignores-environment",
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
    """Whether env.py uses the file's address and nothing in it can put another in its place."""
    code = ast.unparse(tree)
    uses_file = "get_section(" in code or "get_main_option(" in code
    methods = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    overrides = bool(methods & _SETTERS) or re.search(r"\[['\"]sqlalchemy\.url['\"]\]\s*=", code)
    return uses_file and not overrides and not _READS.search(code) and not _makes_engine(tree)


def _makes_engine(tree: ast.Module) -> bool:
    """Whether it connects otherwise than through the configuration: another engine may hold another address."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return bool(names & {"engine", "create_engine", "create_async_engine", "get_url", "get_engine", "DB_URI"})


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
