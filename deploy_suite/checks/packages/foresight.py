"""One service and the target's own Python, where this machine has another: what both are asked about."""

from functools import cached_property

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements, subject
from deploy_suite.checks.packages.ways_out import WaysOut
from deploy_suite.environments.other_python import Foreseen
from deploy_suite.environments.plan import Plan
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.tracing.values import Trace


class Foresight:
    """What is known of the service on that Python. Shape: `here` is the version that was tried here, "" for none."""

    def __init__(self, case: Case, plan: Plan, foreseen: Foreseen, *, image: Image | None) -> None:
        """Prepare; nothing is traced yet."""
        self.case = case
        self.plan = plan
        self.foreseen = foreseen
        self.image = image
        self.here = plan.resolved.resolution.python
        self.ways = WaysOut(case, here=self.here)

    @cached_property
    def traced(self) -> Trace | None:
        """What starting the service imports, None where nothing says what starts."""
        entry = self.case.contract.entry
        if entry is None or entry.file is None:
            return None
        names = requirements.read(self.case).names
        return subject.trace(self.case, entry, known=subject.known_of(names))

    def origin(self) -> str:
        """Return which Python that is, and who says so."""
        python = self.case.contract.python
        origin = "--python" if self.case.preferences.python else python.origin
        return f"Python {self.foreseen.python}: {origin}"

    def of_new_services(self) -> str:
        """Return for which services a default is certain, "" where the Python is stated."""
        python = self.case.contract.python
        if python.is_pinned or self.case.preferences.python:
            return ""
        return (
            f"certain for a service that gets Python {python.series}; one that was created earlier keeps the default "
            "of its day"
        )
