"""A door in front of a PostgreSQL server that speaks TLS, as managed servers do; the packaged server cannot.

Many services insist on it (`sslmode=require`, `ssl_require=True`) and would fail here for no fault of theirs. Whoever
comes before the server runs, or to a database that is not there yet, waits at the door.
"""

import asyncio
import contextlib
import os
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy_suite.model.command import Command
from deploy_suite.ports import Runner, Workplace

_HOST: Final = "127.0.0.1"
_BLOCK_BYTES: Final = 65536
_READY_S: Final = 10.0
_OPENSSL_S: Final = 30.0
# Clients of PostgreSQL speak first, those of MySQL wait for the server's word; the server itself would allow a minute.
# Source: https://www.postgresql.org/docs/18/runtime-config-connection.html#GUC-AUTHENTICATION-TIMEOUT
_GREETING_S: Final = 15.0
# Source: https://www.postgresql.org/docs/18/protocol-message-formats.html (SSLRequest, GSSENCRequest)
_WANTS_TLS: Final = bytes.fromhex("0000000804d2162f")
_WANTS_GSS: Final = bytes.fromhex("0000000804d21630")


def certificate(runner: Runner, workplace: Workplace) -> Path | None:
    """Return a file with a key and a certificate, made once by the system's openssl; None where that is missing."""
    kept = workplace.cache / "postgres" / "tls.pem"
    program = shutil.which("openssl")
    is_usable = _is_usable(kept)
    if is_usable or program is None:
        return kept if is_usable else None
    kept.parent.mkdir(parents=True, exist_ok=True)
    key, made = (workplace.run_folder / name for name in ("tls.key", "tls.crt"))
    command = Command(
        argv=(
            *(program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "3650", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(made)),
        ),
        cwd=workplace.run_folder,
        environment={"PATH": os.defpath, "HOME": str(workplace.run_folder)},
    )
    if not runner.run(command, timeout_s=_OPENSSL_S).ok:
        return None
    both = workplace.run_folder / kept.name
    both.touch(mode=0o600)
    both.write_bytes(key.read_bytes() + made.read_bytes())
    shutil.rmtree(kept, ignore_errors=True)
    shutil.move(both, kept)
    for file in (key, made):
        file.unlink()
    return kept


def _is_usable(pem: Path) -> bool:
    """Whether a key and its certificate can be read from *pem*; a disk that was full may hold a part of them."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pem)
    except OSError:  # ssl.SSLError is one
        return False
    return True


@contextmanager
def opened(folder: Path, pem: Path | None) -> Iterator["Front"]:
    """Listen on a port of the loopback and on the socket of that number in *folder*; without *pem* TLS is refused."""
    context = None
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    front = Front(folder, context)
    thread = threading.Thread(target=front.run, name="postgres-front", daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.close()
        thread.join(_READY_S)


class Gate:
    """A port, and the unix socket of that number, at which visitors wait until it is opened."""

    def __init__(self, port: int, socket: Path, loop: asyncio.AbstractEventLoop) -> None:
        """Use the event loop in which the visitors wait."""
        self.port = port
        self.socket = socket
        self._loop = loop
        self._open = asyncio.Event()
        self._first_s: float | None = None
        self._waited_s = 0.0

    @property
    def waited_s(self) -> float:
        """How long the first visitor has waited."""
        return self._waited_s if self._first_s is None else time.monotonic() - self._first_s

    def open(self) -> None:
        """Let everybody in from now on."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._open.set)

    async def passed(self) -> None:
        """Wait until it is open."""
        if self._open.is_set():
            return
        self._first_s = self._first_s or time.monotonic()
        await self._open.wait()
        if self._first_s is not None:
            self._waited_s, self._first_s = time.monotonic() - self._first_s, None


class Front:
    """Takes connections in the server's name, before it runs too."""

    def __init__(self, folder: Path, context: ssl.SSLContext | None) -> None:
        """Keep sockets in *folder*."""
        self._folder = folder
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._main: Gate | None = None
        self._server = Path()
        self._listeners: list[asyncio.Server] = []
        self._visits: set[asyncio.Task[None]] = set()

    def run(self) -> None:
        """Serve until `close`."""
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._ready.set()
            self._loop.close()

    @property
    def main(self) -> Gate:
        """The gate of all databases that exist, once the front listens. Raises: OSError."""
        if not self._ready.wait(_READY_S) or self._main is None:
            raise OSError("the door in front of PostgreSQL does not open")
        return self._main

    def lead_to(self, server: Path) -> None:
        """Let who came to the main gate through to the server at the socket *server*."""
        self._server = server
        self.main.open()

    def gated(self) -> Gate:
        """Return a closed gate with a port and a socket of its own. Raises: OSError."""
        return asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_READY_S)

    def close(self) -> None:
        """Stop serving."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.set)

    async def _serve(self) -> None:
        self._main = await self._listen()
        self._ready.set()
        await self._stop.wait()
        for listener in self._listeners:
            listener.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def _listen(self) -> Gate:
        async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._visit(reader, writer, gate)

        tcp = await asyncio.start_server(visit, _HOST, 0)
        port = tcp.sockets[0].getsockname()[1]
        gate = Gate(port, self._folder / f".s.PGSQL.{port}", self._loop)
        unix = await asyncio.start_unix_server(visit, gate.socket)
        gate.socket.chmod(0o777)
        self._listeners += [tcp, unix]
        return gate

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: Gate) -> None:
        task = asyncio.current_task()
        if task:
            self._visits.add(task)
            task.add_done_callback(self._visits.discard)
        try:
            await gate.passed()
            async with asyncio.timeout(_GREETING_S):
                first = await self._greeted(reader, writer)
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._server)
            inner_writer.write(first)
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _greeted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Answer the requests for encryption and return the first bytes meant for the server."""
        while True:
            first = await reader.readexactly(len(_WANTS_TLS))
            if first == _WANTS_TLS and self._context:
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self._context)
            elif first in {_WANTS_TLS, _WANTS_GSS}:
                writer.write(b"N")
            else:
                return first


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end, then end the other side."""
    try:
        while block := await reader.read(_BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
