"""A database that the tool wanted and did not get: is its address hard-coded, or merely unknown here?"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations.replies import Address
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.environments import bindings as binding
from deploy_suite.manifests import alembic_ini, own_files
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import on_disk
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Masker

_INI_URL: Final = re.compile(r"^\s*sqlalchemy\.url\s*=\s*(?P<value>\S.*)$")
# What stands in no branch: the file's own address is then never used.
_REPLACED: Final = re.compile(r"^\w+\.set_(?:main|section)_option\([^()]*?['\"]sqlalchemy\.url['\"]", re.MULTILINE)
_URL: Final = re.compile(r"[a-z]\w{0,30}(?:\+\w{1,30})?://")
_POSTGRESQL: Final = "postgresql"
# What Django has for DATABASES without an engine.
# Source: https://github.com/django/django/blob/main/django/db/backends/dummy/base.py
_NONE_OF_DJANGO: Final = "unknown"
# Settings that say outright that there is none, and lines that say nothing.
_SAID_TO_BE_NONE: Final = re.compile(
    r"^DATABASES\b[^=\n]*=\s*(?:dict\(\)|\{\s*(?:['\"]default['\"]\s*:\s*\{\s*\}\s*(?:,\s*)?)?\})[ \t]*(?:#.*)?$"
    r"|^[ \t]*#.*$",
    re.MULTILINE,
)
_READS_ENVIRONMENT: Final = re.compile(r"environ|getenv|config\(\s*['\"]|Field\(|settings\.|os\.env")


def finding(wanted: Address, built: Built, tool: Tool) -> Finding:
    """Return what is wrong with the address *wanted*."""
    if tool.kind is not Kind.DJANGO and (literal := _literal(wanted, built, tool)):
        return _hard_coded(wanted, *literal, built=built, tool=tool)
    if tool.kind is Kind.DJANGO and wanted.dialect == _NONE_OF_DJANGO:
        return _without_any(tool) if _names_databases(built) else _wants_none(tool)
    if wanted.dialect != _POSTGRESQL:
        return _unknown(f"their database is {wanted.dialect}, which is not rehearsed", "", tool)
    known = ", ".join(sorted(binding.databases_needed(built.case.contract)))
    if known:
        text = f"they connect to {wanted}, which is none of the contract's databases ({known})"
    else:
        text = f"they connect to {wanted}, and the contract names no database"
    return _unknown(text, "let the manifest give the service its database's address (fromDatabase)", tool)


def _without_any(tool: Tool) -> Finding:
    return Finding(
        code="django-database-missing",
        outcome=Outcome.SKIPPED,
        message="Django's migrations cannot be checked here: the settings came out without a database",
        location=tool.location,
        remedy="give the service the variable that its settings take the database's address from",
    )


def _wants_none(tool: Tool) -> Finding:
    return Finding(
        code="no-migrations",
        outcome=Outcome.SKIPPED,
        message="there is nothing to migrate: no settings of the project name a database",
        location=tool.location,
        required=tool.call is not None,
    )


def _names_databases(built: Built) -> bool:
    """Whether any file of the project puts something into Django's DATABASES; without, Django wants none."""
    texts = (_text(built, file) for file in own_files.python(built.case.snapshot.folder))
    return any("DATABASES" in text and "DATABASES" in _SAID_TO_BE_NONE.sub("", text) for text in texts)


def unused(file: str, built: Built, tool: Tool) -> Finding:
    """Return what is wrong when the contract gives a PostgreSQL and the migrations run on the SQLite *file*."""
    wanted = Address(dialect="sqlite", host="", port=0, name=file)
    if tool.kind is not Kind.DJANGO and (literal := _literal(wanted, built, tool)):
        return _hard_coded(wanted, *literal, built=built, tool=tool)
    return Finding(
        code="database-not-used",
        outcome=Outcome.WARNING,
        message=f"the contract gives a PostgreSQL, but the migrations run on SQLite ({PurePath(file).name})",
        location=tool.location,
        remedy="let the settings read the variable that the manifest sets; a file is lost at each deploy",
        certainty="seen with the variables of the contract; one that only the target has may change it",
        reproduce=tool.shown,
    )


def _hard_coded(wanted: Address, place: Location, line: str, *, built: Built, tool: Tool) -> Finding:
    is_sure = tool.is_binding and bool(binding.databases_needed(built.case.contract))
    return Finding(
        code="alembic-url-hard-coded",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"the migrations connect to {wanted}, written in {place.file}, not to the service's own database",
        location=place,
        evidence=(f"{place}: {Masker().masked(line.strip())}",),
        remedy='set the address in env.py from the environment: config.set_main_option("sqlalchemy.url", '
        'os.environ["DATABASE_URL"])',
        certainty=""
        if is_sure
        else "no command of the contract runs the migrations with a database of the contract's own",
        reproduce=tool.shown,
    )


def _unknown(text: str, remedy: str, tool: Tool) -> Finding:
    return Finding(
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"{tool.kind.shown}'s migrations cannot be checked here: {text}",
        location=tool.location,
        remedy=remedy,
        required=tool.call is not None,
    )


def _literal(wanted: Address, built: Built, tool: Tool) -> tuple[Location, str] | None:
    """Return the line that holds the address itself, None when it is put together from elsewhere."""
    texts = {file: _text(built, file) for file in _places(built, tool)}
    is_replaced = any(file.suffix == ".py" and _REPLACED.search(text) for file, text in texts.items())
    for file, text in texts.items():
        if file.suffix == ".ini" and is_replaced:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            is_setting = bool(_INI_URL.match(line)) if file.suffix == ".ini" else not _READS_ENVIRONMENT.search(line)
            if is_setting and not line.lstrip().startswith(("#", ";")) and _names(line, wanted):
                return Location(str(file), number), line
    return None


def _names(line: str, wanted: Address) -> bool:
    name = PurePath(wanted.name).name if wanted.dialect == "sqlite" else wanted.name
    return bool(_URL.search(line)) and all(part in line for part in (wanted.host, name) if part)


def _places(built: Built, tool: Tool) -> Iterator[PurePosixPath]:
    yield tool.file
    folder = built.case.snapshot.folder / tool.file.parent
    for env in sorted(
        {
            *(file for pattern in ("env.py", "*/env.py", "*/*/env.py") for file in on_disk.matching(folder, pattern)),
            *_stated(built, tool),
        }
    ):
        yield PurePosixPath(env.relative_to(built.case.snapshot.folder).as_posix())


def _stated(built: Built, tool: Tool) -> Iterator[Path]:
    """Yield the env.py of the folder that the tool's own file states, however deep."""
    if tool.file.suffix == ".ini":
        with suppress(ManifestError):
            found = alembic_ini.parse(_text(built, tool.file), file=str(tool.file))
            env = built.case.snapshot.folder / found.script_folder / "env.py"
            yield from [env] if found.script_folder and on_disk.is_file(env) else []


def _text(built: Built, file: PurePosixPath) -> str:
    try:
        return (built.case.snapshot.folder / file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
