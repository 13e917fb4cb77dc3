"""The packages check: what was installed, judged by what the loader of the target's image will say of it."""

from deploy_suite.checks.packages.check import check, settled

__all__ = ["check", "settled"]
