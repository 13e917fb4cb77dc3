"""A failure and the log that came with it → the finding that names its cause, or says why it proves nothing here."""

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks import unready_apps
from deploy_suite.checks.boot import command_lines, excuses
from deploy_suite.checks.boot.excuses import Excuse
from deploy_suite.checks.boot.own_code import chain, own_frames, own_lines
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_lines, last_traceback
from deploy_suite.checks.dependencies import diagnosed, own_modules
from deploy_suite.knowledge import import_names
from deploy_suite.knowledge.diagnosis import DiagnosedCause, diagnose
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.values import Chain

_UNMADE: Final = (
    "the migrations were applied here, all of them, and none makes that: write the migration that does (alembic "
    "revision --autogenerate, manage.py makemigrations) and commit it, or mend the query"
)
# What a shell says of a command is no part of the traceback that another command left above it.
_SHELL_SAYS: Final = re.compile(r"^(?:\S*/)?(?:ba|da|z|k)?sh: |^\S+\.sh: line \d+: ")
_IMPORTED: Final = re.compile(r"import (?P<module>[\w.]+)|from (?P<source>[\w.]+) import\b")
_HOSTS: Final = "django-allowed-hosts"
_MOST_OF_A_MESSAGE: Final = 12
# https://docs.python.org/3/library/exceptions.html#exception-context
_PASSED_ON: Final = ("The above exception was the direct cause", "During handling of the above exception")
_QUOTED_LINES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """A failure with its log, and what that shows. Shape: `frames` are the project's own lines that led there."""

    stage: Stage
    log: str
    finding: Finding
    frames: tuple[tuple[Location, str], ...]

    @property
    def route(self) -> tuple[str, ...]:
        """The way through the project's own lines, as evidence; none where one line is all."""
        return (chain(self.frames),) if len(self.frames) > 1 else ()

    @property
    def quoted(self) -> tuple[str, ...]:
        """The evidence of what nobody explains: the way there, and what the log says last."""
        return (*self.route, *_quoted(self.stage, self.log))


def explained(stage: Stage, log: str, failure: Finding) -> Finding:
    """Return *failure* with the root cause that *log* shows, its place in the project's code, and the evidence.

    Shape: SKIPPED when what failed is only that this is not the target: a host outside that was out of reach, or a
    value that had to be made up.
    """
    return _as_committed(stage, _explained(stage, log, failure))


def _explained(stage: Stage, log: str, failure: Finding) -> Finding:
    root = diagnose(log).root
    frames = () if _is_of_shell(root) else _frames(stage, log, root)
    root = of_namespace(root, _line(stage, frames[-1][0]) if frames else "")
    named = command_lines.of_option(stage, root) or command_lines.of_log_file(stage, root)
    place = frames[-1][0] if frames else _in_script(stage, root) or named
    located = replace(failure, location=place or failure.location)
    failed = _Failed(stage=stage, log=log, finding=located, frames=frames)
    excuse = excuses.surroundings(stage, log, root)
    if excuse and (failure.outcome is Outcome.FAILED or not excuse.is_weak):
        return _excused(located, failed.quoted, excuse)
    return _unknown(failed) if root is None else _of_project(failed, root) or _as_diagnosed(failed, root)


def _unknown(failed: _Failed) -> Finding:
    """Return the failure of which no cause is known: excused by its surroundings, or with the exception."""
    located, frames = failed.finding, failed.frames
    is_placed = bool(frames) and located.outcome is Outcome.FAILED
    if is_placed and (beside := excuses.beside(failed.stage, frames[-1][0], failed.log)):
        return _excused(located, failed.quoted, beside)
    return _with_exception(located, failed.quoted, raised=last_traceback(failed.log)[-1:])


def _of_project(failed: _Failed, root: DiagnosedCause) -> Finding | None:
    """Return what the project itself shows of a failure by *root*, which the log alone would tell as another one."""
    stage, located = failed.stage, failed.finding
    evidence = tuple(line.text for line in root.evidence)
    if root.family == "migrations-not-run" and _is_migrated(stage):
        whole = (*failed.route, *evidence)
        said = "".join(last_traceback(failed.log)[-1:] or whole[-1:])
        return replace(located, message=f"{located.message}: {said}", evidence=whole, remedy=_UNMADE, certainty="")
    if own := diagnosed.own_module(root, stage.built.case) or _own_module(stage, root, failed.frames):
        return replace(located, code=own.code, message=f"{located.message}: {own.message}", remedy=own.remedy)
    if file := _missing_file(stage, root):
        return replace(
            located,
            code=f"command-file-missing:{file}",
            message=f"{located.message}: the commit has no {file}, which the start command runs",
            evidence=evidence,
            remedy=f"commit {file}, or correct its name in the start command",
        )
    return None


def _as_diagnosed(failed: _Failed, root: DiagnosedCause) -> Finding:
    stage, located = failed.stage, failed.finding
    told = replace(
        located,
        code=_word(stage, root),
        message=f"{located.message}: {root.title}",
        evidence=(*failed.route, *(line.text for line in root.evidence)),
        remedy=diagnosed.remedy(root, stage.built.case),
        python=root.python,
        certainty=located.certainty or root.why,
    )
    if root.family == _HOSTS and told.location is None:
        from deploy_suite.checks.boot import allowed_hosts  # noqa: PLC0415  few failures need it

        return replace(told, location=allowed_hosts.setting(stage))
    from deploy_suite.checks import clashing  # noqa: PLC0415  likewise

    told = clashing.closer(told, failed.log, stage.built)
    return unready_apps.told(told, (place for place, _ in failed.frames))


def _in_script(stage: Stage, root: DiagnosedCause | None) -> Location | None:
    """Return the line of the project's own script that a shell gave up at."""
    script, line = (root.values.get(name, "") for name in ("script", "line")) if root else ("", "")
    path = stage.contract.root / script.removeprefix("./")
    if not line.isdigit() or snapshot_files.find(stage.built.case.snapshot.folder, path) is None:
        return None
    return Location(str(path), int(line))


def _missing_file(stage: Stage, root: DiagnosedCause) -> str:
    """Return the file that an interpreter could not open, "" where it was a module that it did not find."""
    named = root.values.get("module", "") if root.family == "start-command-wrong-module" else ""
    return named.removeprefix(f"{stage.built.environment.top}/") if named.startswith("/") else ""


def _is_migrated(stage: Stage) -> bool:
    """Whether a command of the contract migrates, and has done so: unless it hides failure, nothing starts before."""
    from deploy_suite.checks.migrations import tools  # noqa: PLC0415  few failures need it

    tool = tools.found(stage.built.case)
    return tool is not None and tool.is_binding and stage.built.server is not None


def _own_module(stage: Stage, root: DiagnosedCause, frames: tuple[tuple[Location, str], ...]) -> Finding | None:
    """Return the finding about a module that no package brings because it is the project's own."""
    name = root.values.get("module", "")
    if root.family != "missing-requirement" or not name:
        return None
    written = _IMPORTED.match(_line(stage, frames[-1][0])) if frames else None
    full = (written["module"] or written["source"]) if written else name
    module = full if full.partition(".")[0] == name else name
    files = own_modules.elsewhere(stage.built.case, module)
    return own_modules.not_on_path(module, files, Chain()) if files else None


def of_namespace(root: DiagnosedCause | None, line: str) -> DiagnosedCause | None:
    """Return *root* about the distribution that the failing *line* wants of a name which several of them share."""
    name = root.values.get("module", "") if root is not None and root.family == "missing-requirement" else ""
    written = _IMPORTED.match(line) if name else None
    full = (written["module"] or written["source"]) if written else ""
    if root is None or not full.startswith(f"{name}.") or import_names.distributions(name):
        return root
    found = import_names.distributions(full)
    if len(found) != 1:
        return root
    values = {**root.values, "package": found[0]}
    slug = f"{root.family}:{slug_name(found[0])}"
    return replace(root, slug=slug, title=f"{full} is imported but not installed", values=values)


def _line(stage: Stage, place: Location) -> str:
    """Return the line at *place* of the commit, "" where it has none."""
    text = snapshot_files.text(stage.built.case.snapshot.folder, PurePosixPath(place.file)) or ""
    return "".join(text.splitlines()[place.line - 1 : place.line]).strip() if place.line else ""


def _word(stage: Stage, root: DiagnosedCause) -> str:
    """Return the cause's slug; that a folder without __init__.py lacks the application is the wrong path to it."""
    entry = stage.contract.entry
    is_no_module = entry is not None and bool(entry.attribute) and entry.file is None
    return re.sub(r"-attribute-missing$", "-module-path", root.slug) if is_no_module else root.slug


def _is_of_shell(root: DiagnosedCause | None) -> bool:
    return root is not None and bool(root.evidence) and bool(_SHELL_SAYS.match(root.evidence[0].text))


def _frames(stage: Stage, log: str, root: DiagnosedCause | None) -> tuple[tuple[Location, str], ...]:
    line = root.evidence[0].line if root and root.evidence else 0
    above = own_frames(log, stage.built.environment, up_to_line=line)
    return above or (own_frames(log, stage.built.environment) if _is_passed_on(log, line) else ())


def _is_passed_on(log: str, line: int) -> bool:
    """Whether the exception at *line* is what another one, below it, was raised from."""
    below = log.splitlines()[line : line + _MOST_OF_A_MESSAGE] if line else []
    return any(one.startswith(_PASSED_ON) for one in below)


def _as_committed(stage: Stage, finding: Finding) -> Finding:
    """Return *finding* with files named as the repository does, and not by where this run keeps them."""
    environment = stage.built.environment

    def named(text: str) -> str:
        return text.replace(f"{environment.venv}/", ".venv/").replace(f"{environment.top}/", "")

    return replace(
        finding,
        message=named(finding.message),
        evidence=tuple(map(named, finding.evidence)),
        remedy=named(finding.remedy),
        certainty=named(finding.certainty),
    )


def _with_exception(failure: Finding, evidence: tuple[str, ...], *, raised: tuple[str, ...]) -> Finding:
    """Return *failure* with its *evidence*, and the exception that was *raised* where there was one."""
    if not raised:
        return replace(failure, evidence=evidence)
    return replace(
        failure, message=f"{failure.message}: {raised[0]}", evidence=evidence, remedy="mend what the traceback shows"
    )


def _quoted(stage: Stage, log: str) -> tuple[str, ...]:
    """Return what *log* says last: of its last traceback the project's own part and the exception."""
    lines = own_lines(last_traceback(log), stage.built.environment) or last_lines(log)
    return lines[-_QUOTED_LINES:]


def _excused(failure: Finding, evidence: tuple[str, ...], excuse: Excuse) -> Finding:
    return replace(
        failure,
        code=excuse.code,
        outcome=Outcome.SKIPPED,
        message=f"cannot be checked here: {failure.message}; {excuse.why}",
        evidence=evidence,
        remedy=excuse.remedy,
    )
