"""A project and what is live of it → the plan of a deploy; looks, and changes nothing but caches."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy_suite.model.environment import Preferences
from deploy_suite.ports import Ports
from deploy_suite.releases.planning import DeployPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """One call of `deploy --plan`. Shape: `service` and `branch` are "" for those that are found."""

    folder: Path
    target: str = "render"
    service: str = ""
    branch: str = ""
    preferences: Preferences = field(default_factory=Preferences)


def planned(request: PlanRequest, ports: Ports) -> DeployPlan:
    """Return what `deploy` would do with HEAD. The target gets GETs only; git fetches at most what it must compare.

    Raises: DeployError when the target cannot be asked, or no service or branch is found.
    """
    raise NotImplementedError
