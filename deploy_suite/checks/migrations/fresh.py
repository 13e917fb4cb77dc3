"""Which revisions the target's database has not seen yet, as far as that can be told."""

from dataclasses import dataclass

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import places
from deploy_suite.checks.migrations.replies import Revision
from deploy_suite.ports import Ports


@dataclass(frozen=True, slots=True)
class Fresh:
    """The new revisions. Shape: `reason` says how that is known; `live` is the revision to start from, or ""."""

    ids: frozenset[str]
    reason: str
    live: str = ""


def fresh(built: Built, ports: Ports, revisions: tuple[Revision, ...]) -> Fresh:
    """Return the revisions after the live one; else those that were not pushed yet; else the last of the project's."""
    live = built.case.preferences.live_revision
    names = [revision.id for revision in revisions]
    if live in names:
        return Fresh(frozenset(names[names.index(live) + 1 :]), f"the target is at {live}", live)
    state, repository = built.case.state, built.case.repository
    if repository is not None and state.upstream and state.unpushed:
        added = set(ports.git.added_since(repository, state.upstream, built.case.snapshot.commit))
        ids = (revision.id for revision in revisions if places.relative(built, revision.file) in added)
        return Fresh(frozenset(ids), f"not in {state.upstream} yet")
    own = [revision.id for revision in revisions if places.relative(built, revision.file)]
    return Fresh(frozenset(own[-1:]), "the newest; which of them the target has is not known")
