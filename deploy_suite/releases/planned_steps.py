"""What lies between a commit and what is live → the steps that a deploy would take, and how each is undone."""

from collections.abc import Iterator

from deploy_suite.model.release import AutoDeploy
from deploy_suite.model.wording import counted
from deploy_suite.releases.pending import Pending
from deploy_suite.releases.planning import PlannedStep
from deploy_suite.releases.scene import Scene


def steps(scene: Scene, found: Pending, *, probes: int) -> Iterator[PlannedStep]:
    """Yield the steps in their order; *probes* is how many the project states."""
    for journal in scene.history().unfinished:
        yield PlannedStep(name="finish", does=f"go on with the release {journal.release}, which was cut short")
    if found.is_nothing:
        return
    if not found.is_live:
        yield from _before_the_switch(scene, found)
        yield _deploying(scene, found)
    if scene.service.url:
        asks = f"health, front page, {counted(probes, 'probe')}, the served commit"
        yield PlannedStep(name="verify", does=f"ask {scene.service.url}: {asks}")
    else:
        yield PlannedStep(name="verify", does=f"watch that it runs on, by what {scene.name} says: it has no public URL")
    if found.live and not found.is_live:
        yield PlannedStep(
            name="keep or go back",
            does=f"keep it when it is well, else put {found.live.id} ({found.live.short}) back where the way is open",
            undo="deploy-suite rollback",
        )


def _before_the_switch(scene: Scene, found: Pending) -> Iterator[PlannedStep]:
    does = f"check {found.commit.short} as {scene.name} would build and start it"
    yield PlannedStep(name="preflight", does=does)
    if found.live and scene.service.url:
        does = f"take the latency of {found.live.short}, which is live"
        yield PlannedStep(name="measure", does=does)
    if found.needs_push:
        place = found.push.place
        does = f"push {counted(len(found.push.commits), 'commit')} to {place.branch} on {place.remote.name}"
        yield PlannedStep(name="push", does=does, undo="none: what is pushed stays")


def _deploying(scene: Scene, found: Pending) -> PlannedStep:
    if found.begun is not None:
        does = f"follow {found.begun.id}, which is deploying it already"
    elif scene.service.auto_deploy is not AutoDeploy.OFF:
        otherwise = "" if found.needs_push else "; ask for one where the push can begin none any more"
        does = f"follow the deploy that {scene.name} begins by itself{otherwise}"
    else:
        does = f"ask {scene.name} to deploy {found.commit.short}, and follow it until it is live"
    still = f"if it fails, {found.live.short} serves on" if found.live else "none: nothing was live before"
    return PlannedStep(name="deploy", does=does, undo=still)
