"""Whether a missing database driver says something against the project."""

from pathlib import Path
from typing import cast

import pytest

from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.dependencies import diagnosed
from deploy_suite.checks.drivers import doubtful_addresses, of_settings
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from tests.unit.checks.gunicorn_case import case


def built(packages: dict[str, str]) -> Built:
    environment = Environment(
        key="k",
        interpreter=Interpreter(path=Path("/python"), version="3.12.1"),
        venv=Path("/venv"),
        workdir=Path("/top"),
        top=Path("/top"),
        packages=packages,
        search_path="",
        home=Path("/home"),
    )
    values = {"DATABASE_URL": Secret("postgresql://u:p@h/d"), "FRONTEND_URL": Secret("https://preflight-dummy.invalid")}
    bindings = Bindings(values=values, dummies=frozenset(values))
    return Built(case=cast("Case", None), environment=environment, bindings=bindings, server=None)


@pytest.mark.parametrize(
    ("module", "packages", "expected"),
    [
        ("psycopg2", {"pymysql": "1.1"}, ("DATABASE_URL",)),
        ("psycopg2.extras", {}, ("DATABASE_URL",)),
        ("psycopg", {"psycopg2-binary": "2.9"}, ()),
        ("psycopg2", {"asyncpg": "0.30"}, ()),
        ("redis", {}, ()),
        ("numpy", {}, ()),
    ],
)
def test_only_an_address_of_a_database_that_the_project_may_not_mean_casts_doubt(
    module: str, packages: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert doubtful_addresses(module, built(packages)) == expected


def test_the_line_of_djangos_settings_that_asks_for_a_driver_is_told(tmp_path: Path) -> None:
    files = {
        "shop/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
        "shop/settings.py": "DATABASES = {\n  'default': {\n    'ENGINE': 'django.db.backends.postgresql',\n  }\n}\n",
    }
    traced = diagnosed.trace(case(tmp_path, files, start="gunicorn shop.wsgi:application"))

    assert traced is not None
    assert of_settings("psycopg2", traced).last.location == Location("shop/settings.py", 3)
    assert [of_settings(name, traced).hops for name in ("MySQLdb", "numpy")] == [(), ()]
