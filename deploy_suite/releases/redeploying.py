"""One wish to deploy a service → what became of it, told while it goes on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.release import Deploy, DeployState, FailureReason, Intent, LiveService
from deploy_suite.ports import Ports
from deploy_suite.releases import redeployment as ends
from deploy_suite.releases.following import follow
from deploy_suite.releases.log_reader import LogReader
from deploy_suite.releases.redeployment import Redeployment, Wish
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget

_MOST_SUCCESSORS: Final = 5


def redeploy(
    target: LiveTarget,
    service: LiveService,
    intent: Intent,
    *,
    ports: Ports,
    waits: bool = True,
    see: Callable[[Deploy], None] | None = None,
) -> Redeployment:
    """Begin the deploy of *intent* and follow it to its end, or only begin it; *see* is called with each of its states.

    Ctrl-C stops the waiting, not the deploy: the answer says what goes on. Raises: DeployError when nothing was begun
    or, as UnknownOutcomeError, when nobody knows.
    """
    wish = Wish(target=target.name, service=service, intent=intent, can_look=target.can_look)
    return _Run(target, wish, ports, see=see).ended(waits=waits)


class _Run:
    """One wish while it is carried out."""

    def __init__(
        self, target: LiveTarget, wish: Wish, ports: Ports, *, see: Callable[[Deploy], None] | None = None
    ) -> None:
        self._seen_by = see
        self._target = target
        self._wish = wish
        self._ports = ports
        self._voice = Voice(ports.progress, ports.clock)
        self._has_asked = False
        self._deploy: Deploy | None = None
        self._replaced: Deploy | None = None
        self._notes: list[str] = []

    def ended(self, *, waits: bool) -> Redeployment:
        began_s = self._ports.clock.now_s()
        with self._voice.alive(self._target.pace.heartbeat_s):
            try:
                found = self._carried_out(waits=waits)
            except KeyboardInterrupt:
                found = ends.interrupted(self._wish, self._deploy, has_asked=self._has_asked)
            self._voice.over(found.verdict.value)
        return replace(
            found,
            replaced=self._replaced,
            notes=tuple(self._notes),
            seconds=self._ports.clock.now_s() - began_s,
        )

    def _carried_out(self, *, waits: bool) -> Redeployment:
        self._voice.stage("ask for the deploy")
        older = self._looked_round() if self._target.can_look else frozenset[str]()
        self._has_asked = True
        service, intent = self._wish.service, self._wish.intent
        deploy = self._target.carry_out(service, intent)
        self._see(deploy)
        self._voice.told(f"{deploy.id} of {service.name} deploys {deploy.short} {deploy.subject}".rstrip())
        if not waits or not self._target.can_look:
            return ends.begun(self._wish, deploy)
        log = LogReader(self._target, service, deploy, older=older, curtain=self._ports.curtain)
        return self._followed(deploy, log)

    def _looked_round(self) -> frozenset[str]:
        """Note what is live, hide the service's secrets, and return the instances whose lines are not to be read."""
        service = self._wish.service
        self._replaced = self._target.live(service)
        try:
            self._target.variables(service)
        except DeployError as error:
            self._notes.append(f"the log is masked by its shape alone: {error.message}")
        try:
            return self._target.instances(service)
        except DeployError:
            return frozenset()  # then the old instances' lines are read too

    def _followed(self, deploy: Deploy, log: LogReader) -> Redeployment:
        """Follow the deploy, and the one that took its place where that deploys the same commit."""
        for left in reversed(range(_MOST_SUCCESSORS)):
            seen = follow(
                self._target,
                self._wish.service,
                deploy,
                log=log,
                voice=self._voice,
                clock=self._ports.clock,
                see=self._see,
            )
            deploy = seen.deploy
            if seen.lost:
                return ends.lost(self._wish, deploy, seen.lost)
            if deploy.state is DeployState.LIVE:
                return ends.live(self._wish, deploy)
            reason = self._reason(deploy)
            if deploy.state.has_failed:
                text = ends.lines_of(log.lines)
                found = diagnose(text, masker=self._ports.curtain.masker) if text else None
                return ends.failed(self._wish, deploy, reason, found, replaced=self._replaced)
            successor = self._successor(deploy, reason)
            if successor is None or successor.commit != deploy.commit or not left:
                break
            self._voice.told(f"{successor.id} took the place of {deploy.id} and deploys the same commit")
            deploy = successor
            self._see(deploy)
        return ends.given_up(self._wish, deploy, reason, successor)

    def _see(self, deploy: Deploy) -> None:
        self._deploy = deploy
        if self._seen_by is not None:
            self._seen_by(deploy)

    def _reason(self, deploy: Deploy) -> FailureReason:
        try:
            return self._target.reason(self._wish.service, deploy)
        except DeployError as error:
            self._notes.append(f"the reason cannot be read: {error.message}")
            return FailureReason()

    def _successor(self, deploy: Deploy, reason: FailureReason) -> Deploy | None:
        """Return the deploy that took the place of *deploy*: the one that is live, or goes on, after it."""
        if not reason.superseded_by and deploy.state is not DeployState.REPLACED:
            return None
        try:
            later = [one for one in self._target.deploys(self._wish.service) if _is_after(one, deploy)]
        except DeployError:
            return None
        named = [one for one in later if one.id == reason.superseded_by]
        usable = [one for one in later if one.state.is_live or not one.state.is_over]
        return next(iter(named or usable), None)


def _is_after(one: Deploy, other: Deploy) -> bool:
    return one.id != other.id and bool(one.created and other.created and one.created >= other.created)
