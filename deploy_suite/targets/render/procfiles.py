"""The Procfile of a project without render.yaml into its processes, and into what is wrong with it."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.manifests import procfile, resemblance, shell
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files

NAME: Final = "Procfile"
# What runs programs in other languages: a process of theirs belongs to another service of the repository.
_OTHER_LANGUAGES: Final = frozenset(
    {
        *("npm", "npx", "node", "nodejs", "yarn", "pnpm", "bun", "bunx", "deno", "next", "nest", "ng", "vite", "serve"),
        *("java", "mvn", "gradle", "kotlin", "scala", "sbt", "ruby", "bundle", "rails", "rake", "rackup", "puma"),
        *("php", "heroku-php-apache2", "heroku-php-nginx", "dotnet", "mix", "elixir", "go", "cargo", "swift"),
    }
)


def processes(snapshot: Snapshot) -> tuple[procfile.ProcessLine, ...]:
    """Return the processes, those that are spread over several lines as they were meant; none of another language."""
    return tuple(one for one in _all(snapshot) if not _of_other_language(one))


def of_other_languages(snapshot: Snapshot) -> tuple[procfile.ProcessLine, ...]:
    """Return the processes that Node.js or another language runs."""
    return tuple(filter(_of_other_language, _all(snapshot)))


def _all(snapshot: Snapshot) -> tuple[procfile.ProcessLine, ...]:
    file, text = _read(snapshot)
    if not text or _foreign(text, file=file):
        return ()
    return (*procfile.parse(text, file=file), *procfile.spread(text, file=file))


def _of_other_language(process: procfile.ProcessLine) -> bool:
    """Whether all that the process runs is of another language; of a part that cannot be read nothing is known."""
    script = shell.parse(process.command.text)
    programs = {one.program for one in script.commands} - {"", "cd"}
    return script.is_certain and bool(programs) and programs <= _OTHER_LANGUAGES


def problems(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield why no platform finds in it what a person reads there."""
    file, text = _read(snapshot)
    if snapshot_files.is_utf16(snapshot_files.data(snapshot.folder, snapshot.root / NAME) or b""):
        yield _invalid(
            f"{file} is encoded as UTF-16, so no platform finds a process in it",
            place=Location(file),
            remedy=f"save {file} as UTF-8 without byte order mark",
        )
    if held := _foreign(text, file=file):
        yield _of_another_kind(held, text, file=file)
        return
    for process in procfile.spread(text, file=file):
        yield _invalid(
            f"no command stands behind `{process.name}:`: a process has one line, and the lines below belong to none",
            place=process.command.location,
            remedy=f"write `{process.name}: {process.command.text}` on one line of {file}",
        )


def _read(snapshot: Snapshot) -> tuple[str, str]:
    path = snapshot.root / NAME
    return str(path), snapshot_files.text(snapshot.folder, path) or ""


def _foreign(text: str, *, file: str) -> str:
    """Return what the text of a Procfile is in truth, "" for what is one."""
    held = resemblance.content(text)
    if held in {"a Blueprint", "a Dockerfile", "a shell script"}:
        return held
    is_read = procfile.parse(text, file=file) or procfile.spread(text, file=file)
    return "no process" if procfile.unread(text, file=file) and not is_read else ""


def _of_another_kind(held: str, text: str, *, file: str) -> Finding:
    """Return that a Procfile is none: nobody reads the commands that it was meant to state."""
    line = resemblance.first_line(text)
    return _invalid(
        f"{file} holds {held}, so no platform finds a command in it",
        place=Location(file, line),
        evidence=tuple(text.splitlines()[line - 1 :][:1]),
        remedy=f"git mv {file} render.yaml, and leave in it what is YAML"
        if held == "a Blueprint"
        else f"write lines like `web: gunicorn app:app` to {file}",
    )


def _invalid(message: str, *, place: Location | None, remedy: str, evidence: tuple[str, ...] = ()) -> Finding:
    return Finding(
        code="procfile-invalid",
        outcome=Outcome.WARNING,
        message=message,
        location=place,
        evidence=evidence,
        remedy=remedy,
        certainty="certain that it is not read; Render takes commands from render.yaml and the Dashboard",
    )
