"""A service without a public URL, such as a worker → whether it runs on, by what its target sees of it."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.model.release import Deploy
from deploy_suite.ports import Address
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.verification import Served, Subject, Verification

_LASTING: Final = 2  # what failed, was started again and failed again


def watched(scene: Scene, deploy_id: str) -> Verification:
    """Return what is seen of a deploy while it is looked at: nobody can ask it, but its target tells what has failed.

    It is good when no instance has failed for as long as a fault must last, and bad when one has failed again after it
    was started again; one failure, or no contact, tells nothing sure.
    """
    with scene.voice().alive(scene.patience.heartbeat_s):
        return _Watch(scene, deploy_id).seen()


class _Watch:
    def __init__(self, scene: Scene, deploy_id: str) -> None:
        self._scene = scene
        self._deploy_id = deploy_id
        self._clock = scene.ports.clock
        self._began_s = self._clock.now_s()
        self._rounds = 0
        self._deploy: Deploy | None = None
        self._live: Deploy | None = None
        self._failures: Sequence[str] = ()
        self._fault = ""

    def seen(self) -> Verification:
        scene, voice = self._scene, self._scene.voice()
        voice.stage(f"watch {scene.service.name}, which has no public URL")
        until_s = self._began_s + scene.patience.lasting_s
        while True:
            self._look()
            if self._fault:
                voice.told(f"no contact: {self._fault}")
            is_over = self._clock.now_s() >= until_s and self._rounds >= scene.patience.good_rounds
            if is_over or len(self._failures) >= _LASTING or self._clock.now_s() >= until_s + scene.patience.most_s:
                break
            self._clock.sleep(scene.patience.pause_s)
        verdict, reason = self._judged()
        voice.over(verdict.value)
        return self._told(verdict, reason)

    def _look(self) -> None:
        target, service = self._scene.target, self._scene.service
        try:
            self._deploy = self._deploy or target.deploy(service, self._deploy_id)
            self._live = target.live(service)
            since = self._deploy.finished or self._deploy.created
            self._failures = target.failures(service, since) if since else ()
        except DeployError as error:
            self._fault = error.message
        else:
            self._fault, self._rounds = "", self._rounds + 1

    def _judged(self) -> tuple[ProbeVerdict, str]:
        name = self._scene.name
        if len(self._failures) >= _LASTING:
            return ProbeVerdict.FAIL, f"{name} has seen it fail {len(self._failures)} times since: {self._failures[-1]}"
        if self._fault:
            return ProbeVerdict.INCONCLUSIVE, f"{name} cannot be asked how it is: {self._fault}"
        if self._live is None or self._live.id != self._deploy_id:
            return ProbeVerdict.INCONCLUSIVE, f"{name} does not say that it is live"
        if self._failures:
            return ProbeVerdict.INCONCLUSIVE, f"it failed once, and was started again: {self._failures[0]}"
        return ProbeVerdict.PASS, ""

    def _told(self, verdict: ProbeVerdict, reason: str) -> Verification:
        seconds = self._clock.now_s() - self._began_s
        service, commit = self._scene.service, self._live.commit if self._live else ""
        return Verification(
            subject=Subject(
                url="",
                address=Address("", 0),
                service=service.name,
                probes=(),
                target=self._scene.target.name,
                expected=self._deploy.commit if self._deploy else "",
            ),
            verdict=verdict,
            served=Served(commit=commit, source=self._scene.name, is_known=bool(commit)),
            reason=reason,
            remedy="look at the service's log: deploy-suite logs" if verdict is not ProbeVerdict.PASS else "",
            rounds=self._rounds,
            latency={},
            notes=(f"it has no public URL: that it runs is what {self._scene.name} says",),
            seconds=seconds,
        )
