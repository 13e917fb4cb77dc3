"""Migrations in the repository that nothing applies."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.config import migrating, saying, unapplied_looks
from deploy_suite.checks.config.subject import Subject
from deploy_suite.manifests import alembic_ini
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import on_disk
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.model.wording import counted
from deploy_suite.project import snapshot_files

_BY_CODE: Final = re.compile(
    rb"command\.upgrade\s*\(|\bcreate_all\b|\bupgrade\s*\(|call_command\(\s*['\"]migrate|alembic['\"\s,]+upgrade|"
    rb"['\"]migrate['\"]|run_migrations|apply_migrations|alembic\.command"
)
_SKIPPED: Final = frozenset(
    {"venv", "env", ".venv", "node_modules", "site-packages", "tests", "test", "__pycache__", "versions", "migrations"}
)
_RUNNER: Final = re.compile(r"\b(?:uv|poetry|pipenv|pdm) run (?:--no-sync |--no-dev |--frozen )*")
_MOST_FILES: Final = 3000
_LARGEST_BYTES: Final = 500_000
_REVISION: Final = re.compile(rb"^down_revision\b", re.MULTILINE)
_DJANGO: Final = re.compile(r"\d{4}_\w+\.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class _System:
    """A folder of migrations. Shape: `count` revisions; `command` applies them."""

    name: str
    location: Location
    count: int
    command: str


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield migrations that no command and no code of the web service applies."""
    contract = subject.contract
    if contract.kind is not ServiceKind.WEB or any(migrating.is_migration(call) for call in subject.calls.calls):
        return
    if subject.calls.uncertain or subject.is_assumed or unapplied_looks.first(subject):
        return
    system = _alembic(subject) or _flask_migrate(subject) or _django(subject)
    if system is None or is_applied_by_code(subject.folder, subject.root):
        return
    yield saying.warning(
        "migrations-not-run",
        f"the repository has {counted(system.count, f'{system.name} migration')}, and no command of the service "
        f"applies {'it' if system.count == 1 else 'them'}",
        location=system.location,
        evidence=tuple(_commands(subject)),
        remedy=_remedy(subject, system),
        certainty="likely: no command, script or code of the service does; the Dashboard, a job or a person may",
    )


def _commands(subject: Subject) -> Iterator[str]:
    contract = subject.contract
    for name, command in (
        ("buildCommand", contract.build),
        ("preDeployCommand", contract.pre_deploy),
        ("startCommand", contract.start),
    ):
        yield f"{name}: {command.text.splitlines()[0][:120] if command and command.text else '(none)'}"


def _remedy(subject: Subject, system: _System) -> str:
    where = subject.manifest.file if subject.manifest else "render.yaml"
    start = subject.contract.start.text if subject.contract.start else "…"
    runner = _RUNNER.search(start)
    command = f"{runner[0]}{system.command}" if runner else system.command
    if subject.contract.plan == "free":
        return f"write `startCommand: {command} && {start}` in {where}"
    return f"add `preDeployCommand: {command}` to {subject.contract.service} in {where}"


def _alembic(subject: Subject) -> _System | None:
    path = subject.root / "alembic.ini"
    text = snapshot_files.text(subject.folder, path)
    try:
        settings = alembic_ini.parse(text, file=str(path)) if text else None
    except ManifestError:
        return None
    if settings is None or not settings.script_folder:
        return None
    folders = settings.version_folders or (str(PurePosixPath(settings.script_folder) / "versions"),)
    count = sum(_revisions(subject.folder, PurePosixPath(folder)) for folder in folders)
    return (
        _System(name="Alembic", location=Location(str(path)), count=count, command="alembic upgrade head")
        if count
        else None
    )


def _flask_migrate(subject: Subject) -> _System | None:
    base = subject.root / "migrations"
    if snapshot_files.find(subject.folder, base / "env.py") is None:
        return None
    count = _revisions(subject.folder, base / "versions")
    location = Location(str(base / "env.py"))
    return _System(name="Flask-Migrate", location=location, count=count, command="flask db upgrade") if count else None


def _revisions(folder: Path, versions: PurePosixPath) -> int:
    if not snapshot_files.is_folder(folder, versions):
        return 0
    files = on_disk.matching(folder / versions, "*.py")[:_MOST_FILES]
    return sum(bool(_REVISION.search(file.read_bytes()[:_LARGEST_BYTES])) for file in files if on_disk.is_file(file))


def _django(subject: Subject) -> _System | None:
    """Return the migrations of the project's own apps; those of Django itself may not be wanted."""
    if snapshot_files.find(subject.folder, subject.root / "manage.py") is None or not _has_database(subject):
        return None
    found = sorted(
        path.relative_to(subject.folder)
        for path in on_disk.matching(subject.folder / subject.root, "*/migrations/*.py")
        if _DJANGO.fullmatch(path.name)
    )
    if not found:
        return None
    command = "python manage.py migrate --no-input"
    return _System(name="Django", location=Location(found[0].as_posix()), count=len(found), command=command)


def _has_database(subject: Subject) -> bool:
    """Whether the service is given a database; one that keeps a committed SQLite file may need no migration."""
    names = [variable.name for variable in subject.contract.variables if not variable.is_platform]
    return bool(subject.contract.databases) or any("DATABASE" in name or name.startswith("DB_") for name in names)


def is_applied_by_code(top: Path, root: PurePosixPath) -> bool:
    """Whether any source in *root* outside tests and migrations applies them, or creates the tables without them."""
    seen = 0
    for base, folders, files in os.walk(top / root):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in files:
            if name.endswith((".py", ".sh")) and name != "env.py" and not name.startswith("test_"):
                seen += 1
                if seen > _MOST_FILES or _BY_CODE.search(_start(Path(base, name))):
                    return True
    return False


def _start(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_LARGEST_BYTES)
    except OSError:
        return b""
