"""The quick ones of examples/outages; `nox -s outages` runs all and prints their table."""

import pytest

from tests.outages.cases import Variant, variants
from tests.outages.verdict import judge

QUICK = [one for one in variants() if not one.slow]
pytestmark = pytest.mark.integration


@pytest.mark.parametrize("variant", QUICK, ids=lambda one: f"{one.project}-{one.name}")
def test_an_outage_is_named_by_its_causes_and_by_nothing_else(variant: Variant) -> None:
    if variant.lacking:
        pytest.skip(f"this machine has no {', '.join(variant.lacking)}")

    verdict = judge(variant)

    assert verdict.differences == ()
