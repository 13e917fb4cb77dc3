"""What a check may look at, and what it returns."""

from dataclasses import dataclass
from pathlib import Path

from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import Environment, Preferences
from deploy_suite.model.finding import Finding
from deploy_suite.model.project import Snapshot
from deploy_suite.ports import DatabaseServer, Reach, WorkingState

Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One service on one target, before anything is built.

    Shape: `repository` is the top of the user's own folder, whose history may be asked; None where there is none.
    """

    snapshot: Snapshot
    contract: Contract
    state: WorkingState
    preferences: Preferences
    repository: Path | None = None

    @property
    def python(self) -> str:
        """The version of Python that is checked for: the one that was asked for, else the target's."""
        return self.preferences.python or self.contract.python.version

    @property
    def is_assumed(self) -> bool:
        """Whether the commands are guesses of ours and not those of a manifest."""
        stated = self.contract.location
        return stated is None or stated.file.rpartition("/")[2] != "render.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The same with its environment built and its variables bound.

    Shape: `database_socket` is where the first database is reached when that is not the server's own socket.
    """

    case: Case
    environment: Environment
    bindings: Bindings
    server: DatabaseServer | None
    database_socket: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A service that was started and answers, well enough for its target.

    Shape: `log` is what it printed until then, `reached` what it wanted of the outside; `is_isolated` says that this
    would have been seen.
    """

    log: str
    reached: tuple[Reach, ...] = ()
    is_isolated: bool
