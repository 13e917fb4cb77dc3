"""A wish to deploy that something else carries out, such as a push → its deploy, as soon as it appears."""

from deploy_suite.model.release import Deploy, Intent, LiveService
from deploy_suite.ports import Clock
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget, LostContactError


def awaited(
    target: LiveTarget, service: LiveService, intent: Intent, *, within_s: float, clock: Clock, voice: Voice
) -> Deploy | None:
    """Return the deploy of *intent*, None when there is none after *within_s*; nothing is asked for.

    Raises: LostContactError when the target did not answer at the end.
    """
    until_s = clock.now_s() + within_s
    while True:
        lost: LostContactError | None = None
        try:
            if (found := target.find(service, intent)) is not None:
                return found
        except LostContactError as error:
            lost = error
            voice.told(f"no contact: {error.message}")
        if clock.now_s() + target.pace.poll_s >= until_s:
            if lost is not None:
                raise lost
            return None
        clock.sleep(target.pace.poll_s)
