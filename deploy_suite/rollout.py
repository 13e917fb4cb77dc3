"""A good report into a live and verified release, or the service as it was: the second straight line of the house."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy_suite.model.environment import Preferences
from deploy_suite.ports import Ports
from deploy_suite.releases.outcome import Rollout
from deploy_suite.releases.permission import Schemas
from deploy_suite.releases.verification import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of `deploy` or `rollback`.

    Shape: what is deployed is what is checked out; `service` is a name or an id, "" for the one that is found; `to` is
    a deploy's id or a commit to go back to, "" for the last verified release; `ignores_schema` goes back although
    nobody could prove that the old code fits the database.
    """

    folder: Path
    target: str = "render"
    service: str = ""
    to: str = ""
    ignores_schema: bool = False
    patience: Patience = field(default_factory=Patience)
    preferences: Preferences = field(default_factory=Preferences)


def deploy(request: Request, ports: Ports, *, schemas: Schemas) -> Rollout:
    """Return what became of the commit that is checked out: live and verified, or the service as it was before.

    Raises: DeployError when nothing was begun: no service, no way to the target, another deploy is under way.
    """
    raise NotImplementedError


def rollback(request: Request, ports: Ports, *, schemas: Schemas) -> Rollout:
    """Return what became of going back to the last verified release, or to the one named. Raises: as `deploy`."""
    raise NotImplementedError
