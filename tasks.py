"""Invoke's tasks: `invoke --list`."""

from deploy_suite.entry.tasks import namespace  # noqa: F401  Invoke looks for this name
