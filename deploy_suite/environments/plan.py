"""All that is known of a build before anything is built."""

from dataclasses import dataclass

from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.interpreters import Choice
from deploy_suite.environments.recipe import Recipe
from deploy_suite.environments.resolution import Resolved
from deploy_suite.model.contract import Bindings, Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.model.project import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is known before anything is built.

    Shape: `key` is the same for the same content, "" where it is not known what will be installed; `is_kept` says
    whether the environment can be kept under it: not one that writes to a database, which is another in each run.
    """

    contract: Contract
    snapshot: Snapshot
    bindings: Bindings
    preferences: Preferences
    choice: Choice
    recipe: Recipe
    resolved: Resolved
    installer: Installer
    workshop: Workshop
    key: str
    is_kept: bool

    @property
    def other_python(self) -> str:
        """The version of the Python that the target would use, "" where the interpreter is of the same series."""
        version = self.preferences.python or self.contract.python.version
        return "" if version.split(".")[:2] == self.choice.interpreter.version.split(".")[:2] else version
