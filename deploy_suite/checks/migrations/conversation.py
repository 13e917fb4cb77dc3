"""A rehearser at work in the service's environment: orders go in, replies come out, a file each."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations.replies import ENDED, PROCESS, Failure, Reply
from deploy_suite.checks.migrations.tools import Kind, Tool, option
from deploy_suite.checks.waiting import until
from deploy_suite.environments import bindings as binding
from deploy_suite.model.command import Command
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.ports import Clock, Network, Ports, Process, Progress

_PROGRAM: Final = Path(__file__).with_name("rehearser")
_PAUSE_S: Final = 0.004


class Conversation:
    """The orders given to one rehearser."""

    def __init__(self, process: Process, folder: Path, *, clock: Clock, progress: Progress) -> None:
        """Speak with *process* through the files in *folder*."""
        self.name = folder.name
        self._process = process
        self._orders = folder / "orders"
        self._replies = folder / "replies"
        self._clock = clock
        self._progress = progress
        self._read = 0

    def ask(
        self, step: str, *, timeout_s: float, database: DatabaseAddress | None = None, file: str = "", **order: object
    ) -> Reply:
        """Return what came of the order *step*; a rehearser that ended or took too long is a failure too.

        Shape: connections are led to *database*, or to the SQLite file *file*; without either the service's own
        variables say where.
        """
        given: dict[str, object] = {"step": step, "file": file, **order}
        if database is not None:
            given["database"] = {
                "name": database.name,
                "user": database.user,
                "password": database.password.revealed(),
            }
        with self._orders.open("a", encoding="utf-8") as orders:
            orders.write(json.dumps(given) + "\n")
        reply = until(
            self._reply,
            timeout_s=timeout_s,
            clock=self._clock,
            progress=self._progress,
            waiting_for=lambda: f"migrations: {step}",
            shortest_pause_s=_PAUSE_S,
        )
        if reply is None:
            self.end()
            return self._lost(f"did not finish the step {step} in {timeout_s:.0f} s")
        return reply

    def end(self) -> None:
        """End the rehearser."""
        self._process.kill()

    def _reply(self) -> Reply | None:
        """Return the reply that has come, or that none will come; None as long as one may."""
        has_ended = self._process.exit_code() is not None  # asked first: it may write its last line and end
        if (line := self._line()) is not None:
            return Reply.of(json.loads(line))
        code = self._process.exit_code()
        return self._lost(f"ended with code {code}", kind=PROCESS if code else ENDED) if has_ended else None

    def _line(self) -> str | None:
        try:
            with self._replies.open(encoding="utf-8") as replies:
                replies.seek(self._read)
                line = replies.readline()
                if not line.endswith("\n"):
                    return None
                self._read = replies.tell()
        except FileNotFoundError:
            return None
        return line

    def _lost(self, what: str, *, kind: str = PROCESS) -> Reply:
        output = self._process.output()
        last = next((line for line in reversed(output.splitlines()) if line.strip()), "")
        failure = Failure(kind=kind, message=f"it {what}: {last}" if last else f"it {what}", traceback=output)
        return Reply(failure=failure)


@contextmanager
def opened(
    built: Built,
    tool: Tool,
    ports: Ports,
    *,
    bindings: Bindings,
    network: Network,
    server: DatabaseAddress | None,
) -> Iterator[Conversation]:
    """Start a rehearser of *tool* as the target would start the command, and end it when the context is left."""
    folder = ports.workplace.run_folder / f"rehearser-{built.case.contract.service}-{ports.clock.now_s():.6f}"
    folder.mkdir(parents=True)
    (folder / "orders").touch()
    job = folder / "job.json"
    job.write_text(json.dumps(_job(built, tool, folder, server)), encoding="utf-8")
    values = binding.at_run(built.case.contract, bindings)
    command = Command(
        argv=(str(built.environment.python), str(_PROGRAM), str(job)),
        cwd=built.environment.top / tool.folder,
        environment={**built.environment.process_environment(values), **dict(tool.assignments)},
    )
    with ports.launcher.start(command, network=network) as process:
        yield Conversation(process, folder, clock=ports.clock, progress=ports.progress)


def _job(built: Built, tool: Tool, folder: Path, server: DatabaseAddress | None) -> Mapping[str, Any]:
    working = built.environment.top / tool.folder
    return {
        "tool": tool.kind.value,
        "argv": list(tool.argv),
        "shown_argv": [tool.manage or tool.kind.value, *tool.argv],
        "path": [*_stated_path(built, tool), _first_on_path(built, tool)],
        "server": {"host": server.host, "port": server.port} if server else None,
        "committed": {"build": str(built.environment.top), "commit": str(built.case.snapshot.folder)},
        "folders": [str(built.environment.top)],
        "orders": str(folder / "orders"),
        "replies": str(folder / "replies"),
        "manage": str(working / tool.manage) if tool.manage else "",
        "settings": option(tool.argv, "--settings", default=""),
    }


def _stated_path(built: Built, tool: Tool) -> tuple[str, ...]:
    """Return the folder that the command itself puts in front of all others."""
    stated = option(tool.argv, "--pythonpath", default="") if tool.kind is Kind.DJANGO else ""
    return (str(built.environment.top / tool.folder / stated),) if stated else ()


def _first_on_path(built: Built, tool: Tool) -> str:
    """Return what Python puts first on the path of modules: the folder of the script that was started."""
    working = built.environment.top / tool.folder
    if tool.kind is Kind.DJANGO and tool.manage:
        return str((working / tool.manage).parent)
    return str(working) if tool.imports_folder else str(built.environment.venv / "bin")
