"""A release that nobody carries out any more → what became of it, and its end."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from deploy_suite.errors import DeployError, MachineError
from deploy_suite.model.release import Deploy, ReleaseKind, ReleaseVerdict
from deploy_suite.ports import RemoteRefusedError
from deploy_suite.releases.awaiting import awaited
from deploy_suite.releases.closing import Closing
from deploy_suite.releases.continuing import Next, next_of
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.outcome import Ending
from deploy_suite.releases.progress import progress
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.steps import Step
from deploy_suite.releases.transaction import Transaction

_ASK_S: Final = 60.0


def healed(scene: Scene, journal: Journal, *, head: str = "", judges: bool = True) -> Ending:
    """Return the end to which the release of *journal* is brought; it is open where that cannot be known now.

    Shape: *head* is the commit that is to be deployed next, whose push is gone on with; without
    *judges*, a deploy that goes on is canceled, and what is live is left to the caller to replace.
    """
    return _Healing(scene, journal, head=head, judges=judges).ended()


class _Healing:
    def __init__(self, scene: Scene, journal: Journal, *, head: str, judges: bool) -> None:
        self._scene = scene
        self._journal = journal
        self._head = head
        self._judges = judges
        self._state = progress(journal.entries)
        self._transaction = Transaction(scene, journal)
        self._closing = Closing(scene, journal)

    def ended(self) -> Ending:
        ways: Mapping[Next, Callable[[], Ending]] = {
            Next.CLOSE: lambda: self._abandoned("nothing was changed"),
            Next.LOOK_FOR_PUSH: self._look_for_push,
            Next.GO_ON_FROM_PUSH: self._look_for_deploy,
            Next.LOOK_FOR_DEPLOY: self._look_for_deploy,
            Next.FOLLOW: self._follow,
            Next.JUDGE: self._judge,
            Next.KEEP: self._transaction.settle,
            Next.LEAVE: self._transaction.settle,
            Next.GO_BACK: self._transaction.settle,
            Next.GO_ON_BACK: self._go_on_back,
            Next.JUDGE_BACK: self._judge,
            Next.END_BACK: self._transaction.settle,
        }
        return self._transaction.guarded(ways[next_of(self._state)])

    def _look_for_push(self) -> Ending:
        if self._has_arrived():
            self._transaction.note_arrival(self._state.intent)
            return self._look_for_deploy()
        return self._closing.not_pushed(
            ReleaseVerdict.ABANDONED, self._stopped("the push did not arrive, and nothing was deployed")
        )

    def _has_arrived(self) -> bool:
        """Whether the branch on the remote has the commit. Raises: MachineError when it cannot be asked."""
        git, state = self._scene.ports.git, self._state
        top = git.top(self._scene.folder)
        remote = next((one for one in git.remotes(top) if one.name == state.remote), None)
        if remote is None:
            return False
        try:
            tip = git.tip(top, remote, state.branch, timeout_s=_ASK_S)
        except RemoteRefusedError as error:
            raise MachineError(
                f"whether the push to {state.branch} arrived is not known: {remote.name} cannot be asked",
                remedy=f"git ls-remote {remote.name}",
            ) from error
        return tip == state.commit or git.between(top, tip, state.commit) == ()

    def _look_for_deploy(self) -> Ending:
        state, scene = self._state, self._scene
        if state.intent is None:
            return self._abandoned("what was to be deployed is not known")
        if state.step is not Step.ASKING and self._judges and self._head == state.commit:
            return self._transaction.take_up(state.intent)
        within_s = max(scene.target.pace.lookup_s - self._age_s(), 0.0)
        found = awaited(scene, state.intent, within_s=within_s, told="look for its deploy")
        if found is None:
            pushed = "pushed, and " if state.remote else ""
            return self._abandoned(f"{state.commit[:7]} was {pushed}not deployed")
        return self._follow()

    def _follow(self) -> Ending:
        """Follow the deploy that the target lists; one that it does not list must not be asked for again."""
        intent, scene = self._state.intent, self._scene
        begun = scene.target.find(scene.service, intent) if intent else None
        if intent is None or begun is None:
            return self._abandoned(f"{scene.name} knows no deploy of {self._state.commit[:7]} any more")
        return self._transaction.follow(intent) if self._judges else self._canceled(begun)

    def _canceled(self, begun: Deploy) -> Ending:
        """Stop the deploy, for the caller wants what was live before; one that is live is the caller's to replace."""
        scene = self._scene
        if begun.state.is_over:
            return self._given_way()
        scene.target.cancel(scene.service, begun.id)
        live = scene.target.live(scene.service)
        still = f"{live.short} ({live.id}) serves on" if live else "nothing is live"
        return self._closing.end(
            ReleaseVerdict.CANCELED, f"{begun.id} was canceled: {still}", live=live.id if live else ""
        )

    def _judge(self) -> Ending:
        if (other := self._other_live()) is not None:
            return other
        return self._transaction.judge() if self._judges or self._state.is_back else self._given_way()

    def _go_on_back(self) -> Ending:
        """Go on with the way back, unless something else was put live since."""
        state, scene = self._state, self._scene
        live = scene.target.live(scene.service)
        begun = scene.target.find(scene.service, state.intent) if state.intent else None
        was_live = state.there_id if state.kind is ReleaseKind.DEPLOY else state.previous
        if begun is None and live is not None and was_live and live.id != was_live:
            return self._superseded(live.id, live.short)
        return self._transaction.back()

    def _other_live(self) -> Ending | None:
        live = self._scene.target.live(self._scene.service)
        if live is None or live.id == self._state.deploy_id:
            return None
        return self._superseded(live.id, live.short)

    def _superseded(self, deploy_id: str, short: str) -> Ending:
        return self._closing.end(ReleaseVerdict.SUPERSEDED, f"{short} ({deploy_id}) was put live since", live=deploy_id)

    def _given_way(self) -> Ending:
        return self._closing.end(
            ReleaseVerdict.ABANDONED,
            f"it was not finished (last step: {self._state.step.value}), and a rollback takes its place",
            live=self._live_id(),
        )

    def _abandoned(self, what: str) -> Ending:
        return self._closing.end(ReleaseVerdict.ABANDONED, self._stopped(what), live=self._live_id())

    def _stopped(self, what: str) -> str:
        return f"whoever carried it out stopped at '{self._state.step.value}'; {what}"

    def _live_id(self) -> str:
        try:
            live = self._scene.target.live(self._scene.service)
        except DeployError:
            return ""
        return live.id if live else ""

    def _age_s(self) -> float:
        """Return how long ago the last step was written down."""
        now = datetime.fromisoformat(self._scene.ports.clock.utc()).astimezone(UTC)
        return max((now - self._journal.entries[-1].time).total_seconds(), 0.0)
