"""What is assumed of a project without render.yaml → what is said of it, and why nothing can be assumed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model import on_disk, syntax_tree
from deploy_suite.model.contract import Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Snapshot
from deploy_suite.project import snapshot_files
from deploy_suite.targets.render import procfiles

_MAKES: Final = re.compile(r"^\w+\s*=\s*(?:FastAPI|Flask|Starlette|Quart|Sanic|Litestar)\(", re.MULTILINE)
_DOCS: Final = "https://render.com/docs/blueprint-spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that the manifests suggest."""

    name: str
    type: str
    start: CommandText
    pre_deploy: CommandText | None = None


def said(
    snapshot: Snapshot,
    services: tuple[Service, ...],
    build: CommandText | None,
    *,
    procfile_in: PurePosixPath | None,
    variables: tuple[Variable, ...],
) -> Iterator[Finding]:
    """Yield what was assumed: a note, for a service that runs has its commands in the Dashboard."""
    location = Location(str(procfile_in / procfiles.NAME)) if procfile_in is not None else None
    source = "Render does not read a Procfile" if location else "the project has no render.yaml"
    what = "the address" if len(variables) == 1 else "a part of the address"
    yield Finding(
        code="render-yaml-missing",
        outcome=Outcome.NOTE,
        message=f"{source}: the commands checked here are assumed{_place(snapshot)}, not those of a service on Render",
        location=location,
        evidence=(*_assumed(services, build), *(f"{one.name}: {what} of a PostgreSQL" for one in variables)),
        remedy=f"write them to render.yaml at the top of the repository ({_DOCS}), or into the Dashboard",
        certainty="uncertain: the Dashboard may hold other commands and variables",
        required=False,
    )
    if build is None:
        below = min((path.relative_to(snapshot.folder).as_posix() for path in _lists(snapshot)), default="")
        yield Finding(
            code="requirements-file-missing",
            outcome=Outcome.WARNING,
            message="no file at the top names the project's requirements, so no build command can be assumed"
            + (f"; there is {below}" if below else ""),
            location=None,
            remedy=f"if the service needs what {below} lists, write `pip install -r {below}` as its build command"
            if below
            else "add requirements.txt, or pyproject.toml with a lock file",
            certainty="likely: none of requirements.txt, uv.lock, poetry.lock, Pipfile, pyproject.toml is there",
        )


def _lists(snapshot: Snapshot) -> Iterator[Path]:
    yield from on_disk.matching(snapshot.folder / snapshot.root, "*/requirements.txt")


def _place(snapshot: Snapshot) -> str:
    return f", with the root directory {snapshot.root}" if snapshot.root.parts else ""


def _assumed(services: tuple[Service, ...], build: CommandText | None) -> Iterator[str]:
    if build is not None:
        yield f"buildCommand: {build.text}"
    for service in services:
        name = f"{service.name} " if len(services) > 1 else ""
        if service.pre_deploy is not None:
            yield f"{name}preDeployCommand: {service.pre_deploy.text}"
        yield f"{name}startCommand: {service.start.text}"


def misnamed(snapshot: Snapshot, name: str) -> Iterator[Finding]:
    """Yield that the list of requirements has almost its usual name: the proposed build command finds none."""
    if name:
        found, wanted = snapshot.root / name, snapshot.root / "requirements.txt"
        yield Finding(
            code="requirements-file-missing",
            outcome=Outcome.FAILED,
            message=f"the requirements stand in {found}, and Render's own build command, `pip install -r "
            "requirements.txt`, looks for requirements.txt",
            location=Location(str(found)),
            remedy=f"git mv {found} {wanted} && git commit",
        )


def unreadable(snapshot: Snapshot) -> UsageError | None:
    """Return the file that would be the application, were it valid Python."""
    for file in on_disk.matching(snapshot.path, "*.py"):
        relative = file.relative_to(snapshot.folder).as_posix()
        text = snapshot_files.text(snapshot.folder, PurePosixPath(relative)) or ""
        try:
            syntax_tree.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", 0) or 1
            if _MAKES.search(text):
                return UsageError(
                    f"{relative}:{line} is no valid Python ({getattr(error, 'msg', error)}), and no other file is an "
                    "application",
                    source=relative,
                    remedy=f"mend {relative}:{line}; `python -m py_compile {relative}` shows it",
                )
    return None


def nothing(snapshot: Snapshot, below: Sequence[PurePosixPath]) -> UsageError:
    """Return that no service is found; *below* are folders in which one may live."""
    hint = f"name the folder of the service: --project {below[0]}" if below else ""
    other = next(iter(procfiles.of_other_languages(snapshot)), None)
    process = f"a process in Python ({other.command.location} runs `{other.command.text}`)" if other else "a process"
    return UsageError(
        f"no service found in {snapshot.root if snapshot.root.parts else 'the repository'}: "
        f"no render.yaml, no Procfile with {process}, no application of a known framework",
        remedy=hint
        or "add render.yaml with the service's startCommand, "
        "or name the application in deploy.toml: [services.web] entry = 'package.module:app'",
    )
