"""A Dockerfile and its build context into what the target would make of them, as far as that can be enacted here."""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.images import bases, runs, starting
from deploy_suite.images import context as contexts
from deploy_suite.images import layout as layouts
from deploy_suite.images.bases import Base
from deploy_suite.images.context import Context
from deploy_suite.images.layout import Layout
from deploy_suite.images.records import Assigned, Obstacle, Ran, Record, State, Taken
from deploy_suite.images.starting import Start
from deploy_suite.images.walk import Walk
from deploy_suite.manifests import dockerfile
from deploy_suite.manifests.dockerfile import Dockerfile
from deploy_suite.model.contract import StandIn

# Places of what installers make, all of which is in the one environment here.
_INSTALLED: Final = re.compile(
    r"site-packages|dist-packages|/(?:\.?venv|virtualenv|env|\.local|install|wheels?|opt/\w+|dist|python)(?:/|$)|^/usr/local"
    r"|^/root/\.\w+|\.whl$|/bin(?:/|$)"
)
# Places of Python's modules, and programs that may be Python themselves.
_OF_PYTHON: Final = re.compile(
    r"site-packages|dist-packages|/(?:\.?venv|virtualenv|\.local|wheels?|lib/python[\d.]*|(?:mini)?conda3?)(?:/| |$)"
    r"|\.(?:whl|py)(?: |$)"
)
# Variables that choose a place or a manner for installers, and no content.
_NOT_TAKEN: Final = re.compile(
    r"(?:PATH|HOME|USER|SHELL|PWD|LD_LIBRARY_PATH|PYTHONHOME|VIRTUAL_ENV|VENV\w*|UV_PROJECT_ENVIRONMENT|UV_SYSTEM_PYTHON|UV_PYTHON\w*"
    r"|UV_CACHE_DIR|UV_LINK_MODE|UV_COMPILE_BYTECODE|UV_NO_CACHE|UV_TOOL\w*|POETRY_HOME|POETRY_CACHE_DIR|POETRY_VIRTUALENVS\w*"
    r"|POETRY_NO_INTERACTION|POETRY_VERSION|PIP_NO_CACHE_DIR|PIP_DISABLE_PIP_VERSION_CHECK|PIP_ROOT_USER_ACTION|PIP_USER|PIP_TARGET"
    r"|PIP_PREFIX|PIP_DEFAULT_TIMEOUT|PIP_CACHE_DIR|PIPENV_VENV_IN_PROJECT|PYTHONUSERBASE|DEBIAN_FRONTEND)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is known of an image.

    Shape: `build` runs here what the RUN lines install and prepare, line k of it for line k of the Dockerfile;
    `environment` are the variables that its processes see, with the line of each; `declared` are the build arguments;
    `obstacles` say why enacting it would prove nothing. `left_out` are commands that are not run here, `stand_ins` what
    comes from stages that are not made here.
    """

    file: PurePosixPath
    dockerfile: Dockerfile
    context: Context
    records: tuple[Record, ...]
    state: State
    base: Base | None
    layout: Layout
    build: str
    start: Start | None
    environment: Mapping[str, tuple[str, int]]
    declared: frozenset[str]
    packages: tuple[str, ...]
    left_out: tuple[str, ...]
    stand_ins: tuple[StandIn, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def is_open(self) -> bool:
        """Whether a stage that is made here may put files anywhere, or nothing is sure for another reason."""
        return bool(self.obstacles) or any(isinstance(one, Taken) and not one.foreign for one in self.records)

    def may_be_brought(self, path: PurePosixPath) -> bool:
        """Whether *path* of the image lies where a stage that is not made here puts files."""
        return any(path.is_relative_to(one.target) for one in self.stand_ins)


@dataclass(slots=True)
class _Build:
    """The build command as it is put together, line for line."""

    layout: Layout
    lines: dict[int, str] = field(default_factory=lambda: {1: "set -e"})
    packages: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    stand_ins: list[StandIn] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)

    def assign(self, record: Assigned) -> None:
        if not _NOT_TAKEN.fullmatch(record.name):
            value = self.layout.here(record.value, folder=self.layout.root)
            self.put(record.line, f"export {record.name}={shlex.quote(value)}")

    def run(self, record: Ran, *, is_final: bool) -> None:
        folder = self.layout.place(record.workdir) or self.layout.root
        enacted = runs.read(self.layout.here(record.source, folder=folder))
        self.packages += enacted.packages if is_final else []
        self.left_out += enacted.left_out
        if enacted.obstacle:
            self.obstacles.append(Obstacle(line=record.line, reason=enacted.obstacle))
        near = posixpath.relpath(folder, self.layout.root)
        text = enacted.text
        if text and near != ".":
            text = text.replace("(", f"( mkdir -p {shlex.quote(near)} && cd {shlex.quote(near)} &&", 1)
        for offset, line in enumerate(text.split("\n")):
            self.put(record.line + offset, line)

    def put(self, number: int, line: str) -> None:
        if line.strip():
            before = self.lines.get(number)
            self.lines[number] = f"{before}; {line}" if before else line

    def text(self) -> str:
        if len(self.lines) == 1:
            return ""
        if any(".image/" in line for line in self.lines.values()):
            self.lines[1] = "set -e; mkdir -p .image"
        return "\n".join(self.lines.get(number, "") for number in range(1, max(self.lines) + 1))


def read(
    top: Path,
    file: PurePosixPath,
    *,
    context: PurePosixPath,
    given: Mapping[str, str],
    target: str = "",
    command: str = "",
) -> Made | None:
    """Return what the Dockerfile *file* makes of the folder *context*, None where it is not there or has no stage.

    Shape: paths are relative to *top*; *given* are build arguments; *target* the stage, "" for the last; *command*
    what the target runs in place of CMD.
    """
    try:
        text = (top / file).read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return None
    parsed = dockerfile.parse(text)
    if not parsed.stages:
        return None
    seen = contexts.read(top, context, dockerfile=file)
    walk = Walk(parsed, seen, given)
    state = walk.last(target)
    final = (parsed.stage(target) if target else None) or parsed.stages[-1]
    records = tuple(sorted(walk.records, key=lambda record: record.line))
    layout = layouts.of(records, workdir=state.workdir, context=context)
    build = _built(records, layout, walk)
    return Made(
        file=file,
        dockerfile=parsed,
        context=seen,
        records=records,
        state=state,
        base=walk.bases.get(final.index),
        layout=layout,
        build=build.text(),
        start=starting.read(state, layout, command=command),
        environment=dict(_environment(records, layout, walk.family)),
        declared=frozenset(walk.declared),
        packages=tuple(dict.fromkeys(build.packages)),
        left_out=tuple(build.left_out),
        stand_ins=tuple(build.stand_ins),
        obstacles=tuple(_obstacles(walk, build, final.index)),
    )


def _built(records: tuple[Record, ...], layout: Layout, walk: Walk) -> _Build:
    """Return what building enacts of *records*; only the last stage's own family gives the image its packages."""
    build = _Build(layout)
    for record in records:
        match record:
            case Assigned():
                build.assign(record)
            case Ran():
                build.run(record, is_final=record.stage in walk.family)
            case Taken() if record.foreign:
                _stand_in(record, build)
            case Taken():
                _take(record, build, walk)
            case _:
                pass
    return build


def _obstacles(walk: Walk, build: _Build, final: int) -> Iterator[Obstacle]:
    yield from walk.obstacles
    yield from build.obstacles
    versions = {base.version for base in walk.bases.values()}
    if len(versions) > 1:
        yield Obstacle(line=1, reason=f"its stages have several versions of Python: {', '.join(sorted(versions))}")
    if final not in walk.bases and not walk.obstacles:
        yield Obstacle(line=1, reason="nothing is known of its base image")


def _take(record: Taken, build: _Build, walk: Walk) -> None:
    """Account for files that come from another stage: here all stages share one tree and one environment."""
    for source in record.sources:
        if _INSTALLED.search(str(source)) or record.origin in walk.installers:
            continue
        here = build.layout.place(source)
        goal = record.target / source.name if record.is_into_folder and source.suffix else record.target
        there = build.layout.place(goal)
        if here is None or there is None or here == there:
            continue
        if not source.suffix:
            build.obstacles.append(Obstacle(line=record.line, reason=f"it moves {source} from one stage to another"))
        else:
            words = [shlex.quote(posixpath.relpath(path, build.layout.root)) for path in (here, there.parent, there)]
            build.put(record.line, f"mkdir -p {words[1]}; cp {words[0]} {words[2]}")


def _stand_in(record: Taken, build: _Build) -> None:
    """Account for files that nothing here makes: their folder is laid out empty, and what needs them is left open."""
    workdir = build.layout.workdir
    for source in record.sources:
        is_program = source.parent.name in {"bin", "sbin"}
        is_file = "*" not in source.name and bool(source.suffix or record.target.suffix or is_program)
        goal = record.target / source.name if is_file and record.is_into_folder else record.target
        place = build.layout.place(goal)
        is_all = workdir.is_relative_to(goal) and place is not None
        if is_all or _OF_PYTHON.search(f"{source} {goal}"):
            reason = f"it takes {source} from {record.foreign}, no image of Python"
            build.obstacles.append(Obstacle(line=record.line, reason=reason))
        else:
            build.stand_ins.append(
                StandIn(
                    path=str(place) if place is not None else "",
                    is_folder=not is_file,
                    is_site=not is_file and bases.is_of_javascript(record.foreign),
                    target=str(goal),
                    origin=record.foreign,
                    line=record.line,
                )
            )


def _environment(
    records: tuple[Record, ...], layout: Layout, family: frozenset[int]
) -> Iterator[tuple[str, tuple[str, int]]]:
    for record in records:
        if not isinstance(record, Assigned) or not record.is_lasting or record.stage not in family:
            continue
        if not _NOT_TAKEN.fullmatch(record.name):
            yield record.name, (layout.here(record.value, folder=None), record.line)
