"""Models that are imported too early."""

import pytest

from deploy_suite.checks import unready_apps
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

MET = Finding(
    code="django-apps-not-ready",
    outcome=Outcome.FAILED,
    message="the start command ended: models are imported before Django has loaded its apps",
    location=Location("chat/models.py", 4),
    evidence=("AppRegistryNotReady: Apps aren't loaded yet.",),
    remedy="Correct the entry",
    certainty="several",
)
WAY = (Location("shop/asgi.py", 11), Location("chat/routing.py", 2), Location("chat/models.py", 4))


def test_the_line_of_the_entry_point_is_what_has_to_move() -> None:
    told = unready_apps.told(MET, WAY)

    assert (told.code, told.message, told.location, told.certainty) == (
        "django-apps-not-ready",
        "the start command ended: models are imported before Django has loaded its apps",
        Location("shop/asgi.py", 11),
        "",
    )
    assert told.remedy == (
        "in shop/asgi.py, move the call of `get_asgi_application()` above line 11, whose import leads to the models"
    )


@pytest.mark.parametrize(
    ("way", "evidence"),
    [(WAY[1:], MET.evidence), (WAY, ("ImproperlyConfigured: 'shop' does not contain a 'Shop' class",))],
)
def test_another_failure_is_left_as_it_is(way: tuple[Location, ...], evidence: tuple[str, ...]) -> None:
    met = Finding(code=MET.code, outcome=MET.outcome, message=MET.message, evidence=evidence)

    assert unready_apps.told(met, way) == met
