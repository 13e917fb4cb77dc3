"""A deploy that was begun → how it ended, or that nobody could see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.model.release import Deploy, DeployState, LiveService
from deploy_suite.ports import Clock
from deploy_suite.releases.log_reader import LogReader
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget, LostContactError

_STAGES: Final = {
    DeployState.CREATED: "wait for its turn",
    DeployState.QUEUED: "wait for its turn",
    DeployState.BUILDING: "build",
    DeployState.PRE_DEPLOYING: "pre-deploy",
    DeployState.STARTING: "start",
}
_LAST_READINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Followed:
    """How far *deploy* was seen to come. Shape: `lost` says why nobody could look further, "" when it is over."""

    deploy: Deploy
    lost: str = ""


def follow(
    target: LiveTarget,
    service: LiveService,
    deploy: Deploy,
    *,
    voice: Voice,
    clock: Clock,
    log: LogReader | None = None,
    see: Callable[[Deploy], None] = lambda _: None,
) -> Followed:
    """Return how *deploy* ended; its stages and *log* are told while it goes on, and *see* is called with each state.

    A target that does not answer says nothing about the deploy: contact is lost after the pace's `lost_s`.
    """
    began_s = heard_s = clock.now_s()
    pace, fault, unseen = target.pace, "", ""
    while True:
        try:
            deploy, heard_s = target.deploy(service, deploy.id), clock.now_s()
        except LostContactError as error:
            fault = error.message
            voice.told(f"no contact for {clock.now_s() - heard_s:.0f} s: {fault}")
        except DeployError as error:
            if clock.now_s() - began_s >= pace.lookup_s:
                return Followed(deploy, error.message)
            if error.message != unseen:
                unseen = error.message
                voice.told(f"{deploy.id} cannot be seen yet: {unseen}")  # what was just begun may not be listed yet
        else:
            see(deploy)
            _tell(deploy, voice, log)
        if deploy.state.is_over:
            if log:
                _read_to_its_end(log, voice, clock, pause_s=pace.poll_s)
            return Followed(deploy)
        if clock.now_s() - heard_s >= pace.lost_s:
            return Followed(deploy, f"contact was lost: {fault}")
        if clock.now_s() - began_s >= pace.follow_s:
            return Followed(deploy, f"it is not over after {pace.follow_s:.0f} s, longer than the target allows")
        clock.sleep(pace.poll_s)


def _tell(deploy: Deploy, voice: Voice, log: LogReader | None) -> None:
    if not deploy.state.is_over:
        voice.stage(_STAGES.get(deploy.state, "wait for the target"))
    if log:
        log.read(voice)


def _read_to_its_end(log: LogReader, voice: Voice, clock: Clock, *, pause_s: float) -> None:
    """Read what comes in late: what a process says last is what tells why it ended."""
    for _ in range(_LAST_READINGS):
        clock.sleep(pause_s / 2)
        if not log.read(voice):
            return
