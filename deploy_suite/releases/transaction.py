"""One release, step by step: each is written down before it is done, and can be done again after a crash."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from deploy_suite.errors import DeployError, UsageError
from deploy_suite.model.probe import Verdict
from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, Intent, ReleaseKind, ReleaseVerdict
from deploy_suite.releases import auto_deploy, looking, others
from deploy_suite.releases.awaiting import awaited
from deploy_suite.releases.continuing import next_of
from deploy_suite.releases.going_back import why_not
from deploy_suite.releases.history import forget_old
from deploy_suite.releases.journal import Journal, Step, intent_data
from deploy_suite.releases.outcome import Ending, Leg
from deploy_suite.releases.progress import Progress, progress
from deploy_suite.releases.pushing import Pushed, PushRequest, PushVerdict, push
from deploy_suite.releases.records import RECORD, render
from deploy_suite.releases.redeploying import redeploy
from deploy_suite.releases.redeployment import Redeployment
from deploy_suite.releases.scene import Scene
from deploy_suite.targets.live import LostContactError

_ARRIVED: Final = frozenset({PushVerdict.PUSHED, PushVerdict.NOTHING})


class Transaction:
    """One release while it is carried out; each method goes on from its step to the end."""

    def __init__(self, scene: Scene, journal: Journal) -> None:
        """Go on with *journal*."""
        self._scene = scene
        self._target = scene.target
        self._service = scene.service
        self._ports = scene.ports
        self._journal = journal
        self._pushed: Pushed | None = None
        self._legs: dict[bool, Leg] = {}
        self._notes: list[str] = []

    def guarded(self, go_on: Callable[[], Ending]) -> Ending:
        """Return what *go_on* comes to; where it is cut short, the release stays open for whoever comes next."""
        try:
            found = go_on()
        except KeyboardInterrupt:
            found = self._open(ReleaseVerdict.UNDER_WAY, "interrupted", is_interrupted=True)
        except DeployError as error:
            found = self._open(ReleaseVerdict.INCONCLUSIVE, error.message, error.remedy)
        return replace(
            found,
            pushed=self._pushed,
            there=self._legs.get(False),
            back=self._legs.get(True),
            notes=tuple(self._notes),
        )

    def measure(self, live: Deploy) -> None:
        """Measure what is live before anything is changed."""
        if not self._service.url or not live.commit:
            return
        baseline, note = looking.baseline(self._scene, live)
        if note:
            self._notes.append(note)
        if baseline is not None:
            looking.keep(self._journal, baseline)
            self._journal.note(Step.BASELINE, commit=live.commit)

    def push(self, intent: Intent, *, remote: str, branch: str) -> Ending:
        """Push the commit, which may begin the deploy of *intent*."""
        commit = self._state.commit
        self._journal.note(Step.PUSHING, remote=remote, branch=branch, commit=commit, intent=intent_data(intent))
        request = PushRequest(
            folder=self._scene.folder, target=self._target.name, service=self._service.id, commit=commit
        )
        try:
            self._pushed = done = push(request, self._ports)
        except UsageError as error:
            return self.end(ReleaseVerdict.REFUSED, error.message, error.remedy)
        if done.verdict is PushVerdict.UNKNOWN:
            return self._open(ReleaseVerdict.INCONCLUSIVE, f"{done.reason}, and whether it arrived is not known")
        if done.verdict not in _ARRIVED:
            return self.end(ReleaseVerdict.REFUSED, f"nothing was pushed: {done.reason or 'see the reasons above'}")
        self._journal.note(Step.PUSHED, commit=commit)
        return self.take_up(intent)

    def take_up(self, intent: Intent) -> Ending:
        """Wait for the deploy that the push begins, where it does; ask for one where it does not."""
        state, pace = self._state, self._target.pace
        if state.auto_deploy is AutoDeploy.OFF:
            return self.ask(intent)
        waits_for_checks = state.auto_deploy is AutoDeploy.AFTER_CHECKS
        within_s = pace.queued_s if waits_for_checks else pace.lookup_s
        told = f"wait for {self._scene.name} to deploy the push" + " after its checks" * waits_for_checks
        found = awaited(self._scene, intent, within_s=within_s, told=told, is_in_vain=lambda: bool(self._newer(intent)))
        if found is None and waits_for_checks and not self._newer(intent):
            return self._open(
                ReleaseVerdict.INCONCLUSIVE,
                f"{self._scene.name} deploys {state.commit[:7]} when its checks have passed, and has not begun "
                f"within {within_s:.0f} s",
                "look at the commit's checks; then run the same again: it goes on from there",
            )
        return self.ask(intent)

    def ask(self, intent: Intent) -> Ending:
        """Ask for the deploy of *intent* unless there is one, and follow it to its end.

        What others have deployed since the intent is newer, and is not taken back by asking for less.
        """
        state, newer = self._state, self._newer(intent)
        if newer and self._target.find(self._service, intent) is None:
            return self.end(
                ReleaseVerdict.SUPERSEDED,
                f"{state.commit[:7]} was not deployed: {newer[0].short} ({newer[0].id}, {newer[0].state.value}) "
                "was begun by somebody else meanwhile",
                "see what it is (deploy-suite status); get it (git pull), then deploy what is on top of both",
                live=newer[0].id if newer[0].state.is_live else "",
            )
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
        self._notes += done.notes
        if done.is_interrupted:
            return self._open(ReleaseVerdict.UNDER_WAY, done.reason, is_interrupted=True)
        match done.verdict:
            case ReleaseVerdict.LIVE:
                return self.judge()
            case ReleaseVerdict.INCONCLUSIVE | ReleaseVerdict.UNDER_WAY:
                return self._open(ReleaseVerdict.INCONCLUSIVE, done.reason)
            case verdict:
                return self._not_live(verdict, done)

    def judge(self) -> Ending:
        """Verify what is live, and keep it or go back."""
        state = self._state
        if not self._service.url:
            self._notes.append(
                f"{self._service.name} has no public URL: nobody could ask it, and that it is live is "
                f"what {self._scene.name} says"
            )
            return self._kept(ReleaseVerdict.LIVE)
        self._verified(state.goal, is_back=state.is_back)
        return self.settle()

    def settle(self) -> Ending:
        """Draw the consequence of what the verification saw."""
        state, reason = self._state, self._journal.entries[-1].text("reason")
        if state.step is Step.VERIFIED:
            return self._kept(ReleaseVerdict.LIVE)
        if state.step is Step.UNSURE:
            return self._unsure(reason)
        if not state.is_back:
            return self.go_back()
        if state.kind is ReleaseKind.DEPLOY:
            return self._is_back(f"it is not well either: {reason}")
        return self.end(
            ReleaseVerdict.FAILED,
            f"{state.goal[:7]} is live again, and it is not well: {reason}",
            f"see the probes above; to undo this: deploy-suite rollback --to {state.previous or 'DEPLOY'}",
            live=state.deploy_id,
        )

    def take_over(self, live: Deploy) -> Ending:
        """Verify what is live already, and was not verified yet."""
        self._journal.note(Step.DEPLOYING, deploy=live.id)
        self._journal.note(Step.LIVE, deploy=live.id)
        return self.judge()

    def go_back(self) -> Ending:
        """Put back what was live before, where that is known and may be done."""
        state = self._state
        self._let_others_end(state)
        if (ending := self._given_way(f"{state.commit[:7]} was found bad ({state.fault})")) is not None:
            return ending
        if (reason := why_not(self._scene, state)) is not None:
            said, remedy = reason
            return self.end(
                ReleaseVerdict.FAILED,
                f"{state.commit[:7]} is live and bad: {state.fault}; it was not taken back: {said}",
                remedy,
                live=state.deploy_id,
            )
        return self.begin_back(state.previous, state.previous_commit)

    def _given_way(self, told: str) -> Ending | None:
        """Return the end of a release that is not live any more, None where it is. Shape: *told* is what is known."""
        live = self._target.live(self._service)
        if live is None or live.id == self._state.deploy_id:
            return None
        return self.end(
            ReleaseVerdict.SUPERSEDED,
            f"{told}, and {live.short} ({live.id}) took its place since",
            f"verify what is live now: deploy-suite verify --target {self._target.name}",
            live=live.id,
        )

    def _newer(self, intent: Intent) -> Sequence[Deploy]:
        """Return what others deploy since *intent*; what was live before, deployed anew, is none of it."""
        before = self._state.previous_commit
        found = others.begun_since(self._target, self._service, intent)
        return [one for one in found if one.commit != before]

    def _let_others_end(self, state: Progress) -> None:
        """Wait for what somebody else has begun since: it may take the place of what is to be taken back."""
        if state.intent is None:
            return
        voice, ours = self._scene.voice(), state.deploy_id
        for one in others.begun_since(self._target, self._service, state.intent, ours=ours):
            if not one.state.is_over:
                voice.told(f"wait for {one.id}, which somebody else has begun: it deploys {one.short} {one.subject}")
                others.over(self._target, self._service, one, clock=self._ports.clock, voice=voice)

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
            self._notes.append(note)
        if state.intent is None:
            return self._open(ReleaseVerdict.INCONCLUSIVE, "the journal does not hold what was to be asked for")
        return self.follow(state.intent)

    def end(
        self, verdict: ReleaseVerdict, reason: str = "", remedy: str = "", *, live: str = "", restored: str = ""
    ) -> Ending:
        """Close the release."""
        self._journal.note(
            Step.ENDED, verdict=verdict.value, reason=reason, remedy=remedy, live=live, restored=restored
        )
        self._journal.keep(RECORD, render(self._journal))
        forget_old(self._scene.place, self._ports)
        return Ending(verdict=verdict, reason=reason, remedy=remedy)

    @property
    def _state(self) -> Progress:
        return progress(self._journal.entries)

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
            return self.end(ReleaseVerdict.REFUSED, error.message, error.remedy)
        if state.intent and state.intent.back_to and state.goal:
            self._notes.append(f"{state.intent.back_to} could not be put back as it was built: {error.message}")
            again = self._target.intent(self._service, commit=state.goal)
            self._journal.note(Step.GOING_BACK, intent=intent_data(again), commit=state.goal, deploy="")
            return self.follow(again)
        return self._stayed(error.message, error.remedy)

    def _not_live(self, verdict: ReleaseVerdict, done: Redeployment) -> Ending:
        """Return the end of a deploy that did not become live: what was live before serves on."""
        state = self._state
        if state.is_back:
            return self._stayed(done.reason, done.remedy)
        if done.deploy and done.deploy.state is DeployState.START_FAILED and state.permission:
            self._notes.append(
                "a pre-deploy command may have changed the database before the start failed, and the older code "
                f"serves on: {state.permission.why}"
            )
        is_as_before = done.deploy is not None and done.deploy.state.has_failed
        return self.end(verdict, done.reason, done.remedy, live=state.previous if is_as_before else "")

    def _stayed(self, reason: str, remedy: str) -> Ending:
        state = self._state
        bad = f"{state.commit[:7]} is bad ({state.fault}) and " if state.fault else ""
        return self.end(
            ReleaseVerdict.FAILED,
            f"{bad}{state.goal[:7]} could not be put back: {reason}",
            remedy
            or "run deploy-suite rollback again, or put it back by hand: "
            + (self._service.page or "on the service's page"),
            live=state.there_id,
        )

    def _verified(self, commit: str, *, is_back: bool) -> None:
        self._journal.note(Step.VERIFYING, commit=commit)
        seen, notes = looking.verified(self._scene, commit, baseline=None if is_back else looking.kept(self._journal))
        self._notes += notes
        self._legs[is_back] = replace(self._legs.get(is_back, Leg()), verification=seen)
        step = {Verdict.PASS: Step.VERIFIED, Verdict.FAIL: Step.BAD, Verdict.INCONCLUSIVE: Step.UNSURE}[seen.verdict]
        self._journal.note(step, commit=commit, reason=seen.reason)

    def _kept(self, verdict: ReleaseVerdict) -> Ending:
        state = self._state
        if state.is_back and state.kind is ReleaseKind.DEPLOY:
            return self._is_back("it answers as it must")
        if state.is_back:
            return self.end(verdict, live=state.deploy_id)
        restored, note = auto_deploy.restored(self._scene)
        self._notes += [note] if note else []
        return self.end(verdict, live=state.deploy_id, restored=restored)

    def _unsure(self, reason: str) -> Ending:
        state = self._state
        if state.is_back and state.kind is ReleaseKind.DEPLOY:
            return self._is_back(f"whether it is well is not known: {reason}")
        with suppress(LostContactError):  # then nothing sure is known of that either
            if (ending := self._given_way(f"{state.goal[:7]} could not be verified to the end")) is not None:
                return ending
        return self.end(
            ReleaseVerdict.INCONCLUSIVE,
            f"{state.goal[:7]} is live, and nobody knows whether it is good: {reason}",
            "verify it again: deploy-suite deploy; to put back what was live before: deploy-suite rollback",
            live=state.deploy_id,
        )

    def _is_back(self, told: str) -> Ending:
        state = self._state
        return self.end(
            ReleaseVerdict.ROLLED_BACK,
            f"{state.commit[:7]} was live and bad: {state.fault}; {state.goal[:7]} is live again, and {told}",
            "correct the commit and deploy again",
            live=state.deploy_id,
        )

    def _open(self, verdict: ReleaseVerdict, reason: str, remedy: str = "", *, is_interrupted: bool = False) -> Ending:
        """Leave the release to the next command."""
        state = self._state
        return Ending(
            verdict=verdict,
            reason=f"{reason}; the release stays open, its last step is '{state.step.value}'",
            remedy=remedy or f"the next deploy-suite deploy or rollback {next_of(state).value}",
            is_open=True,
            is_interrupted=is_interrupted,
        )
