"""Runs the entry point's import in the built environment, as the server would, and reads the driver's report."""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy_suite.checks.base import Built
from deploy_suite.environments import bindings as binding
from deploy_suite.manifests import shell
from deploy_suite.model import on_disk
from deploy_suite.model.command import TIMED_OUT, Command, Completed
from deploy_suite.model.contract import DatabaseField, FromDatabase
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.ports import Network, Ports, Reach

# Some real applications took 42 s to start on a machine of this size.
_TIME_LIMIT_S: Final = 180.0
# A program that works at its top level never comes to an end of its imports; boot judges it.
_PROGRAM_LIMIT_S: Final = 45.0
_OUTPUT_BYTES: Final = 512 * 1024
# What a server has imported by the time it imports the application: gunicorn/app/wsgiapp.py, uvicorn/main.py …
_PRELOADED: Final[Mapping[str, tuple[str, ...]]] = {
    "gunicorn": ("gunicorn.app.wsgiapp", "gunicorn.arbiter"),
    "uvicorn": ("uvicorn", "uvicorn.main"),
    "hypercorn": ("hypercorn.__main__",),
    "daphne": ("daphne.cli",),
    "granian": ("granian",),
    "waitress-serve": ("waitress.runner",),
    "flask": ("flask.cli",),
    "fastapi": ("fastapi_cli.cli",),
    "celery": ("celery.bin.celery",),
    "streamlit": ("streamlit",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A line of a traceback. Shape: `file` is relative to the repository where `is_own`."""

    file: str
    line: int
    function: str
    text: str
    is_own: bool

    @property
    def location(self) -> Location:
        """The place of the line."""
        return Location(self.file, self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception. Shape: `missing` is an ImportError's module, `key` a KeyError's key, `syntax` where it is wrong."""

    type: str
    module: str
    message: str
    frames: tuple[Frame, ...]
    bases: tuple[str, ...] = ()
    missing: str = ""
    key: str = ""
    syntax: Frame | None = None

    @property
    def own_frames(self) -> tuple[Frame, ...]:
        """The lines of the project's own code, outermost first."""
        return tuple(frame for frame in self.frames if frame.is_own)

    @property
    def shown(self) -> str:
        """Return the exception as the last line of a traceback has it."""
        return f"{self.type}: {self.message}" if self.message else self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A host that the code wanted to reach while it was imported, and the line that wanted it."""

    host: str
    port: int
    location: Location | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How the import went.

    Shape: `raised` is outermost first, () when nothing was raised; `stage` is "import", "urls" or "done";
    `has_ended` is false when the process died or ran out of time, and `last_place` then says where it was.
    `absent` are those of the asked names that nothing importable has. `is_by_answer` says that no import was made for
    this: the service was started, and answered.
    """

    raised: tuple[Raised, ...] = ()
    stage: str = "done"
    has_ended: bool = True
    timed_out: bool = False
    exit_code: int = 0
    text: str = ""
    errors: str = ""
    attempts: tuple[Attempt, ...] = ()
    reached: tuple[Reach, ...] = ()
    absent: frozenset[str] = field(default_factory=frozenset)
    last_place: Location | None = None
    seconds: float = 0.0
    is_by_answer: bool = False


def rehearse(
    built: Built,
    ports: Ports,
    *,
    entry: EntryPoint,
    names: Sequence[str],
    settings: str,
    limit_s: float | None = None,
) -> Rehearsed:
    """Return how importing *entry* in the environment of *built* went; *names* are looked up afterwards.

    Shape: *settings* is Django's settings module where the trace knows it.
    """
    limit_s = limit_s or (_TIME_LIMIT_S if entry.attribute else _PROGRAM_LIMIT_S)
    limit_s = min(limit_s, built.case.contract.limits.start_s)
    driver = files("deploy_suite.checks.dependencies").joinpath("driver.py")
    with (
        as_file(driver) as path,
        tempfile.TemporaryDirectory(prefix="import-", dir=ports.workplace.run_folder) as place,
        _network(built, ports) as network,
    ):
        report = Path(place) / "report.jsonl"
        order = _order(built, entry, names=names, settings=settings)
        command = Command(
            argv=(str(built.environment.python), str(path)),
            cwd=_working_folder(built, entry),
            environment=built.environment.process_environment(binding.at_run(built.case.contract, built.bindings)),
            stdin=json.dumps({**order, "report": str(report), "limit_s": limit_s}),
        )
        completed = ports.runner.run(command, timeout_s=limit_s + 10, output_limit_bytes=_OUTPUT_BYTES, network=network)
        return _read(_lines(report), completed, top=built.environment.top, network=network)


def _order(built: Built, entry: EntryPoint, *, names: Sequence[str], settings: str) -> dict[str, Any]:
    top = built.environment.top.resolve()
    start = built.case.contract.start
    words = _server_call(start.text if start else "")
    program = words[0] if words else ""
    is_file = not entry.attribute and entry.file is not None and not entry.module.endswith("__main__")
    return {
        "top": str(top),
        "module": entry.module,
        "attribute": entry.attribute,
        "is_factory": entry.is_factory,
        "arguments": entry.arguments,
        "run_file": str(top / entry.file) if is_file and entry.file else "",
        "search_path": [str(top / path) for path in entry.search_path],
        "argv": [str(top / entry.file)] if is_file and entry.file else words or ["server"],
        "preload": list(_PRELOADED.get(program, ())),
        "is_django": entry.framework is Framework.DJANGO,
        "settings": settings,
        "names": list(names),
    }


def _server_call(text: str) -> list[str]:
    """Return the words of the call of a server in a start command, as the server finds them in `sys.argv`."""
    calls = (command.words for command in shell.parse(text).commands)
    return next((list(words[at:]) for words in calls for at, word in enumerate(words) if word in _PRELOADED), [])


def _working_folder(built: Built, entry: EntryPoint) -> Path:
    if entry.working_folder is None:
        return built.environment.workdir
    folder = built.environment.top / entry.working_folder
    return folder if on_disk.is_folder(folder) else built.environment.workdir


@contextlib.contextmanager
def _network(built: Built, ports: Ports) -> Iterator[Network]:
    with ports.networks.open(isolated=not built.case.preferences.allow_network) as network:
        socket = built.server.socket if built.server else None
        if socket is not None and network.is_isolated:
            for port in _database_ports(built):
                network.offer(port, socket)
        yield network


def _database_ports(built: Built) -> tuple[int, ...]:
    """Return the ports under which the variables name the throw-away server."""
    found: list[int] = []
    for name, value in built.bindings.values.items():
        variable = built.case.contract.variable(name)
        text = value.revealed()
        source = variable.source if variable else None
        if isinstance(source, FromDatabase) and source.part is DatabaseField.PORT and text.isdecimal():
            found.append(int(text))
        elif text.startswith("postgres"):
            found += _port_of(text)
    return tuple(dict.fromkeys(found))


def _port_of(url: str) -> list[int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return []
    return [port] if port and parts.hostname in {"127.0.0.1", "localhost"} else []


def _lines(report: Path) -> tuple[Mapping[str, Any], ...]:
    try:
        text = report.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(event for line in text.splitlines() if (event := _event(line)))


def _event(line: str) -> Mapping[str, Any] | None:
    """Return the event that *line* holds, None for one that was cut through when the process was killed."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _read(lines: Sequence[Mapping[str, Any]], completed: Completed, *, top: Path, network: Network) -> Rehearsed:
    events = {line["event"]: line for line in lines}
    error, ended = events.get("error"), events.get("ended")
    return Rehearsed(
        raised=tuple(_raised(item) for item in error["chain"]) if error else (),
        stage=ended["stage"] if ended else "import",
        has_ended=ended is not None,
        timed_out=completed.code == TIMED_OUT or "Timeout (" in completed.err,
        exit_code=completed.code,
        text=events.get("text", {}).get("text", ""),
        errors=completed.err,
        attempts=tuple(_attempt(line) for line in lines if line["event"] == "network"),
        reached=tuple(network.reached_for()),
        absent=frozenset(events.get("names", {}).get("absent", ())),
        last_place=_last_place(completed.err, top) if ended is None else None,
        seconds=completed.seconds,
    )


def _raised(item: Mapping[str, Any]) -> Raised:
    syntax = item.get("syntax")
    return Raised(
        type=item["type"],
        module=item["module"],
        message=item["message"],
        frames=tuple(Frame(**frame) for frame in item["frames"]),
        bases=tuple(item["bases"]),
        missing=item["missing"] or "",
        key=item["key"] or "",
        syntax=Frame(**syntax) if syntax else None,
    )


def _attempt(line: Mapping[str, Any]) -> Attempt:
    place = Location(line["file"], line["line"]) if line["file"] else None
    return Attempt(host=line["host"], port=line["port"], location=place)


def _last_place(errors: str, top: Path) -> Location | None:
    """Return the innermost own line in what faulthandler printed: `  File "…", line 3 in f`, most recent call first."""
    inside = f'File "{top.resolve()}/'
    for line in errors.splitlines():
        start = line.find(inside)
        if start < 0 or "site-packages" in line:
            continue
        file, _, rest = line[start + len(inside) :].partition('", line ')
        number = rest.split(" ", maxsplit=1)[0]
        return Location(file, int(number) if number.isdecimal() else 0)
    return None
