"""A release that the target's Python cannot take → what to change: its line, or the Python of the service."""

from collections.abc import Sequence

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import requirements
from deploy_suite.model import python_series
from deploy_suite.model.environment import Refusal
from deploy_suite.model.location import Location


class WaysOut:
    """What can be changed in one project."""

    def __init__(self, case: Case, *, here: str) -> None:
        """Prepare. Shape: *here* is the version of the Python that was tried on this machine, "" for none."""
        self._case = case
        self._here = here

    def place(self, refusal: Refusal) -> Location | None:
        """Return the line that asks for what is refused, else the file that names it."""
        if refusal.location and refusal.location.line:
            return refusal.location
        listed = requirements.read(self._case).listed(frozenset({refusal.name}))
        return listed.location if listed else refusal.location if refusal.location and refusal.location.file else None

    def of(self, refusal: Refusal, others: Sequence[Refusal]) -> str:
        """Return what to do about *refusal* where *others* are refused beside it."""
        place = self.place(refusal)
        at = f" in {place}" if place else ""
        if refusal.required_by:
            own = f"raise {refusal.required_by[0]}{at} to a release that takes a newer {refusal.name}"
        elif refusal.fitting:
            own = f"require {refusal.name}=={refusal.fitting}{at}, which has a wheel for it"
        else:
            own = f"replace {refusal.name}{at}"
        common = self.series(refusal, others)
        return f"{own}; or {self.stating(common)}" if common else own

    def series(self, refusal: Refusal, others: Sequence[Refusal]) -> str:
        """Return the series for which *refusal*, and all *others* if there is one, have what they lack."""
        shared, _ = python_series.common(refusal.pythons, [one.pythons for one in others])
        here = python_series.of(self._here)
        return here if here in shared else shared[-1] if shared else ""

    def stating(self, series: str = "") -> str:
        """Return how the service gets a Python of *series*, that of this machine's where none is named."""
        series = series or python_series.of(self._here) or "of another series"
        contract = self._case.contract
        if contract.container is not None:
            return f"take an image with Python {series}"
        place = contract.python.location
        if place is not None and place.file.endswith((".yaml", ".yml")):
            return f"state a Python {series}, all three numbers of it, in {place}"
        return f"state a Python {series} in {place or '.python-version at the top of the repository'}"
