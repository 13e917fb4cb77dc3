"""Lock files that no longer belong to their manifests, where the tool installs all the same."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.environments.installs import Install
from deploy_suite.manifests import lock_files, lock_freshness
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.lock_files import LockFile
from deploy_suite.manifests.lock_freshness import Freshness
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

_Parse = Callable[..., LockFile]
_Fresh = Callable[..., Freshness]
_TOOLS: Final[Mapping[str, tuple[_Parse, _Fresh, str]]] = {
    "uv sync": (lock_files.parse_uv, lock_freshness.uv, "uv lock"),
    "pipenv": (lock_files.parse_pipenv, lock_freshness.pipenv, "pipenv lock"),
}


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield a warning for each stale lock that the build does not refuse; of those that it does, the build tells.

    Sources: https://docs.astral.sh/uv/concepts/projects/sync/, https://pipenv.pypa.io/en/latest/commands.html
    """
    for call, install in subject.installed.installs:
        is_locked = call.step is Step.BUILD and install.tool in _TOOLS and install.is_locked
        consequence = _consequence(call, install) if is_locked else ""
        if consequence and _is_stale(install, subject):
            yield _finding(call, install, consequence)


def _is_stale(install: Install, subject: Subject) -> bool:
    parse, fresh, _ = _TOOLS[install.tool]
    manifest, lock = (snapshot_files.text(subject.folder, PurePosixPath(file)) for file in install.locks)
    if manifest is None or lock is None:
        return False
    try:
        return fresh(parse(lock), manifest) is Freshness.STALE
    except ManifestError:
        return False


def _consequence(call: Call, install: Install) -> str:
    """Return what the tool does with a stale lock, "" where it refuses it."""
    words = set(call.words)
    if install.tool == "uv sync":
        if "--locked" in words:
            return ""
        return "installs what the lock has" if "--frozen" in words else "resolves anew, and nothing is locked"
    if "--deploy" in words:
        return ""
    return "installs what the lock has" if words & {"sync", "--ignore-pipfile"} else "locks anew, and nothing is pinned"


def _finding(call: Call, install: Install, consequence: str) -> Finding:
    manifest, lock = install.locks
    command = _TOOLS[install.tool][2]
    return Finding(
        code="lockfile-out-of-date",
        outcome=Outcome.WARNING,
        message=f"{lock} was not made from {manifest} as it is now: `{call.line}` {consequence}",
        location=Location(lock),
        evidence=(f"{call.location}: {call.line}",) if call.location else (),
        remedy=f"run `{command}` and commit {lock}",
        certainty="certain that they differ; whether the service minds it, the other checks show as far as they go",
    )
