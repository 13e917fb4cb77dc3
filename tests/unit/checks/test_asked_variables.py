"""The variable that an exception asks for."""

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
