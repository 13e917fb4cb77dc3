"""Invoke's tasks: `invoke --list`, also where Invoke is installed and the suite is not."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from deploy_suite.entry import abrupt, bootstrap  # noqa: F401  meanwhile Ctrl-C leaves no traceback

bootstrap.enter("-m", "invoke", *sys.argv[1:])

from deploy_suite.entry.tasks import namespace  # noqa: F401  Invoke looks for this name
