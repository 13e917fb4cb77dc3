"""What is asked of a set of packages, in the order in which it is told."""

from collections.abc import Callable, Iterator
from typing import Final

from deploy_suite.checks.packages import glibc, libraries, numpy_abi, sources
from deploy_suite.checks.packages.subject import Subject
from deploy_suite.model.finding import Finding

Judgement = Callable[[Subject], Iterator[Finding]]

# Of installed packages. What else can be said of them belongs here.
ON_PACKAGES: Final[tuple[Judgement, ...]] = (numpy_abi.findings, glibc.findings, libraries.findings, sources.findings)
# Of a build that failed no more than its wheels show: why it failed is told already.
BEFORE_BUILDING: Final[tuple[Judgement, ...]] = (numpy_abi.findings, glibc.findings, libraries.findings)
