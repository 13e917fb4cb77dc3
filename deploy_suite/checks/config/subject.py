"""What the modules of the config check look at, read once."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploy_suite.checks.base import Case
from deploy_suite.checks.config import calls, installed
from deploy_suite.checks.config.calls import Calls
from deploy_suite.checks.config.installed import Installed
from deploy_suite.model.contract import Contract, Literal
from deploy_suite.model.location import Location
from deploy_suite.ports import WorkingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One service, its commands read apart, and what its build installs."""

    case: Case
    folder: Path
    contract: Contract
    state: WorkingState
    calls: Calls
    installed: Installed

    @property
    def root(self) -> PurePosixPath:
        """The service's folder."""
        return self.contract.root

    @property
    def is_assumed(self) -> bool:
        """Whether the commands are guesses of ours and not those of a manifest."""
        return self.case.is_assumed

    @property
    def manifest(self) -> Location | None:
        """Where the service is stated."""
        return self.contract.location

    def literal(self, name: str) -> str | None:
        """Return the value of the variable *name* where the manifest or the platform tells it."""
        variable = self.contract.variable(name)
        return variable.source.value.revealed() if variable and isinstance(variable.source, Literal) else None

    def has_variable(self, name: str) -> bool:
        """Whether the service has the variable *name* at all."""
        return self.contract.variable(name) is not None


def of(case: Case) -> Subject:
    """Return the subject of *case*."""
    found = calls.read(case.contract, case.snapshot.folder)
    return Subject(
        case=case,
        folder=case.snapshot.folder,
        contract=case.contract,
        state=case.state,
        calls=found,
        installed=installed.read(found, case.snapshot.folder),
    )
