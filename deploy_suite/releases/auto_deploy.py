"""A target that deploys each push by itself: its deploy is the one, and it is off while a push would do harm.

Where it is on, the deploy of a push is the target's to begin, and never asked for: what is only late would be a second
one. It is asked for where the target has dealt with the push already, because a trace of that can be seen.

Render's rollback leaves auto-deploy as it is, so that the next push may restore what was taken back; its own page turns
it off. Source: https://api-docs.render.com/reference/rollback-deploy
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.model.release import AutoDeploy, Intent, PushTrace
from deploy_suite.releases import hearing
from deploy_suite.releases.awaiting import awaited
from deploy_suite.releases.scene import Scene, Site
from deploy_suite.targets.live import LostContactError

_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Waited:
    """What came of waiting.

    Shape: `is_done` whether the push begins no other deploy; `note` what a person should know of that.
    """

    is_done: bool
    note: str = ""


def last_push(site: Site) -> PushTrace | None:
    """Return the push that the target has last dealt with, None where nobody can see one. Raises: LostContactError."""
    try:
        return site.target.last_push(site.service)
    except LostContactError:
        raise
    except DeployError:
        return None  # what cannot be read proves nothing


def waited(
    site: Site, intent: Intent, mode: AutoDeploy, *, since: Intent | None, is_in_vain: Callable[[], bool], way_out: str
) -> Waited:
    """Wait for the deploy of *intent*, which the target begins by itself.

    Shape: *since* as `_has_dealt_with` has it; *is_in_vain* whether somebody else's has taken its place, which ends the
    waiting; *way_out* tells who does not want to wait what to do. Raises: LostContactError when the target did not
    answer at the end.
    """

    def is_dealt_with() -> bool:
        return _has_dealt_with(site, intent.commit, since=since)

    def is_over() -> bool:
        return is_in_vain() or is_dealt_with()

    after = " after its checks" if mode is AutoDeploy.AFTER_CHECKS else ""
    told = f"wait for {site.name} to deploy the push{after}"
    first_s, within_s = site.target.pace.lookup_s, _patience_s(site, mode)
    if awaited(site, intent, within_s=first_s, told=told, is_in_vain=is_over) or is_dealt_with():
        return Waited(is_done=True)
    if is_in_vain():
        return Waited(is_done=False)
    if why := hearing.why_deaf(site, mode):
        return Waited(is_done=True, note=why)
    site.voice().told(
        f"{site.name} has not begun it yet, and is not asked, for its own deploy may still come; "
        f"wait for {_in_words(within_s)} in all ({way_out})"
    )
    later = f"{told}, which is late"
    found = awaited(site, intent, within_s=within_s - first_s, told=later, is_in_vain=is_over)
    return Waited(is_done=found is not None or is_dealt_with())


def not_begun(site: Site, commit: str, mode: AutoDeploy, *, then: str = "") -> tuple[str, str]:
    """Return why nothing goes on where the target deploys by itself and has not begun, and what to do.

    Shape: *then* is what to run after one was asked for. Source of what a public URL means:
    https://render.com/docs/deploys#automatic-deploys
    """
    short, name = commit[:7], site.name
    when = "when it hears of the push"
    look = (
        f"see whether {name} is linked to the repository, and hears of its pushes (it never does of a mere public URL; "
        "then turn its auto-deploy off, and it is asked each time)"
    )
    if mode is AutoDeploy.AFTER_CHECKS:
        when, look = "when its checks have passed", "look at the commit's checks"
    reason = (
        f"{name} deploys {short} by itself {when}, and has not begun within {_in_words(_patience_s(site, mode))}; "
        "nothing was asked for, because its own deploy may still come and would be a second one"
    )
    place = f"--target {site.target.name} --service {site.service.id}"
    asking = f"deploy-suite redeploy {place} --commit {short} --now"
    onward = f" && {then} {place}" if then else ""
    return reason, f"{look}; then run the same again: it goes on from there; or ask for one yourself: {asking}{onward}"


def turned_off(scene: Scene, *, was: AutoDeploy | None) -> str:
    """Turn it off, and return what a person should know of that; "" where it was off already."""
    if was is None or was is AutoDeploy.OFF:
        return ""
    mode = was.value
    try:
        scene.target.set_auto_deploy(scene.service, AutoDeploy.OFF)
    except DeployError as error:
        told = f"auto-deploy ({mode}) could not be turned off, so the next push may bring the release back"
        return f"{told}: {error.message}"
    return (
        f"auto-deploy was '{mode}' and is off now, so that no push brings the release back; the next push of "
        f"deploy-suite deploy turns it on again, and so does the service's page: {scene.service.page}"
    )


def turned_on(scene: Scene, mode: AutoDeploy) -> str:
    """Let it be *mode* again, and return what to know of that; "" where somebody has turned it on since."""
    try:
        if scene.target.service(scene.service.id).auto_deploy is not AutoDeploy.OFF:
            return ""
        scene.target.set_auto_deploy(scene.service, mode)
    except DeployError as error:
        return f"auto-deploy could not be turned on again: {error.message}"
    return f"auto-deploy is '{mode.value}' again, as before the last release was taken back"


def still_off(scene: Scene) -> str:
    """Return what to know where it is off since a release was taken back, "" where it is not."""
    mode = scene.history().turned_off
    if mode is None:
        return ""
    with suppress(DeployError):
        if scene.target.service(scene.service.id).auto_deploy is not AutoDeploy.OFF:
            return ""
    return (
        f"auto-deploy, which was '{mode.value}', is off since a release was taken back; the next push of deploy-suite "
        f"deploy turns it on again, and so does the service's page: {scene.service.page}"
    )


def _has_dealt_with(site: Site, commit: str, *, since: Intent | None) -> bool:
    """Whether the last push of the service is that of *commit*, and can begin no more deploy.

    Shape: what the intent *since* knows was there before, and is no trace of a later push. Raises: LostContactError.
    """
    found = last_push(site)
    return found is not None and found.commit == commit and not (since and found.id in since.known)


def _patience_s(site: Site, mode: AutoDeploy) -> float:
    pace = site.target.pace
    return pace.queued_s if mode is AutoDeploy.AFTER_CHECKS else pace.push_s


def _in_words(seconds: float) -> str:
    return f"{seconds / _MINUTE_S:.0f} min" if seconds >= 2 * _MINUTE_S else f"{seconds:.0f} s"
