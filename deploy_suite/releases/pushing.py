"""A commit that was checked → the branch that is deployed, or the reasons why it stays here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.knowledge.diagnosis import Diagnosis
from deploy_suite.knowledge.masking import shown
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.project import Commit
from deploy_suite.model.push import Outgoing
from deploy_suite.model.secret import Masker
from deploy_suite.ports import Ports, RemoteRefusedError
from deploy_suite.releases import push_checks as checks
from deploy_suite.releases import refused_push
from deploy_suite.releases.push_place import PushPlace, place_of
from deploy_suite.releases.voice import Voice

_ASK_S: Final = 60.0
_PUSH_S: Final = 900.0
_HEARTBEAT_S: Final = 9.0
_MOST_OUTPUT_LINES: Final = 12


class PushVerdict(Enum):
    """What became of a push. UNKNOWN: its answer was lost, and the remote could not be looked at since."""

    PUSHED = "pushed"
    NOTHING = "nothing to push"
    PENDING = "would be pushed"
    REFUSED = "not pushed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRequest:
    """One call of `push`.

    Shape: `branch` and `service` are "" for those that are found; `is_plan` changes nothing; `commit` is the one that
    was checked, "" for whatever is checked out.
    """

    folder: Path
    target: str = "render"
    service: str = ""
    branch: str = ""
    is_plan: bool = False
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """The answer. Shape: `commits` are those that the remote lacks or lacked, oldest first; `output` is git's own."""

    verdict: PushVerdict
    place: PushPlace
    commit: Commit
    commits: Sequence[Commit] = ()
    findings: Sequence[Finding] = ()
    reason: str = ""
    output: Sequence[str] = ()
    diagnosis: Diagnosis | None = None
    seconds: float = 0.0


def push(request: PushRequest, ports: Ports) -> Pushed:
    """Return what became of *request*. Raises: DeployError when there is no repository, remote or branch."""
    began_s, voice = ports.clock.now_s(), Voice(ports.progress, ports.clock)
    with voice.alive(_HEARTBEAT_S):
        done = _Push(request, ports, voice).done()
    voice.over(done.verdict.value)
    return replace(done, seconds=ports.clock.now_s() - began_s)


class _Push:
    """One push while it is carried out."""

    def __init__(self, request: PushRequest, ports: Ports, voice: Voice) -> None:
        self._request = request
        self._ports = ports
        self._git = ports.git
        self._voice = voice
        self._top = self._git.top(request.folder)
        self._commit = self._git.commit(self._top, "HEAD")
        if request.commit not in {"", self._commit.sha}:
            raise UsageError(
                f"{self._commit.short} is checked out now, and {request.commit[:7]} was checked",
                remedy="run this again: what is checked out is checked and deployed",
            )
        for remote in self._git.remotes(self._top):
            ports.curtain.add(Masker.of(remote.hidden))

    def done(self) -> Pushed:
        self._voice.stage("find the branch that is deployed")
        asked = self._request
        place = place_of(
            asked.folder,
            self._commit,
            target=asked.target,
            service=asked.service,
            branch=asked.branch,
            ports=self._ports,
        )
        self._voice.stage(f"ask {place.remote.name} for {place.branch}")
        found = [*checks.of_the_folder(self._git.working_state(self._top, self._commit))]
        try:
            base = self._git.tip(self._top, place.remote, place.branch, timeout_s=_ASK_S)
        except RemoteRefusedError as error:
            told = f"{place.remote.name} ({place.remote.shown}) " + (
                f"did not answer within {_ASK_S:.0f} s" if error.is_late else "cannot be read"
            )
            found += checks.of_the_branch(self._commit, place)
            return self._rejected(place, error, told, findings=found)
        found += checks.of_the_branch(self._commit, place, tip=base)
        outgoing = self._git.outgoing(self._top, place.remote, base, self._commit)
        self._voice.stage("look through what would be pushed")
        found += [*checks.of_the_history(outgoing, place), *checks.of_the_parts(outgoing, place)]
        if outgoing.commits:
            found += checks.of_the_lines(self._git.added_lines(self._top, place.remote, base, self._commit))
        return self._decided(place, base, outgoing, found)

    def _decided(self, place: PushPlace, base: str, outgoing: Outgoing, found: Sequence[Finding]) -> Pushed:
        answer = Pushed(
            verdict=PushVerdict.NOTHING,
            place=place,
            commit=self._commit,
            commits=outgoing.commits,
            findings=tuple(found),
        )
        if any(one.outcome is Outcome.FAILED for one in found):
            return replace(answer, verdict=PushVerdict.REFUSED)
        if base == self._commit.sha:
            return answer
        if self._request.is_plan:
            return replace(answer, verdict=PushVerdict.PENDING)
        return self._carried_out(answer)

    def _carried_out(self, answer: Pushed) -> Pushed:
        place = answer.place
        self._voice.stage(f"push to {place.branch} on {place.remote.name}")
        try:
            self._git.push(self._top, place.remote, place.branch, self._commit, timeout_s=_PUSH_S, heard=self._heard)
        except RemoteRefusedError as error:
            there, is_known = self._looked(place)
            if there == self._commit.sha:
                return replace(answer, verdict=PushVerdict.PUSHED)  # the answer was lost, not the push
            told = f"{place.remote.name} did not take it"
            if error.is_late:
                told = f"{place.remote.name} was not done within {_PUSH_S:.0f} s, and git was stopped"
            done = self._rejected(place, error, told, findings=answer.findings)
            verdict = PushVerdict.REJECTED if is_known else PushVerdict.UNKNOWN
            return replace(done, verdict=verdict, commits=answer.commits)
        return replace(answer, verdict=PushVerdict.PUSHED)

    def _looked(self, place: PushPlace) -> tuple[str, bool]:
        try:
            return self._git.tip(self._top, place.remote, place.branch, timeout_s=_ASK_S), True
        except RemoteRefusedError as error:
            return "", not error.is_late

    def _rejected(
        self, place: PushPlace, error: RemoteRefusedError, told: str, *, findings: Sequence[Finding]
    ) -> Pushed:
        masker = self._ports.curtain.masker
        lines = [shown(line, masker) for line in error.output.splitlines() if line.strip()]
        return Pushed(
            verdict=PushVerdict.REJECTED,
            place=place,
            commit=self._commit,
            findings=tuple(findings),
            reason=told,
            output=tuple(lines[-_MOST_OUTPUT_LINES:]),
            diagnosis=refused_push.diagnosed(error.output, place.remote, masker=masker),
        )

    def _heard(self, line: str) -> None:
        if line.startswith("remote:") and line.removeprefix("remote:").strip():
            text = line.removeprefix("remote:").strip()
            self._voice.quoted("remote", shown(text, self._ports.curtain.masker))
