"""The release that is live and the commit that is to replace it → whether the old code works on the new schema."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy_suite.model.environment import Preferences
from deploy_suite.ports import Ports
from deploy_suite.releases.compatibility import Compatibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A deploy that may have to be undone.

    Shape: `old` is the commit that is live and `new` the one that replaces it, both as git takes them; `service` is the
    name in the manifest, "" for the only one.
    """

    folder: Path
    old: str
    new: str = "HEAD"
    target: str = "render"
    service: str = ""
    preferences: Preferences = field(default_factory=Preferences)


def proven(passage: Passage, ports: Ports) -> Compatibility:
    """Return whether the way back of *passage* is open; asks no target, and changes nothing but caches.

    The same revisions on both sides are compatible. Else both commits are built, the database is taken to where the
    new one's migrations lead, and the old one is started on it as its start command stands, without its pre-deploy
    command, and asked its probes. What cannot be shown is UNKNOWN, never OPEN. An answer is kept and told again.
    Raises: MachineError when this machine falls short; what the project lacks is an answer.
    """
    raise NotImplementedError
