"""Whether the release that is live could serve again after a newer one has migrated its database, as a value."""

from dataclasses import dataclass
from enum import Enum


class Openness(Enum):
    """Whether a rollback over the migrations between two commits is safe. UNKNOWN is refused like CLOSED."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatibility:
    """The answer to: may the commit `old` serve on the database as the commit `new` leaves it?

    Shape: `old` and `new` are full SHAs; `leads_from` and `leads_to` are the revisions that each of them brings the
    database to, () where it has none or they are not known. `reason` is one sentence; `evidence` quotes what was seen.
    `by_hand` are the commands that a person runs where the way is not open: back with the schema first, then with the
    code; () where it is open. `remedy` says how the next migration keeps the way open. `notes` are reservations that
    change no verdict. `reused` is when an earlier run has proved the same (ISO 8601, UTC), "" when this one did.
    """

    verdict: Openness
    reason: str
    old: str
    new: str
    leads_from: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    remedy: str = ""
    notes: tuple[str, ...] = ()
    reused: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a rollback may be done without a person's decision."""
        return self.verdict is Openness.OPEN

    @property
    def migrates(self) -> bool:
        """Whether a rollback crosses a migration at all."""
        return self.leads_from != self.leads_to
