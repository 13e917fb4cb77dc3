"""What was pushed and what a target made of it → whether it is certain that pushes do not reach it.

A target that is to deploy each push does not say whether anybody tells it of pushes: nobody tells Render of those to
a mere public URL, or where its access to the repository was taken away. Its API does not say so; what was pushed from
here and never became anything there does.
Source: https://render.com/docs/deploys#automatic-deploys
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.model.release import AutoDeploy, Deploy
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.progress import progress
from deploy_suite.releases.scene import Site
from deploy_suite.releases.steps import Entry, Step
from deploy_suite.targets.live import LostContactError

_LEAST: Final = 2  # one may have been lost while the host was down
_LATEST: Final = 100
_REMEMBERED: Final = timedelta(days=30)  # for as long a target is asked what it ignored


def why_deaf(site: Site, mode: AutoDeploy) -> str:
    """Return why it is certain that no push reaches the target, "" where it is not. Raises: LostContactError.

    It is certain where the target has never done anything with a push, though at least two commits were pushed from
    here while it was to deploy each, both longer ago than anything of a push is waited for.
    """
    if mode is not AutoDeploy.ON_PUSH:
        return ""  # checks may be what did not pass
    try:
        if site.target.last_push(site.service) is not None:
            return ""
        deploys = site.target.deploys(site.service, limit=_LATEST)
    except LostContactError:
        raise
    except DeployError:
        return ""
    lost = dict(_unheard(site, deploys))
    if len(lost) < _LEAST:
        return ""
    told = " and ".join(f"{commit[:7]} on {time:%Y-%m-%d at %H:%M} UTC" for commit, time in [*lost.items()][:_LEAST])
    return (
        f"pushes do not reach {site.name}: none of its deploys was ever begun by one, though {told} were pushed while "
        "it was to deploy each; so it was asked. Link the repository to it, or turn its auto-deploy off, and nobody "
        f"waits for pushes any more: {site.service.page or 'on the page of the service'}"
    )


def _unheard(site: Site, deploys: Sequence[Deploy]) -> Iterator[tuple[str, datetime]]:
    """Yield what was pushed from here, and when, of which the target should have heard long ago; the latest first."""
    pace, now = site.target.pace, datetime.fromisoformat(site.ports.clock.utc()).astimezone(UTC)
    late = timedelta(seconds=pace.queued_s)
    journals = site.history().journals
    backs = [entry.time for one in journals for entry in one.entries if entry.step is Step.GOING_BACK]
    listed = [one.created for one in deploys if one.created]
    known_since = min(listed) if len(deploys) >= _LATEST and listed else None
    for one in journals:
        pushed = _pushed(one)
        if pushed is None or not late <= now - pushed.time <= _REMEMBERED:
            continue
        was_turned_off = any(pushed.time <= back <= pushed.time + late for back in backs)
        if not was_turned_off and (known_since is None or known_since < pushed.time):
            yield pushed.text("commit"), pushed.time


def _pushed(journal: Journal) -> Entry | None:
    """Return the line that says that a release has pushed its commit while the target was to deploy each push."""
    state = progress(journal.entries)
    found = next((one for one in journal.entries if one.step is Step.PUSHED), None)
    if found is None or not state.remote:
        return None
    is_on = AutoDeploy.ON_PUSH.value in {state.auto_deploy.value, found.text("turned_on")}
    return found if is_on else None
