"""Whether a missing database driver says something against the project."""

from pathlib import Path
from typing import cast

import pytest

from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.drivers import doubtful_addresses
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.model.secret import Secret


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
