"""Which revisions the target's database has not seen yet, as far as that can be told."""

import re
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import places
from deploy_suite.checks.migrations.replies import Revision
from deploy_suite.ports import Ports

_INITIAL: Final = re.compile(r"^[ \t]+initial\s*=\s*True\b", re.MULTILINE)


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
    return Fresh(
        frozenset(own[-1:]),
        "told of the newest alone, for which revisions the target has is not known (--live-revision tells)",
    )


def is_initial(revision: Revision) -> bool:
    """Whether *revision* is one of those that first make an application's tables, which then have no rows.

    Django writes several where applications refer to each other, and marks each.
    Source: https://docs.djangoproject.com/en/stable/topics/migrations/#initial-migrations
    """
    try:
        return bool(_INITIAL.search(revision.file.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False
