"""Imports an entry point as its server would and reports what happened, one JSON object a line.

Runs inside the service's own environment, with any Python from 3.8 on and nothing but the standard library. The order
comes on standard input; the report goes to the file that the order names, so that what the service prints cannot
disturb it.
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import importlib
import importlib.machinery
import importlib.util
import json
import linecache
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

_REPORTED_FRAMES = 60
_REPORTED_CHARACTERS = 20_000
_LONGEST_CHAIN = 8
_NETWORK_EVENTS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect")
# Loops and servers in C or Rust open their ports without an audit event.
_OWN_SERVERS = (("uvicorn", "Server", "run"), ("granian", "Granian", "serve"), ("sanic", "Sanic", "run"))


# Streamlit ends a script where it calls one of these; without a session they do nothing, and what follows them runs.
# Source: https://docs.streamlit.io/develop/api-reference/execution-flow/st.stop
_ENDS_OF_SCRIPT = ("stop", "rerun", "switch_page")


class _Serves(BaseException):
    """The program began to listen, or ended its page: everything that it imports before that is imported."""


class _Report:
    """The report file, and what of the running code is the project's own."""

    def __init__(self, path: str, top: str) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.process = os.getpid()
        self.top = os.path.realpath(top)
        self.told: set[tuple[str, int]] = set()

    def say(self, event: str, **values: object) -> None:
        """Append a line; children of this process say nothing."""
        if os.getpid() == self.process:
            os.write(self.descriptor, (json.dumps({**values, "event": event}) + "\n").encode("utf-8", "replace"))

    def own(self, file: str | None) -> str | None:
        """Return the path within the repository, or None for what is not the project's own code."""
        if not file or file.startswith("<"):
            return None
        path = os.path.realpath(file)
        is_foreign = "site-packages" in path or "dist-packages" in path or path.startswith(sys.prefix + os.sep)
        return None if is_foreign or not path.startswith(self.top + os.sep) else os.path.relpath(path, self.top)

    def place(self) -> dict[str, object]:
        """Return the innermost line of the project's own code that is running."""
        for frame, line in traceback.walk_stack(None):
            file = self.own(frame.f_code.co_filename)
            if file:
                return {"file": file, "line": line}
        return {"file": "", "line": 0}

    def reached(self, event: str, arguments: Any) -> None:  # noqa: ANN401  what an audit event carries
        """Report that the code wants to reach a host."""
        host, port = _address(event, arguments)
        if host and (host, port) not in self.told:
            self.told.add((host, port))
            self.say("network", host=host, port=port, **self.place())


def _address(event: str, arguments: Any) -> tuple[str, int]:  # noqa: ANN401  likewise
    if event == "socket.connect":
        address = arguments[1]
        is_internet = isinstance(address, tuple) and len(address) > 1
        return (str(address[0]), int(address[1])) if is_internet else ("", 0)
    host = arguments[0]
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    port = arguments[1] if event == "socket.getaddrinfo" else 0
    return str(host or ""), port if isinstance(port, int) else 0


def _frames(error: BaseException, report: _Report) -> list[dict[str, object]]:
    frames = [
        _frame(report, frame.filename, frame.lineno or 0, function=frame.name)
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen") and frame.filename != __file__
    ]
    return frames[-_REPORTED_FRAMES:]


def _frame(report: _Report, file: str, line: int, *, function: str) -> dict[str, object]:
    own = report.own(file)
    text = linecache.getline(file, line).strip()
    return {"file": own or file, "is_own": own is not None, "line": line, "function": function, "text": text}


def _described(error: BaseException, report: _Report) -> dict[str, object]:
    kind = type(error)
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    place = isinstance(error, SyntaxError) and error.filename
    return {
        "type": kind.__name__,
        "module": kind.__module__,
        "message": _message(error),
        "frames": _frames(error, report),
        "bases": [base.__name__ for base in kind.__mro__],
        "missing": error.name if isinstance(error, ImportError) else None,
        "key": key if isinstance(key, str) else None,
        "syntax": _frame(report, str(place), getattr(error, "lineno", 0) or 0, function="") if place else None,
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_REPORTED_CHARACTERS]
    except Exception:  # noqa: BLE001  foreign code: whatever it raises, the report goes on
        return "(its message cannot be shown)"


def _chain(error: BaseException | None, report: _Report) -> list[dict[str, object]]:
    """Return the exception and what led to it, outermost first."""
    chain: list[dict[str, object]] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(chain) < _LONGEST_CHAIN:
        seen.add(id(error))
        chain.append(_described(error, report))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _arrange(order: dict[str, Any]) -> None:
    """Make the process look as the server's does when it comes to the application.

    The server's own imports come first: what is imported by then, a file of the project can no longer shadow.
    """
    own_folder = Path(__file__).resolve().parent
    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != own_folder]
    for name in order["preload"]:
        with contextlib.suppress(BaseException):
            importlib.import_module(name)
    sys.path[:] = [*order["search_path"], *(path for path in sys.path if path not in order["search_path"])]
    sys.argv[:] = order["argv"]


def _serve_nothing() -> None:
    """Make servers that a program runs itself stop where they would listen: these bind outside Python's sockets."""
    for module, kind, method in _OWN_SERVERS:
        with contextlib.suppress(Exception):
            setattr(getattr(importlib.import_module(module), kind), method, _stop)
    if "streamlit" in sys.modules:
        for name in _ENDS_OF_SCRIPT:
            setattr(sys.modules["streamlit"], name, _stop)


def _stop(*_: object, **__: object) -> None:
    raise _Serves


def _load(order: dict[str, Any]) -> None:
    if not order["attribute"]:
        _serve_nothing()
        if order["run_file"]:
            runpy.run_path(order["run_file"], run_name="preflight_program")
        else:
            importlib.import_module(order["module"])
        return
    found: Any = importlib.import_module(order["module"])
    for part in order["attribute"].split("."):
        found = getattr(found, part)
    if order["is_factory"]:
        call: Any = ast.parse("f({})".format(order["arguments"]), mode="eval").body
        arguments = [ast.literal_eval(value) for value in call.args]
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
        found(*arguments, **named)


def _load_django(order: dict[str, Any]) -> None:
    """Let Django import the URL configuration, which otherwise happens at the first request.

    `manage.py` is not run but stood in for: its own work begins with the settings and django.setup().
    """
    if not order["attribute"] and order["settings"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", order["settings"])
        importlib.import_module("django").setup()
    if importlib.import_module("django.conf").settings.configured:
        _ = importlib.import_module("django.urls").get_resolver().url_patterns


def _absent(names: list[str]) -> list[str]:
    """Return those of the dotted names that nothing importable has."""
    return [name for name in names if not _is_there(name)]


def _is_there(name: str) -> bool:
    """Look the name up part by part for as long as its packages are mere namespaces; no package is run for it."""
    if name in sys.modules:
        return True
    parts = name.split(".")
    try:
        spec = importlib.util.find_spec(parts[0])
        for end in range(2, len(parts) + 1):
            if spec is None or spec.origin not in {None, "namespace"} or not spec.submodule_search_locations:
                break
            path = list(spec.submodule_search_locations)
            spec = importlib.machinery.PathFinder.find_spec(".".join(parts[:end]), path)
    except Exception:  # noqa: BLE001  import hooks of the service: an unknown answer is no absence
        return True
    return spec is not None


def _watch(order: dict[str, Any], report: _Report) -> None:
    def hook(event: str, arguments: Any) -> None:  # noqa: ANN401  likewise
        if event in _NETWORK_EVENTS:
            report.reached(event, arguments)
        elif event == "socket.bind" and not order["attribute"]:
            address = arguments[1]
            if isinstance(address, tuple) and len(address) > 1 and address[1]:
                raise _Serves

    sys.addaudithook(hook)


def _rehearse(order: dict[str, Any], report: _Report) -> str:
    """Import, and return how far that came."""
    stage = "import"
    try:
        _arrange(order)
        _watch(order, report)
        _load(order)
        if order["is_django"]:
            stage = "urls" if order["attribute"] else "import"
            _load_django(order)
    except _Serves:
        return "done"
    except BaseException as error:  # noqa: BLE001  the finding is made of whatever was raised
        if isinstance(error, SystemExit) and not error.code and not order["attribute"]:
            return "done"
        report.say("error", stage=stage, chain=_chain(error, report))
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        report.say("text", text=text[-_REPORTED_CHARACTERS:])
        return stage
    return "done"


def main() -> None:
    """Do as the order says."""
    os.nice(10)  # the service that is started beside goes first
    order = json.load(sys.stdin)
    report = _Report(order["report"], order["top"])
    faulthandler.enable()
    faulthandler.dump_traceback_later(order["limit_s"], exit=True)
    stage = _rehearse(order, report)
    report.say("names", absent=_absent(order["names"]))
    report.say("ended", stage=stage)
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads and exit handlers of the service would keep the process or run code that is no part of an import.
    os._exit(0)


if __name__ == "__main__":
    main()
