"""The packages check: what was installed, judged by what the loader of the target's image will say of it."""

from deploy_suite.checks.packages.checking import check, foretold
from deploy_suite.checks.packages.settling import named, settled

__all__ = ["check", "foretold", "named", "settled"]
