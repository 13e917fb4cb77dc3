"""What starting the service imports: traced in the sources, then done in the environment that was built."""

from deploy_suite.checks.dependencies.confirmed import confirm
from deploy_suite.checks.dependencies.static import check

__all__ = ["check", "confirm"]
