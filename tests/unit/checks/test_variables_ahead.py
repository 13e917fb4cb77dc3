"""All variables that the start and the build cannot do without, so that one more build is enough."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite import unstated
from deploy_suite.checks.variables import ahead
from deploy_suite.model.contract import Prompted, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks import gunicorn_case

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
SETTINGS = (
    "import os\nKEY = os.environ['BUILD_KEY']\nURL = os.environ.get('SHOP_URL', '')\nHOST = os.environ['MAIL_HOST']\n"
)
FILES = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "shop/live.py": "import os\nfrom shop.settings import *\nSTORE = os.environ['STORE_KEY']\n",
    "seed.py": "import os\nTOKEN = os.environ['SEED_TOKEN']\n",
    "main.py": "import os\nA = os.environ['APP_KEY']\napp = object()\n",
}


def wanted(folder: Path, build: str) -> list[tuple[str, str]]:
    case = gunicorn_case.case(folder, FILES, build=build)
    return [(one.read.names[0], one.check) for one in ahead.wanted(case)]


def test_what_the_start_and_each_program_of_the_build_read_is_wanted_at_once(tmp_path: Path) -> None:
    build = "pip install -r requirements.txt && python manage.py collectstatic --no-input && python seed.py"

    assert wanted(tmp_path, build) == [
        ("APP_KEY", "imports"),
        ("BUILD_KEY", "environment"),
        ("MAIL_HOST", "environment"),
        ("SEED_TOKEN", "environment"),
    ]


@pytest.mark.parametrize(
    "build",
    [
        "pip install -r requirements.txt",
        "python seed.py || true",
        'if [ -n "$SEEDING" ]; then python seed.py; fi',
        "SEED_TOKEN=x python seed.py",
        "python absent.py",
    ],
)
def test_what_the_build_need_not_come_past_is_not_wanted(tmp_path: Path, build: str) -> None:
    assert wanted(tmp_path, build) == [("APP_KEY", "imports")]


@pytest.mark.parametrize(
    "build",
    [
        "python manage.py collectstatic --no-input --settings=shop.live",
        "python manage.py collectstatic --settings shop.live",
        "DJANGO_SETTINGS_MODULE=shop.live python manage.py collectstatic",
    ],
)
def test_the_settings_that_a_command_of_the_build_names_are_the_ones_that_are_read(tmp_path: Path, build: str) -> None:
    wants = [("APP_KEY", "imports"), *((name, "environment") for name in ("BUILD_KEY", "MAIL_HOST", "STORE_KEY"))]

    assert sorted(wanted(tmp_path, build)) == sorted(wants)


def test_what_is_wanted_is_told_beside_what_was_met_and_assumed_with_it(tmp_path: Path) -> None:
    case = gunicorn_case.case(tmp_path, FILES, build="python manage.py collectstatic")
    stated = Variable(name="APP_KEY", source=Prompted())
    contract = replace(case.contract, variables=(stated,))
    met = Finding(
        code="missing-env-var:BUILD_KEY",
        outcome=Outcome.WARNING,
        message="the build needs it",
        location=Location("shop/settings.py", 2),
        check="environment",
        service="web",
        target="render",
        reproduce="sh -c 'python manage.py collectstatic'",
    )

    found = unstated.beside((met,), (), contract, wanted=ahead.wanted(case))

    assert found[0] == met
    assert [(one.code, one.outcome, one.check, one.service, one.location) for one in found[1:]] == [
        ("missing-env-var:MAIL_HOST", Outcome.WARNING, "environment", "web", Location("shop/settings.py", 4))
    ]
    assert found[1].message.startswith("the build needs the variable MAIL_HOST, and no manifest says")
    assert found[1].evidence == ("shop/settings.py:4: asked for by os.environ, without a default",)
    assert [one.name for one in unstated.assumed(contract, found).variables] == ["APP_KEY", "BUILD_KEY", "MAIL_HOST"]
