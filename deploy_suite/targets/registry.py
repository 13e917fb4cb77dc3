"""The targets by name."""

from collections.abc import Mapping
from typing import Final

from deploy_suite.targets.base import Target
from deploy_suite.targets.render import target as render

TARGETS: Final[Mapping[str, Target]] = {"render": render}
