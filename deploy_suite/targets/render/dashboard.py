"""A folder of sources into the commands that Render's Dashboard proposes, or that the project itself suggests."""

import difflib
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.manifests import pyproject as pyproject_file
from deploy_suite.manifests import requirements_file
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model import on_disk
from deploy_suite.model.project import CommandText, EntryPoint, Framework
from deploy_suite.project import app_finder, app_objects, entry_points, snapshot_files

_INSTALLS: Final = re.compile(r"\b(pip3?|uv|poetry|pipenv)\s+(\S+\s+)?(install|sync)\b|\bmake\s+\S*(install|build)\b")
_SERVES: Final = re.compile(r"\b(gunicorn|uvicorn|hypercorn|daphne|waitress-serve|granian|flask\s+run|runserver)\b")
_MANIFESTS: Final = ("requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock")
_REQUIREMENTS: Final = "requirements.txt"
_ALMOST: Final = 0.85
_PORT: Final = "--host 0.0.0.0 --port $PORT"
# A script that bears the target's name is meant for it before any other.
_START_SCRIPTS: Final = ("render_start.sh", "render-start.sh", "start_render.sh", "start-render.sh", "start.sh")
_BUILD_SCRIPTS: Final = ("render_build.sh", "render-build.sh", "build_render.sh", "build-render.sh", "build.sh")
# Channels' own class: what it routes besides HTTP, no WSGI server can answer.
_ROUTES_PROTOCOLS: Final = re.compile(r"\bProtocolTypeRouter\(")
_PAGE: Final = re.compile(r"^(?:import|from)[ \t]+streamlit\b", re.MULTILINE)
_USUAL_PAGES: Final = ("streamlit_app.py", "app.py", "main.py", "Home.py", "home.py", "dashboard.py")
_USUAL_SCRIPTS: Final = ("main.py", "app.py", "server.py", "run.py")
_RUNS: Final = re.compile(
    r"\b(?:uvicorn|hypercorn|granian|bottle)\.run\(|\brun_app\(|\bserve\(|\bHTTPServer\(|\.listen\(|\.run\([^)]*\bport\b"
)
_RUNS_ITSELF: Final = re.compile(r"^if __name__ == ['\"]__main__['\"]", re.MULTILINE)


def build_command(folder: Path, root: PurePosixPath) -> CommandText | None:
    """Return the build command: the project's own script, else the Dashboard's proposal for its manifests.

    Source: https://render.com/docs/uv-version, https://render.com/docs/poetry-version
    """
    script = _script(folder, root, _BUILD_SCRIPTS, _INSTALLS)
    if script is not None:
        return script
    has = {name for name in _MANIFESTS if snapshot_files.find(folder, root / name)}
    pyproject = snapshot_files.text(folder, root / "pyproject.toml") or ""
    choices = (
        ("uv.lock" in has, "uv sync --frozen && uv cache prune --ci"),
        ("poetry.lock" in has and ("requirements.txt" not in has or _lags(folder, root, pyproject)), "poetry install"),
        ("requirements.txt" in has, "pip install -r requirements.txt"),
        ("[tool.poetry" in pyproject, "poetry install"),
        ("Pipfile" in has, "pip install pipenv && pipenv install --system"),
        (bool(re.search(r"^\[(project|build-system)\]", pyproject, re.MULTILINE)), "pip install ."),
        (snapshot_files.find(folder, root / "setup.py") is not None, "pip install ."),
    )
    return next((CommandText(text=text) for applies, text in choices if applies), None)


def misnamed_requirements(folder: Path, root: PurePosixPath) -> str:
    """Return the file that must be meant for the requirements.txt which *root* lacks, "" where there is none."""
    try:
        names = sorted(one.name for one in (folder / root).iterdir() if on_disk.is_file(one))
    except OSError:
        return ""
    typed = [name for name in names if name != _REQUIREMENTS and abs(len(name) - len(_REQUIREMENTS)) <= 1]
    near = difflib.get_close_matches(_REQUIREMENTS, typed, cutoff=_ALMOST)
    return next((name for name in near if _lists_something(folder, root / name)), "")


def _lists_something(folder: Path, path: PurePosixPath) -> bool:
    read = requirements_file.load(folder, str(path))
    return any(line.name for file in read for line in file.requirements)


def _lags(folder: Path, root: PurePosixPath, pyproject: str) -> bool:
    """Return whether requirements.txt lacks what pyproject.toml asks for: then nobody can be deploying from it."""
    try:
        asked = {line.name for line in pyproject_file.parse(pyproject, file="pyproject.toml").dependencies}
    except ManifestError:
        return False
    read = requirements_file.load(folder, str(root / "requirements.txt"))
    listed = {line.name for file in read for line in file.requirements}
    return bool(asked - listed - {"python", ""})


def start_command(folder: Path, root: PurePosixPath, *, entry: str) -> CommandText | None:
    """Return the start command: the project's own script, else a server that its requirements name.

    Shape: *entry* is "module:attribute" where deploy.toml says it, else "".
    """
    if entry:
        told = CommandText(text=f"gunicorn {entry}")
        found = entry_points.from_command(told, folder=folder, root=root)
    else:
        script = _script(folder, root, _START_SCRIPTS, _SERVES)
        if script is not None:
            return script
        found = entry_points.by_framework(folder, root)
        found = app_finder.outside_package(folder, root, found=found) if found else None
    text = _serving(folder, root, found) if found else _run_itself(folder, root)
    if text and root.parts and snapshot_files.find(folder, root / "uv.lock"):
        # The PATH names the environment at the repository's top, and uv makes its own beside the lock file.
        text = re.sub(r"^(cd \S+ && )?", r"\1uv run ", text)
    return CommandText(text=text) if text else None


def streamlit_command(folder: Path, root: PurePosixPath) -> CommandText | None:
    """Return how Streamlit starts the page in *root*: of several the one of a usual name, else none."""
    files = on_disk.matching(folder / root, "*.py")
    found = [one.name for one in files if _PAGE.search(snapshot_files.text(folder, root / one.name) or "")]
    usual = [name for name in _USUAL_PAGES if name in found] or found[: len(found) == 1]
    if not usual:
        return None
    return CommandText(text=f"streamlit run {shlex.quote(usual[0])} --server.address 0.0.0.0 --server.port $PORT")


def _run_itself(folder: Path, root: PurePosixPath) -> str:
    """Return the call of the one usual script that starts a server itself, "" where there is none or several."""
    found = [
        name
        for name in _USUAL_SCRIPTS
        if (source := snapshot_files.text(folder, root / name)) and _RUNS_ITSELF.search(source) and _RUNS.search(source)
    ]
    return f"python {found[0]}" if len(found) == 1 else ""


def _script(folder: Path, root: PurePosixPath, names: Sequence[str], content: re.Pattern[str]) -> CommandText | None:
    """Return the call of the first script of *names* that does what *content* looks for."""
    for name in names:
        file = snapshot_files.find(folder, root / name)
        if file is not None and content.search(snapshot_files.text(folder, root / name) or ""):
            return CommandText(text=f"./{name}" if snapshot_files.is_executable(file) else f"bash {name}")
    return None


def brings_server(folder: Path, root: PurePosixPath, start: CommandText) -> bool:
    """Whether the manifests of *root* name the server that *start* calls, or it calls none."""
    called = {match[1] for match in _SERVES.finditer(start.text)} & {"gunicorn", "uvicorn"}
    return called <= _servers(folder, root)


def _serving(folder: Path, root: PurePosixPath, entry: EntryPoint) -> str:
    entry = _with_channels(folder, _beside_manage(folder, root, entry))
    named = _servers(folder, root)
    is_asgi_file = entry.framework is Framework.DJANGO and entry.module.rpartition(".")[2] == "asgi"
    if is_asgi_file or app_objects.speaks_asgi(folder, entry):
        return _serving_asgi(root, entry, named)
    return _serving_wsgi(root, entry, named) or _serving_itself(folder, root, entry) or _by_gunicorn(root, entry)


def _serving_asgi(root: PurePosixPath, entry: EntryPoint, named: frozenset[str]) -> str:
    folder_option = _folder_option(entry, root)
    if "daphne" in named and entry.framework is Framework.DJANGO:
        return f"{_within(entry, root)}daphne -b 0.0.0.0 -p $PORT {_spec(entry)}"
    if "uvicorn" not in named and "gunicorn" in named:
        return f"gunicorn{folder_option('--chdir')} -k uvicorn.workers.UvicornWorker {_spec(entry)}"
    if "uvicorn" not in named and "hypercorn" in named:
        return f"hypercorn --bind 0.0.0.0:$PORT {_spec(entry)}"
    factory = " --factory" if entry.is_factory else ""
    return f"uvicorn{folder_option('--app-dir')}{factory} {entry.spec} {_PORT}"


def _serving_wsgi(root: PurePosixPath, entry: EntryPoint, named: frozenset[str]) -> str:
    """Return the call of a server that the manifests name, or that Django is usually started with, else ""."""
    if "gunicorn" in named or (entry.framework is Framework.DJANGO and not named & {"waitress", "uwsgi"}):
        return _by_gunicorn(root, entry)
    if "waitress" in named:
        return f"waitress-serve --listen=0.0.0.0:$PORT {'--call ' if entry.is_factory else ''}{entry.spec}"
    if "uwsgi" in named:
        return f"uwsgi --http-socket 0.0.0.0:$PORT{_folder_option(entry, root)('--chdir')} --module {_spec(entry)}"
    return ""


def _by_gunicorn(root: PurePosixPath, entry: EntryPoint) -> str:
    return f"gunicorn{_folder_option(entry, root)('--chdir')} {_spec(entry)}"


def _serving_itself(folder: Path, root: PurePosixPath, entry: EntryPoint) -> str:
    """Return the call of a file that starts its own server when Python runs it, else ""."""
    source = snapshot_files.text(folder, entry.file) if entry.file else None
    if not entry.file or not source or not _RUNS_ITSELF.search(source):
        return ""
    if entry.framework is Framework.FLASK and not entry.is_factory and _is_imported_back(folder, entry):
        return f"flask --app {entry.spec} run --host 0.0.0.0 --port $PORT"
    return f"python {entry.file.relative_to(root) if entry.file.is_relative_to(root) else entry.file}"


def _is_imported_back(folder: Path, entry: EntryPoint) -> bool:
    """Whether a module beside the entry's file imports it by name: run as a script it would be executed twice."""
    name = re.escape(entry.module)
    own = re.compile(rf"^[ \t]*(?:from[ \t]+{name}[ \t]+import|import[ \t]+{name})\b", re.MULTILINE)
    beside = on_disk.matching((folder / entry.file).parent, "*.py") if entry.file else ()
    files = (one for one in beside if not one.name.startswith(("test_", "conftest")) and one.stem != entry.module)
    texts = (snapshot_files.text(folder, PurePosixPath(one.relative_to(folder))) or "" for one in files)
    return any(own.search(text) for text in texts)


def _within(entry: EntryPoint, root: PurePosixPath) -> str:
    """Return what leads into the folder to import from, for a server that has no option for it."""
    inner = _folder_option(entry, root).folder
    return f"cd {inner} && " if inner else ""


def _with_channels(folder: Path, entry: EntryPoint) -> EntryPoint:
    """Return the asgi.py beside Django's wsgi.py where it routes more than HTTP."""
    if entry.framework is not Framework.DJANGO or entry.file is None or entry.file.stem != "wsgi":
        return entry
    file = entry.file.with_name("asgi.py")
    if not _ROUTES_PROTOCOLS.search(snapshot_files.text(folder, file) or ""):
        return entry
    return replace(entry, module=f"{entry.module.removesuffix('wsgi')}asgi", file=file, location=None)


def _beside_manage(folder: Path, root: PurePosixPath, entry: EntryPoint) -> EntryPoint:
    """Return Django's entry as seen from the folder of manage.py, which is where it is importable."""
    if entry.framework is not Framework.DJANGO or entry.file is None:
        return entry
    for base in entry.file.parents:
        if base.is_relative_to(root) and snapshot_files.find(folder, base / "manage.py"):
            module = ".".join(entry.file.relative_to(base).with_suffix("").parts)
            return replace(entry, module=module, search_path=(base,))
    return entry


def _spec(entry: EntryPoint) -> str:
    return f"'{entry.spec}({entry.arguments})'" if entry.is_factory else entry.spec


class _FolderOption:
    """The option that makes another folder importable, empty where none is needed."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, option: str) -> str:
        """Return the option with a leading blank."""
        return f" {option} {self.folder}" if self.folder else ""


def _folder_option(entry: EntryPoint, root: PurePosixPath) -> _FolderOption:
    base = entry.search_path[0] if entry.search_path else root
    inner = base.relative_to(root) if base.is_relative_to(root) else PurePosixPath()
    return _FolderOption("" if inner == PurePosixPath() else str(inner))


def _servers(folder: Path, root: PurePosixPath) -> frozenset[str]:
    """Return which servers the manifests name."""
    texts = [snapshot_files.text(folder, root / name) or "" for name in _MANIFESTS]
    words = re.findall(r"(?i)\b(gunicorn|uvicorn|hypercorn|daphne|waitress|uwsgi)\b", "\n".join(texts))
    extra = {"uvicorn"} if re.search(r"(?i)\b(?:fastapi|litestar)\[(standard|all)\]", "\n".join(texts)) else set()
    return frozenset({word.lower() for word in words} | extra)
