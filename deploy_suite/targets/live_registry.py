"""The targets that can be deployed to, by name; apart from those of preflight, which need no way to them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from deploy_suite.ports import Ports
from deploy_suite.targets.live import LiveTarget
from deploy_suite.targets.render import one_off as render_one_off
from deploy_suite.targets.render import opening as render
from deploy_suite.targets.render import stated as render_stated


class Opening(Protocol):
    """Finds the way to a target."""

    def __call__(self, ports: Ports, *, by_hook: bool = False) -> LiveTarget:
        """Return the target. Raises: UsageError when keys or settings are missing or wrong."""


LIVE_TARGETS: Final[Mapping[str, Opening]] = {"render": render.opened}

# What the manifest in the project's folder, or at the top of its repository, calls the services.
STATED: Final[Mapping[str, Callable[[Path, Path], Sequence[str]]]] = {"render": render_stated.stated}

# The branches from which that manifest has the services deployed.
BRANCHES: Final[Mapping[str, Callable[[Path, Path], Sequence[str]]]] = {"render": render_stated.branches}

# The name of each target's key, and the time that it tells, None where it tells none.
KEYS: Final[Mapping[str, str]] = {"render": render.KEY_NAME}
TOLD_TIMES: Final[Mapping[str, Callable[[Ports], datetime | None]]] = {"render": render.told_time}

# Where the services of such a manifest say that they are healthy, by service.
HEALTH_PATHS: Final[Mapping[str, Callable[[Path, Path], Mapping[str, str]]]] = {"render": render_stated.health_paths}

# What a person types to have a command run once where the service of that id runs.
ONE_OFF_COMMANDS: Final[Mapping[str, Callable[[str, str], str]]] = {"render": render_one_off.typed}
