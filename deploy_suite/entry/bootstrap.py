"""A fresh machine into one that can run the suite: standard library only, for nothing else is there yet."""

import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Final, NoReturn

_TOP: Final = Path(__file__).resolve().parents[2]
_DEPENDENCIES: Final = ("nox", "invoke", "uv", "yaml", "tree_sitter_bash", "httpx", "psycopg", "psutil")
_INDEX: Final = "https://pypi.org/simple"
_REQUIRED: Final = re.compile(r'^requires-python = ">=3\.(?P<oldest>\d+),<3\.(?P<beyond>\d+)"', re.MULTILINE)
_FELL_SHORT: Final = 4  # as MachineError's; nothing of the suite is imported here


def run_nox(noxfile: Path, arguments: list[str]) -> NoReturn:
    """Become Nox on *noxfile*, installed into `.nox/` first where this Python lacks it."""
    python = suite_python(noxfile.parent)
    os.execv(python, [str(python), "-m", "nox", "-f", str(noxfile), *arguments])  # noqa: S606  no shell is the point


def enter(*command: str) -> None:
    """Become `python COMMAND` in a Python in which the suite can run; return where this one is, or nothing says how."""
    if not (_TOP / "pyproject.toml").is_file():  # installed: what is missing then is no matter of a clone
        return
    python = suite_python(_TOP)
    if python != Path(sys.executable):
        os.execv(python, [str(python), *command])  # noqa: S606  no shell is the point


def suite_python(folder: Path) -> Path:
    """Return a Python in which the suite can run: this one where it has what it takes, else one made in `.nox/`."""
    if all(importlib.util.find_spec(name) for name in _DEPENDENCIES):
        return Path(sys.executable)
    _require_fit_version()
    home = folder / ".nox" / f"suite-{sys.version_info.major}.{sys.version_info.minor}"
    python = home / "bin" / "python"
    stamp, wanted = home / "installed", _wanted()
    if not stamp.is_file() or stamp.read_text() != wanted:
        _tell(f"installing the suite into {home} (once)")
        _install(home, python)
        stamp.write_text(wanted)
    return python


def _require_fit_version() -> None:
    """End where the suite does not run on this Python, which installers would tell in many words."""
    required = _REQUIRED.search((_TOP / "pyproject.toml").read_text(encoding="utf-8"))
    fit = range(int(required["oldest"]), int(required["beyond"])) if required else range(sys.version_info[1] + 1)
    major, minor = sys.version_info[:2]
    if minor not in fit:
        _tell(
            f"the suite runs on Python 3.{fit[0]} to 3.{fit[-1]}, and this is {major}.{minor}\n"
            f"  fix: run it with one of these, for example python3.{fit[-1]} in place of {sys.executable}"
        )
        sys.exit(_FELL_SHORT)


def _wanted() -> str:
    """Return what the environment is made from: a change of it makes it anew."""
    import hashlib  # noqa: PLC0415  every start waits for what is imported above, and Ctrl-C ends in a traceback meanwhile

    parts = ((_TOP / name).read_bytes() for name in ("pyproject.toml", "requirements/suite.txt"))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _install(home: Path, python: Path) -> None:
    import subprocess  # noqa: PLC0415  only who installs needs it
    import venv  # noqa: PLC0415  likewise

    try:
        venv.create(home, clear=True, symlinks=True, with_pip=importlib.util.find_spec("ensurepip") is not None)
        if importlib.util.find_spec("ensurepip"):
            _call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
        else:
            _call(python, str(_fetched_pip(home) / "pip"), "install", "--quiet", "uv")
        how = ("--quiet", "--compile-bytecode", "--python", str(python))
        _call(python, "-m", "uv", "pip", "install", *how, "--editable", str(_TOP))
    except (OSError, subprocess.CalledProcessError) as error:
        _tell(
            f"the suite cannot be installed into {home}: {_said(error)}\n"
            "  fix: see that this machine reaches a package index (pip download uv) and has room, and run this again"
        )
        sys.exit(_FELL_SHORT)


def _said(error: Exception) -> str:
    """Return what went wrong; a command has told the rest above."""
    command, code = getattr(error, "cmd", ()), getattr(error, "returncode", 0)
    return f"{' '.join(command[1:])} ended with exit code {code}" if command else str(error)


def _fetched_pip(home: Path) -> Path:
    """Return a pip wheel, which runs as it is: Debian's python3 comes without ensurepip.

    Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/
    """
    import hashlib  # noqa: PLC0415  only who installs needs it
    import json  # noqa: PLC0415  likewise
    import urllib.parse  # noqa: PLC0415  likewise
    import urllib.request  # noqa: PLC0415  likewise

    index = os.environ.get("PIP_INDEX_URL", _INDEX).rstrip("/")
    request = urllib.request.Request(  # noqa: S310  the index is the user's own choice
        f"{index}/pip/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        files = json.load(answer)["files"]
    wheel = next(
        file for file in reversed(files) if file["filename"].endswith("-py3-none-any.whl") and not file.get("yanked")
    )
    with urllib.request.urlopen(urllib.parse.urljoin(f"{index}/pip/", wheel["url"]), timeout=60) as answer:  # noqa: S310
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != wheel["hashes"]["sha256"]:
        sys.exit("deploy-suite: the pip that was fetched is not the one that the index promised")
    path = home / str(wheel["filename"])
    path.write_bytes(content)
    return path


def _call(python: Path, *arguments: str) -> None:
    import subprocess  # noqa: PLC0415  only who installs needs it

    subprocess.run((str(python), *arguments), check=True, stdout=sys.stderr)


def _tell(text: str) -> None:
    print(f"deploy-suite: {text}", file=sys.stderr, flush=True)  # noqa: T201
