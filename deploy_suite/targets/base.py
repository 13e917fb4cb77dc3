"""What every target offers to preflight."""

from dataclasses import dataclass
from typing import Protocol

from deploy_suite.manifests.settings import Settings
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding
from deploy_suite.model.project import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a target's manifest says of a project.

    Shape: one contract per service that the target would run with Python; `findings` are what is wrong with the
    manifest itself, and SKIPPED ones (not required) for services that are not Python's.
    """

    contracts: tuple[Contract, ...]
    findings: tuple[Finding, ...]


class Target(Protocol):
    """A target is a module with this one function."""

    def read(self, snapshot: Snapshot, settings: Settings, *, repository_slug: str) -> Reading:
        """Return the contracts of *snapshot* on this target. Raises: UsageError when no service is found."""
