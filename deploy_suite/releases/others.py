"""Deploys that somebody else began since a wish was made → whether one of them took its place."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.model.release import Deploy, Intent, LiveService
from deploy_suite.targets.live import LiveTarget

_LATEST: Final = 20


def begun_since(target: LiveTarget, service: LiveService, intent: Intent, *, ours: str = "") -> Sequence[Deploy]:
    """Return the deploys of others since *intent*, newest first: those that are live or go on. Raises: DeployError.

    Shape: one of the commit that is wished for is as good as ours; *ours* is the deploy of *intent*, "" before it.
    """
    found = (one for one in target.deploys(service, limit=_LATEST) if one.id not in {ours, *intent.known})
    return tuple(
        one
        for one in found
        if (one.state.is_live or not one.state.is_over)
        and (ours or one.commit != intent.commit)
        and not (intent.after and one.created and one.created < intent.after)
    )
