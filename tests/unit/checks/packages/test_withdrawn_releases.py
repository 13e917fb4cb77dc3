import pytest

from deploy_suite.checks.packages.withdrawn import Pin, _finding
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location

PLACE = Location("requirements.txt", 7)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("breaks every form", Outcome.WARNING), ("no reason is given", Outcome.NOTE)],
)
def test_a_withdrawn_release_is_a_warning_where_the_index_says_why(reason: str, outcome: Outcome) -> None:
    found = _finding(Pin("stripe", "7.8.0", PLACE), {"7.8.0": reason, "7.9.0": ""})

    assert found is not None
    assert (found.code, found.outcome, found.location) == ("yanked-release:stripe", outcome, PLACE)
    assert found.message == f"stripe 7.8.0 was withdrawn from the package index: {reason}"
