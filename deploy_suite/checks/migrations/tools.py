"""A service's commands and files into the migration tool that it uses."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.config import calls as command_calls
from deploy_suite.checks.config import failing
from deploy_suite.checks.config.calls import Call, Calls
from deploy_suite.manifests import toml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Contract
from deploy_suite.model.location import Location
from deploy_suite.model.project import Framework

_MOST_LEVELS: Final = 4
_NOT_SEARCHED: Final = frozenset(
    {".git", ".venv", "venv", "env", "node_modules", "site-packages", "tests", "test", "examples", "docs", "static"}
)
_UPGRADE: Final = "upgrade"
_VALUED: Final = frozenset(
    {"-d", "--directory", "-x", "--x-arg", "-c", "--config", "-n", "--name", "--tag", "-A", "--app", "-e", "--env-file"}
)


_DRY: Final = frozenset({"--sql", "--plan", "--check", "-h", "--help"})  # such a call changes no database


class Kind(Enum):
    """The family of tools."""

    ALEMBIC = "alembic"
    FLASK = "flask"
    DJANGO = "django"

    @property
    def shown(self) -> str:
        """The tool's name."""
        return {"alembic": "Alembic", "flask": "Flask-Migrate", "django": "Django"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """How the service's migrations are run.

    Shape: `folder` is where, relative to the repository; `argv` the words after the program; `assignments` are
    variables set for the call alone. `call` is the command of the contract that runs the migrations, None when no
    command does as far as can be told; `is_binding` says that it does not get over their failure on purpose.
    `is_certain` is false when some commands cannot be read. `imports_folder` says that modules in `folder` are
    importable whatever the tool's own settings are. `manage` is Django's manage.py, relative to `folder`. `file` is
    the file that states the tool.
    """

    kind: Kind
    folder: PurePosixPath
    argv: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    call: Call | None = None
    is_binding: bool = False
    is_certain: bool = True
    imports_folder: bool = False
    manage: str = ""
    file: PurePosixPath

    @property
    def location(self) -> Location:
        """Where the migrations are run, or else stated."""
        return self.call.location if self.call and self.call.location else Location(str(self.file))

    @property
    def command(self) -> str:
        """The command that a person would type in `folder`."""
        return " ".join((self.program, *self.argv))

    @property
    def program(self) -> str:
        """What `argv` follows in `command`."""
        if self.kind is Kind.DJANGO:
            script = self.manage or ("-m django" if self.imports_folder else "")
            return f"python {script}" if script else "django-admin"
        return str(self.kind.value)

    @property
    def shown(self) -> str:
        """The command as typed at the top of the repository."""
        return self.command if self.folder == PurePosixPath() else f"cd {self.folder} && {self.command}"

    @property
    def destination(self) -> str:
        """The revision that the command names, "head" where it names none."""
        if _UPGRADE not in self.argv:
            return "head"
        after = self.argv[self.argv.index(_UPGRADE) :]
        plain = (now for before, now in pairwise(after) if before not in _VALUED and not now.startswith("-"))
        return next(plain, "head")

    @property
    def upgrades_all_heads(self) -> bool:
        """Whether the command takes every head, so that several are no fault."""
        return "heads" in self.argv


def found(case: Case) -> Tool | None:
    """Return the tool of the service: the one that its commands run, else the one whose files it has."""
    made = command_calls.read(case.contract, case.snapshot.folder)
    return _run(made, case) or _kept(made, case)


def _run(made: Calls, case: Case) -> Tool | None:
    tools = ((call, _of_call(call, case)) for call in made.calls)
    return next((replace(tool, is_binding=not failing.is_let_pass(call, made)) for call, tool in tools if tool), None)


def _of_call(call: Call, case: Case) -> Tool | None:
    """Return the tool that *call* upgrades a database with, None for any other call."""
    if call.folder is None or not _DRY.isdisjoint(call.words):
        return None
    words, folder = call.words, call.folder
    if call.program == "alembic" and _UPGRADE in words:
        kind, file = Kind.ALEMBIC, folder / option(words, "-c", "--config", default="alembic.ini")
    elif call.program == "flask" and "db" in words and _UPGRADE in words:
        kind, file = Kind.FLASK, folder / option(words, "-d", "--directory", default="migrations") / "env.py"
    else:
        return _django_call(call, case)
    return Tool(
        kind=kind,
        folder=folder,
        argv=words,
        assignments=call.command.assignments,
        call=call,
        imports_folder="-m" in call.written.words,
        file=file,
    )


def _django_call(call: Call, case: Case) -> Tool | None:
    if "migrate" not in call.words or call.folder is None:
        return None
    words = call.command.words
    script = next((word for word in words if PurePosixPath(word).name == "manage.py"), "")
    if not script and call.program != "django-admin":
        return None
    if script and not _is_django(case.snapshot.folder / call.folder / script):
        return None
    return Tool(
        kind=Kind.DJANGO,
        folder=call.folder,
        argv=words[words.index("migrate") :],
        assignments=call.command.assignments,
        call=call,
        imports_folder="-m" in call.written.words,
        manage=script,
        file=call.folder / (script or "manage.py"),
    )


def _kept(made: Calls, case: Case) -> Tool | None:
    """Return the tool whose files lie nearest to the service's folder."""
    top = case.snapshot.folder
    for folder in _folders(top / case.contract.root, top):
        if tool := _stated_in(folder, top, case.contract):
            return _with_certainty(tool, is_certain=not made.uncertain)
    return None


def _with_certainty(tool: Tool, *, is_certain: bool) -> Tool:
    return Tool(
        kind=tool.kind, folder=tool.folder, argv=tool.argv, is_certain=is_certain, manage=tool.manage, file=tool.file
    )


def _stated_in(folder: PurePosixPath, top: Path, contract: Contract) -> Tool | None:
    here = top / folder
    if _is_django(here / "manage.py"):
        return Tool(kind=Kind.DJANGO, folder=folder, argv=("migrate",), manage="manage.py", file=folder / "manage.py")
    if _contains(here / "env.py", "current_app") and on_disk.is_folder(here / "versions"):
        return Tool(
            kind=Kind.FLASK,
            folder=folder.parent,
            argv=(*_flask_application(contract), "db", _UPGRADE, "-d", folder.name),
            file=folder / "env.py",
        )
    if on_disk.is_file(here / "alembic.ini") and not _contains(here / "env.py", "current_app"):
        return Tool(kind=Kind.ALEMBIC, folder=folder, argv=(_UPGRADE, "head"), file=folder / "alembic.ini")
    if _has_alembic_table(here / "pyproject.toml"):
        return Tool(kind=Kind.ALEMBIC, folder=folder, argv=(_UPGRADE, "head"), file=folder / "pyproject.toml")
    return None


def _flask_application(contract: Contract) -> tuple[str, ...]:
    entry = contract.entry
    if entry is None or contract.variable("FLASK_APP") or entry.framework is not Framework.FLASK or not entry.attribute:
        return ()
    return ("--app", f"{entry.spec}({entry.arguments})" if entry.is_factory else entry.spec)


def _folders(start: Path, top: Path) -> Iterator[PurePosixPath]:
    """Yield *start* and the folders below it, the nearest first."""
    level = [start]
    for _ in range(_MOST_LEVELS):
        for folder in level:
            yield PurePosixPath(folder.relative_to(top).as_posix())
        level = sorted(child for folder in level for child in _children(folder))


def _children(folder: Path) -> Iterable[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(one) for one in entries if one.is_dir(follow_symlinks=False) and _is_searched(one.name)]
    except OSError:
        return []


def _is_searched(name: str) -> bool:
    return name not in _NOT_SEARCHED and not name.startswith(".")


def option(words: tuple[str, ...], *names: str, default: str) -> str:
    """Return the value of the option in *words*, `-c x` or `--config=x`."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, sign, value = word.partition("=")
        if name in names:
            return value if sign else following
    return default


def _is_django(script: Path) -> bool:
    return _contains(script, "django")


def _contains(file: Path, text: str) -> bool:
    try:
        return text in file.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return False


def _has_alembic_table(file: Path) -> bool:
    try:
        document = toml_document.values(file.read_text(encoding="utf-8"), file=file.name)
    except (OSError, ValueError, ManifestError):
        return False
    return toml_document.value_at(document, "tool", "alembic", "script_location") is not None
