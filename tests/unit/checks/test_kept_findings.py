"""Findings that are kept between runs and come back as they were."""

import json

from deploy_suite.checks import keeping
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend

MEND = Mend(
    file="requirements.txt", line=2, text="pkg==2", says="pkg is 2", is_faithful=False, pythons=("3.11", "3.12")
)
FINDING = Finding(
    code="compiled-from-source:pkg",
    outcome=Outcome.WARNING,
    message="pkg 1 has no wheel",
    location=Location("requirements.txt", 2),
    evidence=("pkg==1",),
    python="3.12",
    mend=MEND,
)


def test_a_finding_comes_back_with_its_python_and_its_mend() -> None:
    found = keeping.finding(json.loads(json.dumps(FINDING, default=keeping.plain)))

    assert found == FINDING
    assert found.mend == MEND


def test_a_finding_without_a_mend_comes_back_without() -> None:
    plain = Finding(code="imports", outcome=Outcome.PASSED, message="app imports")

    found = keeping.finding(json.loads(json.dumps(plain, default=keeping.plain)))

    assert (found, found.mend) == (plain, None)
