"""What a user asks to go back to → the deploy that is to serve again."""

from collections.abc import Sequence
from contextlib import suppress

from deploy_suite.errors import DeployError, UsageError
from deploy_suite.model.release import Deploy, DeployState
from deploy_suite.releases.permission import Permission
from deploy_suite.releases.progress import Progress
from deploy_suite.releases.scene import Scene

_LATEST = 100
_MOST_LISTED = 5
_SERVED = frozenset({DeployState.LIVE, DeployState.REPLACED})


def goal(scene: Scene, live: Deploy | None, *, to: str) -> Deploy:
    """Return the deploy that *to* names, a deploy's id or a commit; the last verified release without it.

    Raises: UsageError when there is none.
    """
    served = [one for one in scene.target.deploys(scene.service, limit=_LATEST) if one.state in _SERVED]
    if to:
        return _named(scene, served, to)
    known, replaced = scene.history(), live.commit if live else ""
    for one in known.good(other_than=replaced):
        if (found := _of(served, one.deploy_id, one.commit)) is not None:
            return found
    bad = {one.commit for one in served if (seen := known.seen(one.id)) and seen.is_good is False}
    left = {one.commit: one for one in reversed(served) if one.commit not in {replaced, *bad}}
    raise _none(scene, tuple(reversed(left.values())))


def why_not(scene: Scene, state: Progress) -> tuple[str, str] | None:
    """Return why what was live before is not put back, and what to do; None where it may be."""
    if not (state.previous and state.previous_commit):
        return "nothing that was live before is known", "deploy an older commit, or a better one"
    earlier = scene.history().seen(state.previous)
    if earlier is not None and earlier.is_good is False:
        return (
            f"{state.previous_commit[:7]}, which was live before, was found bad too",
            "see what was verified: deploy-suite rollback",
        )
    permission = state.permission or Permission(is_granted=False, why="nobody looked at the database")
    if permission.is_granted or scene.ignores_schema:
        return None
    back = f"deploy-suite rollback --to {state.previous} --ignore-schema"
    return permission.why, f"{permission.command} && {back}" if permission.command else back


def _named(scene: Scene, served: Sequence[Deploy], to: str) -> Deploy:
    commit = to.lower()
    with suppress(DeployError):  # it need not be known here to have been live there
        commit = scene.ports.git.commit(scene.ports.git.top(scene.folder), to).sha
    found = next((one for one in served if one.id == to or one.commit.startswith(commit)), None)
    if found is None:
        raise UsageError(
            f"{to} is neither a deploy of {scene.service.name} that was live, nor the commit of one",
            remedy=_choice(served) or "check the commit out, and deploy it: deploy-suite deploy",
        )
    return found


def _of(served: Sequence[Deploy], deploy_id: str, commit: str) -> Deploy | None:
    """Return the deploy with this id; another one of the same commit where the target lists it no more."""
    same = [one for one in served if one.commit == commit]
    return next((one for one in same if one.id == deploy_id), same[0] if same else None)


def _none(scene: Scene, served: Sequence[Deploy]) -> UsageError:
    name = scene.service.name
    if not served:
        return UsageError(
            f"no earlier release of {name} is known that may be good, neither here nor at {scene.name}",
            remedy="check an older commit out, and deploy it: deploy-suite deploy",
        )
    return UsageError(
        f"no earlier release of {name} was verified from this machine, so which one is good is not known here",
        remedy=_choice(served),
    )


def _choice(served: Sequence[Deploy]) -> str:
    if not served:
        return ""
    listed = "; ".join(f"{one.id} ({one.short} {one.subject})" for one in served[:_MOST_LISTED])
    return f"name one that was live: deploy-suite rollback --to {served[0].id}   (there were {listed})"
