"""The project and the service → the remote and the branch that a push must reach to be deployed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy_suite.errors import DeployError, UsageError
from deploy_suite.model.project import Commit
from deploy_suite.model.push import Remote
from deploy_suite.model.release import LiveService
from deploy_suite.ports import Ports
from deploy_suite.releases.choosing import slug_of
from deploy_suite.releases.requests import service_of
from deploy_suite.targets.live_registry import BRANCHES, LIVE_TARGETS


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlace:
    """Where to push. Shape: `because` says who names the branch; `service` is None where the target was not asked.

    `upstream` is the branch there that the local one follows, "" for none; `is_named` says whether the user has named
    the branch.
    """

    remote: Remote
    branch: str
    because: str
    upstream: str = ""
    service: LiveService | None = None
    is_named: bool = False


def place_of(
    folder: Path, commit: Commit, *, target: str, service: str = "", branch: str = "", ports: Ports
) -> PushPlace:
    """Return where a push of *commit* belongs. Raises: UsageError without a remote, or when several are possible."""
    top = ports.git.top(folder)
    remotes = ports.git.remotes(top)
    if not remotes:
        raise UsageError(
            "the repository has no remote, so there is nowhere to push to",
            remedy="name the repository that the service is built from: git remote add origin URL",
        )
    live = _service(folder, target, asked=service, ports=ports)
    followed, upstream = ports.git.upstream(top, commit.branch) if commit.branch else ("", "")
    remote = _remote(tuple(remotes), live, followed)
    name, because = _branch(
        asked=branch, live=live, stated=BRANCHES[target](folder, top), upstream=upstream, current=commit.branch
    )
    return PushPlace(
        remote=remote,
        branch=name,
        because=because,
        upstream=upstream if followed == remote.name else "",
        service=live,
        is_named=bool(branch),
    )


def _service(folder: Path, target: str, *, asked: str, ports: Ports) -> LiveService | None:
    """Return the service, None where the target does not tell; one that was named must be found."""
    try:
        return service_of(LIVE_TARGETS[target](ports), folder, asked=asked, ports=ports)
    except DeployError:
        if asked:
            raise
        return None


def _remote(remotes: tuple[Remote, ...], service: LiveService | None, followed: str) -> Remote:
    """Return the remote that the service is built from, else the one that the branch follows, else origin."""
    built_from = slug_of(service.repository) if service else ""
    fitting = [one for one in remotes if built_from and one.slug.lower() == built_from]
    for name in (followed, "origin"):
        if found := next((one for one in fitting or remotes if one.name == name), None):
            return found
    return (fitting or remotes)[0]


def _branch(
    *, asked: str, live: LiveService | None, stated: Sequence[str], upstream: str, current: str
) -> tuple[str, str]:
    if asked:
        return asked, "--branch names it"
    if live is not None and live.branch:
        return live.branch, f"{live.name} is deployed from it"
    if len(stated) == 1:
        return stated[0], "the manifest names it"
    if upstream:
        return upstream, "the local branch follows it"
    if current:
        return current, "it is checked out"
    raise UsageError(
        "no branch is checked out, and nothing says which one is deployed",
        remedy="check one out (git switch main), or name it: --branch main",
    )
