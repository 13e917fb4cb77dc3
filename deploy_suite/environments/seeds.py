"""What `python -m venv` puts into an environment: pip, and setuptools where the interpreter brings it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from deploy_suite.environments.base import Seed, Workshop

# ensurepip names the versions; distributions keep the wheels elsewhere (WHEEL_PKG_DIR), or take both away.
_QUERY: Final = """
import glob, json, os, sysconfig
try:
    import ensurepip
    pip, tools = ensurepip.version(), getattr(ensurepip, "_SETUPTOOLS_VERSION", "")
    folders = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
except ImportError:
    pip, tools, folders = "", "", []
folders += [sysconfig.get_config_var("WHEEL_PKG_DIR") or "", "/usr/share/python-wheels"]
print(json.dumps([pip, tools, [w for f in folders if f for w in sorted(glob.glob(os.path.join(f, "*.whl")))]]))
"""
# What ensurepip of the series carries, for interpreters whose distribution took ensurepip away.
# Source: https://github.com/python/cpython, Lib/ensurepip/__init__.py of each branch
_SETUPTOOLS: Final = {"3.7": "47.1.0", "3.8": "56.0.0", "3.9": "58.1.0", "3.10": "65.5.0", "3.11": "65.5.0"}


def sources(found: Sequence[Seed]) -> tuple[str, ...]:
    """Return the options that make pip and uv take *found* from the interpreter's own wheels, as ensurepip does."""
    if not all(seed.wheel for seed in found):
        return ()
    folders = dict.fromkeys(str(seed.wheel.parent) for seed in found if seed.wheel)
    return ("--no-index", *(word for folder in folders for word in ("--find-links", folder)))


def of(workshop: Workshop) -> tuple[Seed, ...]:
    """Return the seeds of the workshop's interpreter."""
    done = workshop.run((str(workshop.interpreter.path), "-I", "-c", _QUERY))
    pip, setuptools, wheels = _told(done.out)
    if not pip and not setuptools:
        setuptools = _SETUPTOOLS.get(workshop.interpreter.series, "")
    found = [_seed("pip", pip, wheels)]
    if setuptools:
        found.append(_seed("setuptools", setuptools, wheels))
    return tuple(found)


def _told(text: str) -> tuple[str, str, list[str]]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return "", "", []
    match told:
        case [str() as pip, str() as setuptools, list() as wheels]:
            return pip, setuptools, [one for one in wheels if isinstance(one, str)]
        case _:
            return "", "", []


def _seed(name: str, version: str, wheels: list[str]) -> Seed:
    for text in wheels:
        wheel = Path(text)
        try:
            found, carried, _, _ = parse_wheel_filename(wheel.name)
            is_it = found == canonicalize_name(name) and bool(version) and carried == Version(version)
        except ValueError:
            continue  # a folder of the system's may hold anything
        if is_it:
            return Seed(name, version, wheel)
    return Seed(name, version, None)
