"""What a log gave: the evidence for each cause, and what is left unexplained."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_suite.knowledge.tracebacks import Raised


@dataclass(slots=True)
class Hit:
    """The evidence for one slug.

    Shape: `is_transient` when a sign of health after all of it takes it back; `is_sure` is false of a best guess, as
    where the cause hangs on a module that may be the project's own.
    """

    slug: str
    row: str
    weight: float
    values: Mapping[str, str]
    evidence: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0
    last: int = 0
    is_transient: bool = False
    is_sure: bool = True

    @property
    def first(self) -> int:
        """The number of the first line of evidence."""
        return self.evidence[0][0] if self.evidence else 0


@dataclass(slots=True)
class Hits:
    """All that a log gave."""

    by_slug: dict[str, Hit] = field(default_factory=dict)
    unexplained: Raised | None = None
    healthy_line: int = 0
    recovered_line: int = 0
    harmless_line: int = 0
    attempt_line: int = 0
    executed_line: int = 0
