"""The command lines of web servers and workers into entry points, one reader a program."""

import ast
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model import on_disk, syntax_tree
from deploy_suite.model.project import EntryPoint
from deploy_suite.project import app_objects, companions, entry_place, module_files, server_options
from deploy_suite.project.entry_place import Place
from deploy_suite.project.server_options import Arguments

_CELERY_MAKERS: Final = frozenset({"celery.Celery", "celery.app.Celery", "celery.app.base.Celery"})

Reader = Callable[[tuple[str, ...], Place], EntryPoint | None]


def _gunicorn(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    """Options win over GUNICORN_CMD_ARGS, and those over the configuration file, as gunicorn has it."""
    given = server_options.parse(words, server_options.GUNICORN)
    preset = server_options.parse(_split(place.variables.get("GUNICORN_CMD_ARGS", "")), server_options.GUNICORN)
    options = {**preset.options, **given.options}
    both = Arguments(positional=given.positional or preset.positional, options=options)
    settings = _gunicorn_settings(both.value("-c", "--config"), place)
    there = place.moved(both.value("--chdir") or settings.get("chdir", ""))
    extra = (both.value("--pythonpath") or settings.get("pythonpath", "")).split(",")
    spec = both.positional[0] if both.positional else settings.get("wsgi_app", "")
    entry = entry_place.entry(
        spec, there, *(there.path(text) for text in extra if text), there.cwd, default="application"
    )
    file = _gunicorn_file(both.value("-c", "--config"), place)
    return replace(entry, companions=companions.of_gunicorn(both, settings, file, place)) if entry else None


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _gunicorn_settings(named: str, place: Place) -> Mapping[str, str]:
    """Return the literal strings that the configuration file assigns at its top level."""
    path = _gunicorn_file(named, place)
    source = app_objects.read(place.folder / path) if path is not None else None
    if source is None:
        return {}
    return {
        name: text
        for statement in source.tree.body
        for name, value in syntax_tree.bindings(statement)
        if (text := syntax_tree.text_of(value)) is not None
    }


def _gunicorn_file(named: str, place: Place) -> PurePosixPath | None:
    """Return the configuration file: the one named, else the one that gunicorn takes by itself."""
    text = named.removeprefix("file:") or "gunicorn.conf.py"
    if named.startswith("python:"):
        text = named.removeprefix("python:").replace(".", "/") + ".py"
    path = place.path(text)
    return path if path is not None and place.has(path) else None


def _uvicorn(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    given = server_options.parse(words, server_options.UVICORN)
    spec = given.positional[0] if given.positional else place.variables.get("UVICORN_APP", "")
    entry = entry_place.entry(
        spec, place, place.path(given.value("--app-dir") or "."), is_factory=given.has("--factory")
    )
    return replace(entry, companions=companions.of_uvicorn(given, place)) if entry else None


def _hypercorn(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    """Hypercorn takes a path in front of the module and puts its folder first: `src/main:app`."""
    given = server_options.parse(words, server_options.HYPERCORN)
    spec = given.positional[0] if given.positional else ""
    mode, _, rest = spec.partition(":")
    spec = rest if mode in {"asgi", "wsgi"} else spec
    path, sign, attribute = spec.partition(":")
    folder, _, module = path.rpartition("/")
    name = module.removesuffix(".py")
    entry = entry_place.entry(f"{name}{sign}{attribute}", place, place.path(folder or "."), place.cwd)
    return replace(entry, companions=companions.of_hypercorn(given)) if entry else None


def _daphne(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    given = server_options.parse(words, server_options.DAPHNE)
    return entry_place.entry(given.positional[0], place, place.cwd) if given.positional else None


def _granian(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    given = server_options.parse(words, server_options.GRANIAN)
    there = place.moved(given.value("--working-dir"))
    is_factory = given.has("--factory")
    return entry_place.entry(given.positional[0], there, there.cwd, is_factory=is_factory) if given.positional else None


def _waitress(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    given = server_options.parse(words, server_options.WAITRESS)
    spec = given.value("--app") or (given.positional[0] if given.positional else "")
    return entry_place.entry(spec, place, place.cwd, is_factory=given.has("--call"))


def _simple(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    given = server_options.parse(words, server_options.SIMPLE)
    specs = [word for word in given.positional if ":" in word]
    return entry_place.entry(specs[0], place, place.cwd) if specs else None


def _flask(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    """Source: https://flask.palletsprojects.com/en/stable/cli/#application-discovery."""
    given = server_options.parse(words, server_options.FLASK)
    if "run" not in given.positional:
        return None
    named = given.value("-A", "--app") or place.variables.get("FLASK_APP", "")
    names = (named,) if named else ("wsgi.py", "app.py")
    return next((entry for name in names if (entry := _flaskentry(name, place, is_named=bool(named)))), None)


def _flaskentry(name: str, place: Place, *, is_named: bool) -> EntryPoint | None:
    text, _, expression = name.partition(":")
    path = place.path(text if "/" in text or text.endswith(".py") else text.replace(".", "/"))
    if path is None:
        return None
    file = next((f for f in (path, path / "__init__.py", path.parent / f"{path.name}.py") if place.has(f)), None)
    if file is None:
        return entry_place.entry(name, place, place.cwd) if is_named and not text.endswith(".py") else None
    base, module = module_files.package_root(place.folder, file)
    attribute = expression or _flask_attribute(place.folder / file)
    entry = entry_place.entry(f"{module}:{attribute}", place, base)
    is_factory = entry is not None and attribute in {"create_app", "make_app"}
    return replace(entry, is_factory=entry.is_factory or is_factory) if entry else None


def _flask_attribute(file: Path) -> str:
    source = app_objects.read(file)
    found = app_objects.objects(source) if source else ()
    bound = {item.attribute for item in found} | set(source.names if source else ())
    names = (
        *(name for name in ("app", "application") if name in bound),
        *(i.attribute for i in found if not i.is_factory),
    )
    factories = (name for name in ("create_app", "make_app") if name in bound)
    return next(iter((*names, *factories)), "app")


def _fastapi(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    """Source: fastapi_cli/discover.py: these default files, then the first of `app`, `api`, any FastAPI object."""
    given = server_options.parse(words, server_options.FASTAPI)
    if not given.positional or given.positional[0] not in {"run", "dev"}:
        return None
    defaults = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
    if spec := given.value("-e", "--entrypoint"):
        return entry_place.entry(spec, place, place.cwd)
    named = given.positional[1:2] or tuple(text for text in defaults if place.has(place.cwd / text))[:1]
    path = place.path(named[0]) if named else None
    if path is None:
        return None
    file = path / "__init__.py" if on_disk.is_folder(place.folder / path) else path
    base, module = module_files.package_root(place.folder, file)
    return entry_place.entry(f"{module}:{given.value('--app') or _fastapi_attribute(place.folder / file)}", place, base)


def _fastapi_attribute(file: Path) -> str:
    source = app_objects.read(file)
    bound = [item.attribute for item in app_objects.objects(source) if not item.is_factory] if source else []
    return next((name for name in ("app", "api", *bound) if name in bound), "app")


def _celery(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    """`-A proj` is proj.celery where that exists; `-A a.b` is the module a.b, else `b` in the module a."""
    given = server_options.parse(words, server_options.CELERY)
    spec = given.value("-A", "--app") or place.variables.get("CELERY_APP", "")
    there = place.moved(given.value("--workdir"))
    if not spec or ":" in spec:
        return entry_place.entry(spec, there, there.cwd) if spec else None
    exists = [m for m in (f"{spec}.celery", spec) if module_files.find(there.folder, (there.cwd,), module=m)]
    if exists:
        return entry_place.entry(f"{exists[0]}:{_celery_attribute(exists[0], there)}", there, there.cwd)
    module, _, attribute = spec.rpartition(".")
    return entry_place.entry(f"{module}:{attribute}" if module else f"{spec}:app", there, there.cwd)


def _celery_attribute(module: str, place: Place) -> str:
    """Return the name of the application that Celery takes: `app`, else `celery`, else whatever in the module is one.

    Shape: a name that only may be one where none certainly is; "app" where there is none at all.
    Source: find_app in https://github.com/celery/celery/blob/main/celery/app/utils.py
    """
    file = module_files.find(place.folder, (place.cwd,), module=module)
    source = app_objects.read(place.folder / file) if file else None
    if source is None:
        return "app"
    values = [pair for statement in source.tree.body for pair in syntax_tree.bindings(statement)]
    bound = {name for name, _ in values} | set(source.names)
    calls = [(name, value) for name, value in values if isinstance(value, ast.Call)]
    made = [name for name, call in calls if app_objects.dotted(source, call.func) in _CELERY_MAKERS]
    usual = [name for name in ("app", "celery") if name in bound]
    return next(iter((*usual, *made, *(name for name, _ in calls), *source.names)), "app")


def _dotted(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    """A worker that takes a module or `module.attribute`: arq, dramatiq, huey."""
    given = server_options.parse(words, server_options.SIMPLE)
    spec = given.positional[0] if given.positional else ""
    if not spec or module_files.find(place.folder, (place.cwd,), module=spec):
        return entry_place.entry(f"{spec}:app", place, place.cwd)
    module, _, attribute = spec.replace(":", ".").rpartition(".")
    return entry_place.entry(f"{module or spec}:{attribute}", place, place.cwd)


def _streamlit(words: tuple[str, ...], place: Place) -> EntryPoint | None:
    given = server_options.parse(words, server_options.SIMPLE)
    files = [word for word in given.positional if word.endswith(".py")]
    return entry_place.program(files[0], place) if files else None


SERVERS: Final[Mapping[str, tuple[int, Reader]]] = {
    "gunicorn": (0, _gunicorn),
    "uvicorn": (0, _uvicorn),
    "hypercorn": (0, _hypercorn),
    "daphne": (0, _daphne),
    "granian": (0, _granian),
    "waitress-serve": (0, _waitress),
    "waitress": (0, _waitress),
    "flask": (0, _flask),
    "fastapi": (0, _fastapi),
    "sanic": (0, _simple),
    "mangum": (0, _simple),
    "streamlit": (0, _streamlit),
    "celery": (2, _celery),
    "dramatiq": (2, _dotted),
    "arq": (2, _dotted),
    "huey_consumer": (2, _dotted),
    "huey_consumer.py": (2, _dotted),
}
