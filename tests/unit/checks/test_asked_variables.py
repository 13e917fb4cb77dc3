"""The variable that an exception asks for."""

import pytest

from deploy_suite.checks.dependencies.rehearsed_import import Raised
from deploy_suite.checks.dependencies.surroundings import _asked


def test_a_setting_read_before_django_knows_its_settings_is_no_variable() -> None:
    message = (
        "Requested setting LOGGING_CONFIG, but settings are not configured. You must either define the environment "
        "variable DJANGO_SETTINGS_MODULE or call settings.configure() before accessing settings."
    )
    raised = Raised(type="ImproperlyConfigured", module="django.core.exceptions", message=message, frames=())

    assert list(_asked(raised)) == ["DJANGO_SETTINGS_MODULE"]


def test_a_variable_that_was_not_specified_is_asked_for() -> None:
    message = "Environment variable DATABASE_URL not specified"

    assert list(_asked(Raised(type="OSError", module="", message=message, frames=()))) == ["DATABASE_URL"]


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("OpenAI API key is required. Set OPENAI_API_KEY environment variable or pass it.", ["OPENAI_API_KEY"]),
        ("An API key is required", []),
        ("The JWT secret must be set", []),
        ("TOKEN is not set", ["TOKEN"]),
        ("TOKEN environment variable is missing", ["TOKEN"]),
        ("DSN: not configured", ["DSN"]),
    ],
)
def test_a_word_in_capitals_before_a_noun_is_no_variable(message: str, names: list[str]) -> None:
    assert list(_asked(Raised(type="ValueError", module="", message=message, frames=()))) == names
