"""What servers import beside the application: worker classes, event loops, protocols, loggers, their own settings."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model.project import Companion
from deploy_suite.project.entry_place import Place
from deploy_suite.project.server_options import Arguments

# gunicorn/workers/__init__.py: what each of its own classes imports that is no part of gunicorn.
_GUNICORN_WORKERS: Final[Mapping[str, str]] = {
    "gevent": "gevent",
    "gevent_pywsgi": "gevent",
    "gevent_wsgi": "gevent",
    "eventlet": "eventlet",
    "tornado": "tornado",
}
# uvicorn/config.py: LOOP_FACTORIES, HTTP_PROTOCOLS, WS_PROTOCOLS; "auto" takes what is there.
_UVICORN: Final[Mapping[str, Mapping[str, str]]] = {
    "--loop": {"uvloop": "uvloop"},
    "--http": {"h11": "h11", "httptools": "httptools"},
    "--ws": {"websockets": "websockets", "websockets-sansio": "websockets", "wsproto": "wsproto"},
}
_HYPERCORN: Final[Mapping[str, str]] = {"uvloop": "uvloop", "trio": "trio"}
_YAML: Final = (".yaml", ".yml")
# logging.config: an INI file's `class=`, a dictionary's "class", "()" and "factory".
_LOGGING_CLASS: Final = re.compile(
    r"""(?m)^\s*-?\s*["']?(?:class|\(\)|factory)["']?\s*[:=]\s*["']?(?P<name>[A-Za-z_]\w*(?:\.\w+)+)["']?\s*,?\s*$"""
)
_CLASS: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_LARGEST_BYTES: Final = 1024 * 1024


def of_gunicorn(
    given: Arguments, settings: Mapping[str, str], file: PurePosixPath | None, place: Place
) -> tuple[Companion, ...]:
    """Return what gunicorn imports: its settings file, the worker class, the logger class, what a log config names."""
    return tuple(_of_gunicorn(given, settings, file, place))


def _of_gunicorn(
    given: Arguments, settings: Mapping[str, str], file: PurePosixPath | None, place: Place
) -> Iterator[Companion]:
    if file is not None:
        yield Companion(file=file, label=f"gunicorn's settings {file}")
    worker = given.value("-k", "--worker-class") or settings.get("worker_class", "")
    if name := _GUNICORN_WORKERS.get(worker, _module(worker)):
        yield Companion(module=name, label=f'worker class "{worker}"')
    logger = given.value("--logger-class") or settings.get("logger_class", "")
    if name := _module(logger):
        yield Companion(module=name, label=f'logger class "{logger}"')
    yield from _log_config(given.value("--log-config") or settings.get("logconfig", ""), place)


def _module(text: str) -> str:
    """Return the module in which a class lies, "" for one of gunicorn's own and for what is no dotted name."""
    return text.rpartition(".")[0] if _CLASS.fullmatch(text) and not text.startswith("gunicorn.") else ""


def of_uvicorn(given: Arguments, place: Place) -> tuple[Companion, ...]:
    """Return what uvicorn imports for its options.

    Source: https://www.uvicorn.org/settings/: a YAML log config needs PyYAML, an environment file python-dotenv.
    """
    return tuple(_of_uvicorn(given, place))


def _of_uvicorn(given: Arguments, place: Place) -> Iterator[Companion]:
    for option, modules in _UVICORN.items():
        chosen = given.value(option)
        if name := modules.get(chosen, chosen.partition(":")[0] if ":" in chosen else ""):
            yield Companion(module=name, label=f"{option} {chosen}")
    config = given.value("--log-config")
    if config.endswith(_YAML):
        yield Companion(module="yaml", label=f"--log-config {config}")
    yield from _log_config(config, place)
    if given.has("--env-file"):
        yield Companion(module="dotenv", label=f"--env-file {given.value('--env-file')}")


def of_hypercorn(given: Arguments) -> tuple[Companion, ...]:
    """Return what hypercorn imports for its worker class."""
    worker = given.value("-k", "--worker-class")
    name = _HYPERCORN.get(worker)
    return (Companion(module=name, label=f'worker class "{worker}"'),) if name else ()


def _log_config(text: str, place: Place) -> Iterator[Companion]:
    """Return the classes that a file of logging settings names, those of the standard library left to the trace."""
    path = place.path(text) if text else None
    if path is None or not place.has(path):
        return
    with (place.folder / path).open("rb") as stream:
        content = stream.read(_LARGEST_BYTES).decode("utf-8", errors="replace")
    for match in dict.fromkeys(match["name"] for match in _LOGGING_CLASS.finditer(content)):
        if name := _module(match):
            yield Companion(module=name, label=f'{path} "{match}"')
