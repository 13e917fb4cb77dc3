"""A service → what is live, and how far it is behind the branch that is deployed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.knowledge.masking import shown
from deploy_suite.model.project import Commit
from deploy_suite.model.push import Remote
from deploy_suite.model.release import Deploy, LiveService, Release
from deploy_suite.model.secret import Masker
from deploy_suite.ports import Ports, RemoteRefusedError
from deploy_suite.releases.choosing import slug_of
from deploy_suite.releases.continuing import next_of
from deploy_suite.releases.history import history
from deploy_suite.releases.holding import Holder, holder
from deploy_suite.releases.journal import Journal, Place
from deploy_suite.releases.progress import Sighting, progress, record
from deploy_suite.releases.requests import service_of
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live_registry import LIVE_TARGETS

_ASK_S: Final = 30.0
_LATEST: Final = 5


class Lag(Enum):
    """Whether the branch's head is live. UNKNOWN: the branch, or the live commit, cannot be seen from here."""

    CURRENT = "current"
    LAGS = "lags"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A release that was not ended. Shape: `step` is its last one, `then` what the next command does with it."""

    release: Release
    step: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The answer.

    Shape: `head` is the commit of the branch on the remote, "" where it cannot be seen; `missing` are its commits that
    are not live, oldest first, None where they cannot be counted; `astray` counts live commits that the branch lacks;
    `under_way` is the deploy that goes on; `unpushed` counts the commits that only this folder has. Of this machine's
    own releases: `seen` is what was last seen of what is live, None where it was never verified from here; `releases`
    are the latest, newest first, `unfinished` those that nobody ended; `holder` is who is at work now.
    """

    target: str
    service: LiveService
    live: Deploy | None
    lag: Lag
    asked: datetime
    head: str = ""
    missing: Sequence[Commit] | None = None
    astray: int = 0
    unpushed: int = 0
    deploys: Sequence[Deploy] = ()
    under_way: Deploy | None = None
    notes: Sequence[str] = ()
    seen: Sighting | None = None
    releases: Sequence[Release] = ()
    unfinished: Sequence[Unfinished] = ()
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class _Branch:
    """What the remote has."""

    head: str = ""
    top: Path | None = None
    note: str = ""


def standing(folder: Path, *, target: str, service: str, ports: Ports) -> Standing:
    """Return how the service of the project in *folder* stands on *target*; changes nothing.

    Raises: DeployError when the target cannot be asked or the service is not found.
    """
    way = LIVE_TARGETS[target](ports)
    with Voice(ports.progress, ports.clock).alive(way.pace.heartbeat_s):
        found = service_of(way, folder, asked=service, ports=ports)
        live, deploys = way.live(found), tuple(way.deploys(found, limit=_LATEST))
        branch = _branch(folder, found, ports)
        missing, astray = _apart(live, branch, ports)
        place = Place(target, found.id)
        known = history(place, ports)
        return Standing(
            target=target,
            service=found,
            live=live,
            lag=_lag(live, branch.head),
            asked=datetime.fromisoformat(ports.clock.utc()).astimezone(UTC),
            head=branch.head,
            missing=missing,
            astray=astray,
            unpushed=_unpushed(branch, ports),
            deploys=deploys,
            under_way=next((one for one in deploys if not one.state.is_over), None),
            notes=(branch.note,) if branch.note else (),
            seen=known.seen(live.id) if live else None,
            releases=known.releases[:_LATEST],
            unfinished=tuple(map(_unfinished, known.unfinished)),
            holder=holder(place, ports),
        )


def _unfinished(journal: Journal) -> Unfinished:
    return Unfinished(record(journal), journal.entries[-1].step.value, next_of(progress(journal.entries)).value)


def _lag(live: Deploy | None, head: str) -> Lag:
    if live is None:
        return Lag.LAGS
    if not (live.commit and head):
        return Lag.UNKNOWN
    return Lag.CURRENT if live.commit == head else Lag.LAGS


def _branch(folder: Path, service: LiveService, ports: Ports) -> _Branch:
    """Return the head of the branch from which *service* is deployed, as the remote has it now."""
    try:
        top = ports.git.top(folder)
        remotes = ports.git.remotes(top)
    except DeployError as error:
        return _Branch(note=f"how far the branch is cannot be seen: {error.message}")
    for one in remotes:
        ports.curtain.add(Masker.of(one.hidden))
    wanted = slug_of(service.repository)
    remote = next((one for one in remotes if wanted and one.slug.lower() == wanted), None)
    if remote is None or not service.branch:
        return _Branch(note=f"no remote here is {service.repository or 'its repository'}, so its branch cannot be seen")
    return _asked(top, remote, service.branch, ports)


def _asked(top: Path, remote: Remote, branch: str, ports: Ports) -> _Branch:
    try:
        head = ports.git.tip(top, remote, branch, timeout_s=_ASK_S)
    except RemoteRefusedError as error:
        lines = [line for line in error.output.splitlines() if line.strip()]
        said = f"no answer within {_ASK_S:.0f} s" if error.is_late or not lines else lines[0]
        return _Branch(note=f"{remote.name} cannot be read: {shown(said, ports.curtain.masker)}")
    return _Branch(head=head, top=top, note="" if head else f"{remote.name} has no branch {branch}")


def _apart(live: Deploy | None, branch: _Branch, ports: Ports) -> tuple[Sequence[Commit] | None, int]:
    if live is None or branch.top is None or not (live.commit and branch.head):
        return None, 0
    missing = ports.git.between(branch.top, live.commit, branch.head)
    return missing, len(ports.git.between(branch.top, branch.head, live.commit) or ())


def _unpushed(branch: _Branch, ports: Ports) -> int:
    if branch.top is None or not branch.head:
        return 0
    try:
        here = ports.git.commit(branch.top, "HEAD")
    except DeployError:
        return 0
    return len(ports.git.between(branch.top, branch.head, here.sha) or ())
