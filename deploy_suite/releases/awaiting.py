"""A wish to deploy that something else carries out, such as a push → its deploy, as soon as it appears."""

from collections.abc import Callable

from deploy_suite.model.release import Deploy, Intent
from deploy_suite.releases.scene import Site
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LostContactError


def awaited(
    site: Site, intent: Intent, *, within_s: float, told: str, is_in_vain: Callable[[], bool] = lambda: False
) -> Deploy | None:
    """Return the deploy of *intent*, None when there is none after *within_s*; nothing is asked for.

    Shape: *told* says what is waited for; *is_in_vain* whether there will be none. Raises: LostContactError when the
    target did not answer at the end.
    """
    voice = site.voice()
    with voice.alive(site.target.pace.heartbeat_s):
        voice.stage(told)
        found = _found(site, intent, within_s=within_s, voice=voice, is_in_vain=is_in_vain)
        voice.over(found.id if found else "there is none")
    return found


def _found(
    site: Site, intent: Intent, *, within_s: float, voice: Voice, is_in_vain: Callable[[], bool]
) -> Deploy | None:
    target, clock = site.target, site.ports.clock
    until_s = clock.now_s() + within_s
    while True:
        lost: LostContactError | None = None
        try:
            if (found := target.find(site.service, intent)) is not None:
                return found
            if is_in_vain():
                return None
        except LostContactError as error:
            lost = error
            voice.told(f"no contact: {error.message}")
        if clock.now_s() + target.pace.poll_s >= until_s:
            if lost is not None:
                raise lost
            return None
        clock.sleep(target.pace.poll_s)
