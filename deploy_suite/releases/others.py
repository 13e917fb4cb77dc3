"""Deploys that somebody else began since a wish was made → whether one of them took its place."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.model.release import Deploy, Intent, LiveService
from deploy_suite.releases.following import follow
from deploy_suite.releases.scene import Scene
from deploy_suite.targets.live import LiveTarget, LostContactError

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


def newer(scene: Scene, intent: Intent, *, before: str) -> Sequence[Deploy]:
    """Return what others deploy since *intent*; what was live *before*, deployed anew, is none of it."""
    return [one for one in begun_since(scene.target, scene.service, intent) if one.commit != before]


def let_end(scene: Scene, intent: Intent, *, ours: str) -> None:
    """Wait for what somebody else has begun since: it may take the place of *ours*, which is to be taken back.

    Raises: LostContactError when its end cannot be seen.
    """
    voice = scene.voice()
    for one in begun_since(scene.target, scene.service, intent, ours=ours):
        if one.state.is_over:
            continue
        voice.told(f"wait for {one.id}, which somebody else has begun: it deploys {one.short} {one.subject}")
        seen = follow(scene.target, scene.service, one, voice=voice, clock=scene.ports.clock)
        if seen.lost:
            raise LostContactError(f"how {one.id} ends is not known: {seen.lost}")
