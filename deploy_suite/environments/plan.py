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
    """Shape: `key` is "" for what cannot be kept between runs."""

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
