"""The API itself: requests over HTTP/1.1 → what the platform does, and JSON as documented."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.standin.contract import Contract
from tests.standin.faults import Fault, Faults, cut
from tests.standin.operations import Operations, Reply

_HANGING_S = 60.0


class Api:
    """Serves the API at a port of this machine, until it is closed."""

    def __init__(self, operations: Operations, faults: Faults, contract: Contract, *, key: str, port: int = 0) -> None:
        """Serve *operations* to whoever has *key*."""
        self.operations, self.faults, self.contract, self.key = operations, faults, contract, key
        self.requests: list[tuple[str, str, object]] = []
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    api: Api
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        self.close_connection = True
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        route = self.api.operations.route(self.command, parts.path)
        if route is None:
            self._reply(Reply(404, {"id": "err", "message": f"no such path: {parts.path}"}))
            return
        operation, arguments = route
        if operation == "pushed":
            self._reply(self.api.operations.pushed(body.decode()))
            return
        with self.api.operations.platform.lock:
            self.api.requests.append((operation, parts.path, _parsed(body)))
        fault = self.api.faults.take(operation, self.api.operations.status_of(arguments))
        with contextlib.suppress(ConnectionError):
            if fault is not None and not fault.is_carried_out:
                self._misbehave(fault, Reply(200, {}))
                return
            reply = self._carried_out(operation, arguments, query, body)
            if fault is not None:
                self._misbehave(fault, reply)
            else:
                self._reply(reply)

    def _carried_out(
        self, operation: str, arguments: dict[str, str], query: list[tuple[str, str]], body: bytes
    ) -> Reply:
        content = _parsed(body)
        is_hook = operation == "deploy-hook"
        if not is_hook:
            self.api.contract.check_request(operation, query, content, has_body=bool(body))
            if self.headers.get("Authorization") != f"Bearer {self.api.key}":
                return self._checked(operation, Reply(401, {"id": "err", "message": "Unauthorized"}))
        reply = self.api.operations.run(operation, arguments, query, content)
        return reply if is_hook else self._checked(operation, reply)

    def _checked(self, operation: str, reply: Reply) -> Reply:
        self.api.contract.check_answer(operation, reply.status, reply.body)
        return reply

    def _reply(self, reply: Reply) -> None:
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        self._head(reply.status, content, reply.headers)
        self.wfile.write(content)

    def _head(self, status: int, content: bytes, headers: dict[str, str], kind: str = "application/json") -> None:
        self.send_response(status)
        limits = {"Ratelimit-Limit": "400", "Ratelimit-Remaining": "399", "Ratelimit-Reset": "45"}
        for name, value in {"Content-Type": kind, **limits, **headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()

    def _misbehave(self, fault: Fault, reply: Reply) -> None:
        content = json.dumps(reply.body).encode()
        match fault.kind:
            case "429":
                headers = {"Retry-After": fault.retry_after, "Ratelimit-Remaining": "0"}
                self._reply(Reply(429, {"id": "err", "message": "rate limit exceeded"}, headers))
            case "500" | "503":
                self._reply(Reply(int(fault.kind), {"id": "err", "message": "internal server error"}))
            case "502" | "garbage":
                page = b"<html><body>Bad gateway</body></html>"
                self._head(502 if fault.kind == "502" else 200, page, {}, kind="text/html")
                self.wfile.write(page)
            case "timeout":
                self.api.closing.wait(_HANGING_S)
            case "reset":
                cut(self.connection)
            case "half-closed":
                self._head(reply.status, content + b" " * 64, {})
                self.wfile.write(content[: len(content) // 2])
            case "empty":
                pass
            case refusal:
                self._reply(Reply(int(refusal), {"id": "err", "message": f"refused with {refusal}"}))


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
