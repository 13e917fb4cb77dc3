"""Whether the code of an older release may serve again after a newer one has had its way with the database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy_suite.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A deploy that may have to be undone.

    Shape: `new` is the commit whose migrations will have run, and `old` the one whose code is to serve on that schema,
    both as git takes them; `old` was live at the target, and need not be known in `folder`'s repository. `service` is
    the name in the manifest, "" for the only one; `service_id` is the target's, "" where that is not known.
    """

    folder: Path
    old: str
    new: str = "HEAD"
    target: str = "render"
    service: str = ""
    service_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether a way back may be gone.

    Shape: `why` is a sentence either way; `command` is what a person runs first where it is refused, "" for nothing
    known. `revision` is Alembic's at the newer commit, "" where nobody can tell.
    """

    is_granted: bool
    why: str
    command: str = ""
    revision: str = ""


class Schemas(Protocol):
    """Knows what releases do to the database.

    `rollout.deploy` asks it after preflight and before anything is changed, and the answer is kept in the journal, so
    that going back needs no second thought; `rollout.rollback` asks before it begins.
    """

    def permission(self, passage: Passage, ports: Ports) -> Permission:
        """Return whether *passage* may be gone back; what cannot be proved is refused. Raises: DeployError."""
