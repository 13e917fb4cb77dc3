"""Addresses of the desk that a manifest gives to a service."""

import pytest

from deploy_suite.model.finding import Outcome
from tests.unit.checks.config.conftest import Checked

FILES = {"requirements.txt": "flask\ngunicorn\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("postgres://me:secret@localhost:5432/shop", "db-connection-refused:localhost-in-container"),
        ("postgresql+psycopg://127.0.0.1/shop", "db-connection-refused:localhost-in-container"),
        ("mongodb://localhost:27017", "db-connection-refused:localhost-in-container"),
        ("redis://localhost:6379/0", "redis-connection-refused"),
        ("amqp://guest@localhost//", "celery-broker-refused"),
        ("postgres://me:secret@db.example.com/shop", ""),
        ("http://localhost:3000", ""),
        ("localhost", ""),
        ("postgres://[::1/x", ""),
    ],
)
def test_a_store_on_localhost_is_warned_of_at_its_variable(checked: Checked, value: str, code: str) -> None:
    found = [
        one for one in checked(FILES, variables={"STORE_URL": value}) if one.location and "STORE_URL" in one.message
    ]

    assert [(one.code, one.outcome) for one in found] == ([(code, Outcome.WARNING)] if code else [])
    assert all("secret" not in f"{one.message}{one.evidence}{one.remedy}" for one in found)


def test_a_store_that_a_command_starts_beside_the_service_is_there(checked: Checked) -> None:
    found = checked(
        FILES, start="redis-server --daemonize yes && gunicorn app:app", variables={"R": "redis://localhost"}
    )

    assert [one.code for one in found if one.code == "redis-connection-refused"] == []
