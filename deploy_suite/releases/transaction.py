"""One release, step by step: each is written down before it is done, and can be done again after a crash."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from deploy_suite.errors import DeployError, UsageError
from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, Intent, ReleaseVerdict
from deploy_suite.releases import auto_deploy, judging, looking, others
from deploy_suite.releases.closing import Closing
from deploy_suite.releases.going_back import why_not
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.outcome import Ending, Leg
from deploy_suite.releases.progress import Progress, progress
from deploy_suite.releases.pushing import Pushed, PushRequest, PushVerdict, push
from deploy_suite.releases.redeploying import redeploy
from deploy_suite.releases.redeployment import Redeployment
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.steps import Step, intent_data

_ARRIVED: Final = frozenset({PushVerdict.PUSHED, PushVerdict.NOTHING})
_WAY_OUT: Final = "Ctrl-C: the next deploy goes on from here"


class Transaction:
    """One release while it is carried out; each method goes on from its step to the end."""

    def __init__(self, scene: Scene, journal: Journal) -> None:
        """Go on with *journal*."""
        self._scene = scene
        self._target = scene.target
        self._service = scene.service
        self._ports = scene.ports
        self._journal = journal
        self._closing = Closing(scene, journal)
        self._pushed: Pushed | None = None
        self._legs: dict[bool, Leg] = {}

    def guarded(self, go_on: Callable[[], Ending]) -> Ending:
        """Return what *go_on* comes to; where it is cut short, the release stays open for whoever comes next."""
        try:
            found = go_on()
        except KeyboardInterrupt:
            found = self._closing.left_open(ReleaseVerdict.UNDER_WAY, "interrupted", is_interrupted=True)
        except DeployError as error:
            found = self._closing.left_open(ReleaseVerdict.INCONCLUSIVE, error.message, error.remedy)
        return replace(
            found,
            pushed=self._pushed,
            there=self._legs.get(False),
            back=self._legs.get(True),
            notes=tuple(dict.fromkeys(self._closing.notes)),
        )

    def measure(self, live: Deploy) -> None:
        """Measure what is live before anything is changed."""
        if not self._service.url or not live.commit:
            return
        baseline, note = looking.baseline(self._scene, live)
        if note:
            self._closing.notes.append(note)
        if baseline is not None:
            looking.keep(self._journal, baseline)
            self._journal.note(Step.BASELINE, commit=live.commit)

    def push(self, intent: Intent, *, remote: str, branch: str) -> Ending:
        """Push the commit, which may begin the deploy of *intent*.

        What a way back has turned off is turned on before: the push begins one deploy, and no earlier push another.
        """
        commit, mode = self._state.commit, self._scene.history().turned_off
        self._journal.note(
            Step.PUSHING,
            remote=remote,
            branch=branch,
            commit=commit,
            intent=intent_data(intent),
            turns_on=mode.value if mode else "",
        )
        if mode and (note := auto_deploy.turned_on(self._scene, mode)):
            self._closing.notes.append(note)
        request = PushRequest(
            folder=self._scene.folder,
            target=self._target.name,
            service=self._service.id,
            branch=self._scene.branch,
            commit=commit,
        )
        try:
            self._pushed = done = push(request, self._ports)
        except UsageError as error:
            return self._closing.not_pushed(ReleaseVerdict.REFUSED, error.message, error.remedy)
        if done.verdict is PushVerdict.UNKNOWN:
            return self._closing.left_open(
                ReleaseVerdict.INCONCLUSIVE, f"{done.reason}, and whether it arrived is not known"
            )
        if done.verdict not in _ARRIVED:
            return self._closing.not_pushed(
                ReleaseVerdict.REFUSED, f"nothing was pushed: {done.reason or 'see the reasons below'}"
            )
        return self.arrived(intent)

    def arrived(self, intent: Intent) -> Ending:
        """Go on with a commit that the branch has."""
        self.note_arrival(intent)
        return self.take_up(intent)

    def note_arrival(self, intent: Intent | None) -> None:
        """Write down that the branch has the commit."""
        state = self._state
        is_on = state.turns_on and self._target.service(self._service.id).auto_deploy is not AutoDeploy.OFF
        self._journal.note(
            Step.PUSHED,
            commit=state.commit,
            intent=intent_data(intent) if intent else {},
            turned_on=state.turns_on.value if state.turns_on and is_on else "",
        )

    def take_up(self, intent: Intent) -> Ending:
        """Follow the deploy that the target begins by itself; ask for one only where it certainly begins none."""
        state, mode = self._state, self._target.service(self._service.id).auto_deploy
        # Of a push that this release has made, only what came after it is a trace.
        since = intent if state.remote else None
        newer: list[Deploy] = []

        def is_in_vain() -> bool:
            newer[:] = self._newer(intent)[:1]
            return bool(newer)

        if mode is AutoDeploy.OFF:
            return self.ask(intent)
        waited = auto_deploy.waited(self._scene, intent, mode, since=since, is_in_vain=is_in_vain, way_out=_WAY_OUT)
        self._closing.notes += [waited.note] if waited.note else []
        if waited.is_done:
            return self.ask(intent)
        if newer:
            return self._closing.overtaken(newer[0])
        return self._closing.left_open(
            ReleaseVerdict.INCONCLUSIVE,
            *auto_deploy.not_begun(self._scene, state.commit, mode, then="deploy-suite deploy"),
        )

    def ask(self, intent: Intent) -> Ending:
        """Ask for the deploy of *intent* unless there is one, and follow it to its end.

        What others have deployed since the intent is newer, and is not taken back by asking for less.
        """
        newer = self._newer(intent)
        if newer and self._target.find(self._service, intent) is None:
            return self._closing.overtaken(newer[0])
        self._journal.note(Step.ASKING, intent=intent_data(intent))
        return self.follow(intent)

    def follow(self, intent: Intent) -> Ending:
        """Follow the deploy of *intent*, there or back, and judge what is live then."""
        is_back = self._state.is_back
        try:
            done = self._redeployed(intent)
        except UsageError as error:
            if self._state.deploy_id:
                raise
            return self._refused(error)
        self._legs[is_back] = Leg(redeployment=done)
        self._closing.notes += done.notes
        if done.is_interrupted:
            return self._closing.left_open(ReleaseVerdict.UNDER_WAY, done.reason, is_interrupted=True)
        match done.verdict:
            case ReleaseVerdict.LIVE:
                return self.judge()
            case ReleaseVerdict.INCONCLUSIVE | ReleaseVerdict.UNDER_WAY:
                look = f"look at it: {done.wish.page}"
                return self._closing.left_open(ReleaseVerdict.INCONCLUSIVE, done.reason, look=look)
            case verdict:
                return self._closing.not_live(verdict, done)

    def judge(self) -> Ending:
        """Verify what is live, and keep it or go back."""
        seen, notes = judging.judged(self._scene, self._journal)
        is_back = self._state.is_back
        made = self._legs.get(is_back, Leg())
        self._legs[is_back] = replace(made, verification=seen.verification, diagnosis=seen.diagnosis)
        self._closing.notes += notes
        return self.settle()

    def settle(self) -> Ending:
        """Draw the consequence of what the verification saw."""
        state, reason = self._state, self._journal.entries[-1].text("reason")
        if state.step is Step.VERIFIED:
            return self._closing.kept()
        if state.step is Step.UNSURE:
            return self._closing.unsure(reason)
        return self._closing.bad_after_all(reason) if state.is_back else self.go_back()

    def take_over(self, live: Deploy) -> Ending:
        """Verify what is live already, and was not verified yet."""
        self._journal.note(Step.DEPLOYING, deploy=live.id)
        self._journal.note(Step.LIVE, deploy=live.id)
        return self.judge()

    def go_back(self) -> Ending:
        """Put back what was live before, where that is known and may be done."""
        state = self._state
        if state.intent is not None:
            others.let_end(self._scene, state.intent, ours=state.deploy_id)
        if (ending := self._closing.given_way(f"{state.commit[:7]} was found bad ({state.fault})")) is not None:
            return ending
        if (reason := why_not(self._scene, state)) is not None:
            return self._closing.not_taken_back(*reason)
        return self.begin_back(state.previous, state.previous_commit)

    def begin_back(self, deploy_id: str, commit: str) -> Ending:
        """Write down that *deploy_id*'s build is to serve again, and let it."""
        mode = self._target.service(self._service.id).auto_deploy
        intent = self._target.intent(self._service, back_to=deploy_id)
        self._journal.note(
            Step.GOING_BACK,
            intent=intent_data(intent),
            commit=commit,
            deploy=deploy_id,
            auto_deploy=mode.value,
        )
        return self.back()

    def back(self) -> Ending:
        """Go the way back that is written down."""
        state = self._state
        self._scene.voice().told(f"go back to {state.goal[:7]}")
        if note := auto_deploy.turned_off(self._scene, was=state.turned_off):
            self._closing.notes.append(note)
        if state.intent is None:
            return self._closing.left_open(
                ReleaseVerdict.INCONCLUSIVE, "the journal does not hold what was to be asked for"
            )
        return self.follow(state.intent)

    @property
    def _state(self) -> Progress:
        return progress(self._journal.entries)

    def _newer(self, intent: Intent) -> Sequence[Deploy]:
        return others.newer(self._scene, intent, before=self._state.previous_commit)

    def _redeployed(self, intent: Intent) -> Redeployment:
        return redeploy(self._target, self._service, intent, ports=self._ports, see=self._see)

    def _see(self, deploy: Deploy) -> None:
        state = self._state
        if deploy.id != state.deploy_id:
            self._journal.note(Step.DEPLOYING, deploy=deploy.id)
        if deploy.state is DeployState.LIVE and self._state.step is Step.DEPLOYING:
            self._journal.note(Step.LIVE, deploy=deploy.id)

    def _refused(self, error: UsageError) -> Ending:
        """Return the end of a wish that the target refuses; a build that it no longer has is built again."""
        state = self._state
        if not state.is_back:
            return self._closing.not_begun(error.message, error.remedy)
        if state.intent and state.intent.back_to and state.goal:
            self._closing.notes.append(f"{state.intent.back_to} could not be put back as it was built: {error.message}")
            again = self._target.intent(self._service, commit=state.goal)
            self._journal.note(Step.GOING_BACK, intent=intent_data(again), commit=state.goal, deploy="")
            return self.follow(again)
        return self._closing.not_put_back(error.message, error.remedy)
