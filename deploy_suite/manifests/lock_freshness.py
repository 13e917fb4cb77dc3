"""A lock file and its manifest into whether the one still belongs to the other."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import chain
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from deploy_suite.manifests import toml_document
from deploy_suite.manifests.lock_files import LockFile, is_local
from deploy_suite.manifests.pyproject import PythonProject
from deploy_suite.manifests.pyproject import parse as parse_pyproject
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.manifests.toml_document import as_array, as_table


class Freshness(Enum):
    """Whether a lock file belongs to its manifest as that is now. UNKNOWN: nothing in it tells."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


def pipenv(lock: LockFile, pipfile: str, *, file: str = "Pipfile") -> Freshness:
    """Return whether *lock* was made from *pipfile*, by the hash that Pipenv compares.

    Raises: ManifestError for a *pipfile* that is no TOML.
    Source: `get_hash` in https://github.com/sarugaku/plette/blob/master/src/plette/pipfiles.py
    """
    if not lock.content_hash:
        return Freshness.UNKNOWN
    values = toml_document.values(pipfile, file=file)
    try:
        known = {_pipenv_hash(values, with_categories=flag) for flag in (True, False)}
    except (TypeError, ValueError, RecursionError):
        return Freshness.UNKNOWN
    return Freshness.FRESH if lock.content_hash in known else Freshness.STALE


def uv(lock: LockFile, pyproject: str, *, file: str = "pyproject.toml") -> Freshness:
    """Return whether *lock* knows the same names, extras and specifiers as *pyproject*.

    Markers are not compared, since uv rewrites them; neither are `requires-python` and `tool.uv.sources`. So FRESH says
    that nothing compared differs, STALE that `uv sync --locked` would refuse.
    Raises: ManifestError for a *pyproject* that is no TOML.
    Source: https://docs.astral.sh/uv/concepts/projects/sync/
    """
    project = parse_pyproject(pyproject, file=file)
    root = _uv_root(lock, project.name)
    if root is None or project.dynamic or project.problems or project.has_poetry:
        return Freshness.UNKNOWN
    declared = frozenset(_uv_declared(project))
    if any(name == project.name for _, name, _, _ in declared):
        return Freshness.UNKNOWN
    try:
        locked = frozenset(_uv_locked(as_table(root.get("metadata"))))
    except InvalidSpecifier:
        return Freshness.UNKNOWN
    return Freshness.FRESH if _same(locked, declared) else Freshness.STALE


_PIPENV_SOURCE: Final = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}
_PIPENV_TABLES: Final = frozenset(
    {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop"}
)


def _pipenv_hash(values: Mapping[str, object], *, with_categories: bool) -> str:
    """Return Pipenv's hash; versions before 2022.10 know no categories."""
    others = {name: part for name, part in values.items() if name not in _PIPENV_TABLES} if with_categories else {}
    hashed = {
        "_meta": {"sources": values.get("source", [_PIPENV_SOURCE]), "requires": values.get("requires", {})},
        "default": values.get("packages", {}),
        "develop": values.get("dev-packages", {}),
        **others,
    }
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


_Need = tuple[str, str, frozenset[str], SpecifierSet | None]


def _uv_root(lock: LockFile, name: str) -> Mapping[str, object] | None:
    local = (as_table(part) for part in as_array(lock.values.get("package")) if is_local(part))
    return next((part for part in local if part.get("name") == name), None)


def _uv_locked(metadata: Mapping[str, object]) -> Iterator[_Need]:
    for part in as_array(metadata.get("requires-dist")):
        yield _uv_need("", as_table(part))
    for group, parts in as_table(metadata.get("requires-dev")).items():
        for part in as_array(parts):
            yield _uv_need(group, as_table(part))


def _uv_need(group: str, table: Mapping[str, object]) -> _Need:
    """Return (group, name, extras, versions); versions are None for what comes from a path or a URL."""
    has_source = any(key in table for key in ("git", "url", "path", "directory", "editable", "virtual"))
    extras = frozenset(canonicalize_name(str(extra)) for extra in as_array(table.get("extras")))
    versions = None if has_source else SpecifierSet(str(table.get("specifier", "")))
    return canonicalize_name(group), canonicalize_name(str(table.get("name"))), extras, versions


def _uv_declared(project: PythonProject) -> Iterator[_Need]:
    for line in (*project.dependencies, *chain(*project.extras.values())):
        yield _declared("", line)
    for group, lines in project.groups.items():
        for line in lines:
            yield _declared(canonicalize_name(group), line)


def _declared(group: str, line: RequirementLine) -> _Need:
    requirement = line.requirement
    extras = frozenset(canonicalize_name(extra) for extra in requirement.extras) if requirement else frozenset[str]()
    return group, line.name, extras, requirement.specifier if requirement and not line.target else None


def _same(locked: frozenset[_Need], declared: frozenset[_Need]) -> bool:
    """Return whether both ask for the same; where either has a source instead of versions, these are not compared."""
    sourced = {need[:2] for need in locked | declared if need[3] is None}

    def comparable(needs: frozenset[_Need]) -> set[tuple[object, ...]]:
        return {need[:2] if need[:2] in sourced else need for need in needs}

    return comparable(locked) == comparable(declared)
