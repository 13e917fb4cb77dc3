"""A release that has come as far as it gets → its last line in the journal, and what is said of it."""

from contextlib import suppress

from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, ReleaseKind, ReleaseVerdict
from deploy_suite.releases import auto_deploy
from deploy_suite.releases.continuing import next_of
from deploy_suite.releases.history import forget_old
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.outcome import Ending
from deploy_suite.releases.progress import Progress, progress
from deploy_suite.releases.records import RECORD, render
from deploy_suite.releases.redeployment import Redeployment
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.steps import Step
from deploy_suite.targets.live import LostContactError


class Closing:
    """The ends that one release may come to. Shape: `notes` are what else a person should know."""

    def __init__(self, scene: Scene, journal: Journal) -> None:
        """Close the release of *journal*."""
        self._scene = scene
        self._journal = journal
        self.notes: list[str] = []

    def end(self, verdict: ReleaseVerdict, reason: str = "", remedy: str = "", *, live: str = "") -> Ending:
        """Write down that nothing more is done. Shape: as in the journal's last line."""
        self._journal.note(Step.ENDED, verdict=verdict.value, reason=reason, remedy=remedy, live=live)
        self._journal.keep(RECORD, render(self._journal))
        forget_old(self._scene.place, self._scene.ports)
        return Ending(verdict=verdict, reason=reason, remedy=remedy)

    def left_open(
        self, verdict: ReleaseVerdict, reason: str, remedy: str = "", *, look: str = "", is_interrupted: bool = False
    ) -> Ending:
        """Leave the release to the next command, which is told beside *look*; nothing is written down."""
        state = self._state
        going_on = f"the next deploy-suite deploy or rollback {next_of(state).value}"
        return Ending(
            verdict=verdict,
            reason=f"{reason}; the release stays open, its last step is '{state.step.value}'",
            remedy=remedy or "; ".join(one for one in (look, going_on) if one),
            is_open=True,
            is_interrupted=is_interrupted,
        )

    def not_pushed(self, verdict: ReleaseVerdict, reason: str, remedy: str = "") -> Ending:
        """End before anything was changed; what was turned on for the push is turned off again."""
        state = self._state
        if state.turns_on and state.auto_deploy is AutoDeploy.OFF:
            self.notes += [note for note in [auto_deploy.turned_off(self._scene, was=state.turns_on)] if note]
        return self.end(verdict, reason, remedy)

    def not_begun(self, reason: str, remedy: str) -> Ending:
        """End with a commit that the target would not deploy, and that the branch has by now."""
        state = self._state
        where = f"{state.commit[:7]} is on {state.branch} and not deployed"
        return self.end(ReleaseVerdict.REFUSED, f"{where}: {reason}", remedy, live=state.previous)

    def kept(self) -> Ending:
        """End with what is live: it is good, or nobody can ask it."""
        state = self._state
        if state.is_back and state.kind is ReleaseKind.DEPLOY:
            return self.taken_back("it is well")
        if state.is_back:
            return self.end(ReleaseVerdict.LIVE, live=state.deploy_id)
        self.notes += [note for note in [auto_deploy.still_off(self._scene)] if note]
        return self.end(ReleaseVerdict.LIVE, live=state.deploy_id)

    def unsure(self, reason: str) -> Ending:
        """End with what is live, of which nothing sure is known."""
        state = self._state
        if state.is_back and state.kind is ReleaseKind.DEPLOY:
            return self.taken_back(f"whether it is well is not known: {reason}")
        with suppress(LostContactError):  # then nothing sure is known of that either
            if (ending := self.given_way(f"{state.goal[:7]} could not be verified to the end")) is not None:
                return ending
        return self.end(
            ReleaseVerdict.INCONCLUSIVE,
            f"{state.goal[:7]} is live, and nobody knows whether it is good: {reason}",
            "verify it again: deploy-suite deploy; to put back what was live before: deploy-suite rollback",
            live=state.deploy_id,
        )

    def bad_after_all(self, reason: str) -> Ending:
        """End with what was put back, and is bad."""
        state = self._state
        if state.kind is ReleaseKind.DEPLOY:
            return self.taken_back(f"it is not well either: {reason}")
        return self.end(
            ReleaseVerdict.FAILED,
            f"{state.goal[:7]} is live again, and it is not well: {reason}",
            f"see the probes above; to undo this: deploy-suite rollback --to {state.previous or 'DEPLOY'}",
            live=state.deploy_id,
        )

    def not_taken_back(self, why: str, remedy: str) -> Ending:
        """End with a bad release that has to stay."""
        state = self._state
        return self.end(
            ReleaseVerdict.FAILED,
            f"{state.commit[:7]} is live and bad: {state.fault}; it was not taken back: {why}",
            remedy,
            live=state.deploy_id,
        )

    def taken_back(self, told: str) -> Ending:
        """End with what was live before. Shape: *told* says how that is."""
        state = self._state
        return self.end(
            ReleaseVerdict.ROLLED_BACK,
            f"{state.goal[:7]} is live again, and {told}; {state.commit[:7]} was live and bad: {state.fault}",
            "correct the commit and deploy again",
            live=state.deploy_id,
        )

    def overtaken(self, newer: Deploy) -> Ending:
        """End before anything was asked for: *newer* is of somebody else."""
        return self.end(
            ReleaseVerdict.SUPERSEDED,
            f"{self._state.commit[:7]} was not deployed: {newer.short} ({newer.id}, {newer.state.value}) "
            "was begun by somebody else meanwhile",
            "see what it is (deploy-suite status); get it (git pull), then deploy what is on top of both",
            live=newer.id if newer.state.is_live else "",
        )

    def given_way(self, told: str) -> Ending | None:
        """Return the end of a release that is not live any more, None where it is. Shape: *told* is what is known."""
        target = self._scene.target
        live = target.live(self._scene.service)
        if live is None or live.id == self._state.deploy_id:
            return None
        return self.end(
            ReleaseVerdict.SUPERSEDED,
            f"{told}, and {live.short} ({live.id}) took its place since",
            f"verify what is live now: deploy-suite verify --target {target.name}",
            live=live.id,
        )

    def not_live(self, verdict: ReleaseVerdict, done: Redeployment) -> Ending:
        """End with a deploy that did not become live: what was live before serves on."""
        state = self._state
        if state.is_back:
            return self.not_put_back(done.reason, done.remedy)
        if done.deploy and done.deploy.state is DeployState.START_FAILED and state.permission:
            self.notes.append(
                "a pre-deploy command may have changed the database before the start failed, and the older code "
                f"serves on: {state.permission.why}"
            )
        is_as_before = done.deploy is not None and done.deploy.state.has_failed
        return self.end(verdict, done.reason, done.remedy, live=state.previous if is_as_before else "")

    def not_put_back(self, reason: str, remedy: str) -> Ending:
        """End a way back that could not be gone."""
        state = self._state
        bad = f"{state.commit[:7]} is bad ({state.fault}) and " if state.fault else ""
        return self.end(
            ReleaseVerdict.FAILED,
            f"{bad}{state.goal[:7]} could not be put back: {reason}",
            remedy
            or "run deploy-suite rollback again, or put it back by hand: "
            + (self._scene.service.page or "on the service's page"),
            live=state.there_id,
        )

    @property
    def _state(self) -> Progress:
        return progress(self._journal.entries)
