"""What a release is to do, and what is live before it → its journal, with the way back looked at first."""

from deploy_suite.errors import DeployError
from deploy_suite.model.release import Deploy, ReleaseKind
from deploy_suite.releases import journal as journals
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.pending import Pending
from deploy_suite.releases.permission import Permission, Schemas
from deploy_suite.releases.progress import permission_data
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.steps import Step


def deploy(scene: Scene, found: Pending, schemas: Schemas) -> Journal:
    """Return the journal of a release of the commit that is checked out."""
    previous, previous_commit = _previous(scene, found)
    way_back = permission(scene, schemas, newer=found.commit.sha, older=previous_commit)
    if previous_commit and not way_back.is_granted:
        scene.voice().told(f"there is no way back by itself: {way_back.why}")
    return _begun(
        scene,
        way_back,
        kind=ReleaseKind.DEPLOY.value,
        commit=found.commit.sha,
        subject=found.commit.subject,
        branch=found.push.place.branch,
        previous=previous,
        previous_commit=previous_commit,
    )


def rollback(scene: Scene, goal: Deploy, live: Deploy | None, *, permission: Permission) -> Journal:
    """Return the journal of a release that puts *goal* back in the place of *live*."""
    return _begun(
        scene,
        permission,
        kind=ReleaseKind.ROLLBACK.value,
        commit=goal.commit,
        subject=goal.subject,
        branch=scene.service.branch,
        previous=live.id if live else "",
        previous_commit=live.commit if live else "",
    )


def permission(scene: Scene, schemas: Schemas, *, newer: str, older: str) -> Permission:
    """Return whether *older* may serve on the schema of *newer*; what nobody could try is refused."""
    if not (newer and older):
        return Permission(is_granted=False, why="which commit was live before is not known")
    try:
        return schemas.permission(scene.passage(old=older, new=newer), scene.ports)
    except DeployError as error:
        return Permission(is_granted=False, why=f"nobody could try it: {error.message}")


def _previous(scene: Scene, found: Pending) -> tuple[str, str]:
    """Return the deploy that serves again where the release is bad, and its commit."""
    if found.live is None:
        return "", ""
    if not found.needs_judging:
        return found.live.id, found.live.commit
    earlier = scene.history().of_deploy(found.live.id)  # the release that nobody could judge knows what was before it
    return (earlier.replaced, earlier.replaced_commit) if earlier else ("", "")


def _begun(scene: Scene, way_back: Permission, **data: str) -> Journal:
    journal = journals.begun(scene.ports.ledger, scene.place, clock=scene.ports.clock, curtain=scene.ports.curtain)
    journal.note(
        Step.BEGUN,
        **data,
        service=scene.service.name,
        auto_deploy=scene.service.auto_deploy.value,
        way_back=permission_data(way_back),
    )
    scene.transcript.belongs_to(journal)
    return journal
