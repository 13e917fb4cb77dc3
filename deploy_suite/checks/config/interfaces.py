"""What the application speaks, WSGI or ASGI, against what its server does."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config import gunicorn, saying
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.knowledge.platforms import servers
from deploy_suite.model import syntax_tree
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.project import app_objects, module_files, server_options
from deploy_suite.project.app_objects import Source

_MAKERS: Final = {
    "fastapi.FastAPI": "asgi",
    "fastapi.applications.FastAPI": "asgi",
    "starlette.applications.Starlette": "asgi",
    "quart.Quart": "asgi",
    "litestar.Litestar": "asgi",
    "falcon.asgi.App": "asgi",
    "channels.routing.ProtocolTypeRouter": "asgi",
    "django.core.asgi.get_asgi_application": "asgi",
    "django.core.wsgi.get_wsgi_application": "wsgi",
    "flask.Flask": "wsgi",
    "bottle.Bottle": "wsgi",
    "falcon.App": "wsgi",
}
_FOLLOWED: Final = 3


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield servers that speak the other protocol: the service would start and answer every request with 500."""
    entry = subject.contract.entry
    if entry is None or entry.file is None or not entry.attribute or entry.is_factory:
        return
    speaks = _spoken(subject, entry, entry.file, entry.attribute, _FOLLOWED)
    for call in subject.calls.of(Step.START):
        server = _server_speaks(call, subject) if call.always_runs else None
        if speaks and server and speaks != server[0]:
            yield _mismatch(call, subject, entry, speaks, server[1])


def _mismatch(call: Call, subject: Subject, entry: EntryPoint, speaks: str, server: str) -> Finding:
    return saying.of_call(
        subject,
        call,
        code="wsgi-asgi-mismatch",
        message=f"{entry.spec} speaks {speaks.upper()}, and {server} does not: every request would get a 500",
        remedy=_remedy(call, subject, entry, speaks),
        evidence=(f"{Location(str(entry.file))}: {entry.attribute} is made for {speaks.upper()}",),
    )


def _remedy(call: Call, subject: Subject, entry: EntryPoint, speaks: str) -> str:
    where = saying.where(subject, call)
    if speaks == "asgi":
        return (
            f"write `-k uvicorn_worker.UvicornWorker` (package uvicorn-worker) for gunicorn in {where}, "
            f"or start with `uvicorn {entry.spec} --host 0.0.0.0 --port $PORT`"
        )
    if other := _of_asgi_beside(subject, entry):
        return f"write `{other}` in place of `{entry.spec}` in {where}"
    return f"start with `gunicorn {entry.spec}` and no ASGI worker class in {where}"


def _of_asgi_beside(subject: Subject, entry: EntryPoint) -> str:
    """Return the application in the asgi.py beside Django's wsgi.py, "" where there is none."""
    if entry.file is None or entry.file.stem != "wsgi":
        return ""
    file = entry.file.with_name("asgi.py")
    speaks = _spoken(subject, entry, file, entry.attribute, _FOLLOWED)
    return f"{entry.module.removesuffix('wsgi')}asgi:{entry.attribute}" if speaks == "asgi" else ""


def _spoken(subject: Subject, entry: EntryPoint, file: PurePosixPath, attribute: str, levels: int) -> str | None:
    """Return what the application speaks, None unless it is made by a known call and nothing wraps it."""
    source = app_objects.read(subject.folder / file)
    if source is None:
        return None
    values = [
        value
        for statement in syntax_tree.statements(source.tree.body)
        for name, value in syntax_tree.bindings(statement)
        if name == attribute
    ]
    if values:
        return _of_value(values, source)
    origin = source.names.get(attribute, "")
    module, _, inner = origin.rpartition(".")
    if not module or module.startswith(".") or not levels:
        return None
    base = module_files.find(subject.folder, entry.search_path, module=module)
    return _spoken(subject, entry, base, inner, levels - 1) if base and base != file else None


def _of_value(values: list[ast.expr], source: Source) -> str | None:
    made = {_MAKERS.get(app_objects.dotted(source, one.func)) if isinstance(one, ast.Call) else None for one in values}
    return made.pop() if len(made) == 1 else None


def _server_speaks(call: Call, subject: Subject) -> tuple[str, str] | None:
    """Return what the server of *call* speaks and its name, None where it speaks both or cannot be told."""
    if call.program == "uvicorn":
        given = server_options.parse(call.words, server_options.UVICORN).value("--interface")
        return ("asgi", "uvicorn") if given in {"", "auto", "asgi3"} else None
    if call.program == "daphne":
        return "asgi", "daphne"
    if call.program == "waitress-serve":
        return "wsgi", "waitress"
    return _gunicorn_speaks(call, subject) if call.program == "gunicorn" else None


def _gunicorn_speaks(call: Call, subject: Subject) -> tuple[str, str] | None:
    given = gunicorn.setting(call, subject, options=("-k", "--worker-class"), name="worker_class")
    if given is None:
        return "wsgi", "gunicorn's sync worker"
    worker = servers.worker(given.value) if given.value else None
    return (worker.speaks, f"the worker class {given.value}") if worker else None
