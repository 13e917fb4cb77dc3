"""The causes that lie outside of a project are rows of the catalogue."""

from deploy_suite.knowledge.catalogue import catalogue, family
from deploy_suite.knowledge.elsewhere import ELSEWHERE


def test_each_cause_that_lies_elsewhere_is_a_family_of_the_catalogue() -> None:
    families = {family(slug) for slug in catalogue().causes}

    assert ELSEWHERE - families == set()
