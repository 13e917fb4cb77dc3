"""The settings' line of a cause to which no traceback leads."""

from pathlib import Path

import pytest

from deploy_suite.checks import build_diagnoses, settings_lines
from deploy_suite.environments import recipe
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.environment import BuildFailure
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

CAUSE = "django-database-missing"
GIVEN = "import dj_database_url\n\nDATABASES = {'default': dj_database_url.config()}\n"
MANAGE = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\n"
LOG = (
    "django.core.exceptions.ImproperlyConfigured: settings.DATABASES is improperly configured. "
    "Please supply the ENGINE value. Check settings documentation for more details.\n"
)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"site/settings.py": GIVEN}, ("site/settings.py", 3)),
        (
            {"site/settings.py": "DATABASES = {}\nif not DEBUG:\n    x = 1\nDATABASES['default'] = one\n"},
            ("site/settings.py", 4),
        ),
        ({"site/settings.py": "# DATABASES = {}\nprint(DATABASES == {})\n"}, None),
        (
            {
                "manage.py": MANAGE.format("site.settings.live"),
                "site/settings/base.py": GIVEN,
                "site/settings/live.py": GIVEN,
            },
            ("site/settings/live.py", 3),
        ),
        (  # which of them gives it cannot be told
            {
                "manage.py": MANAGE.format("site.settings.none"),
                "site/settings/base.py": GIVEN,
                "site/settings/live.py": GIVEN,
            },
            None,
        ),
    ],
)
def test_a_database_without_an_engine_is_told_at_the_line_that_gives_it(
    tmp_path: Path, files: dict[str, str], place: tuple[str, int] | None
) -> None:
    subject = case(tmp_path, {"requirements.txt": "django\n", **files})

    assert settings_lines.of_cause(CAUSE, subject) == (Location(*place) if place else None)
    assert settings_lines.of_cause("empty-secret-key", subject) is None


def test_a_build_that_ends_on_it_names_that_line_and_not_the_scripts(tmp_path: Path) -> None:
    subject = case(tmp_path, {"requirements.txt": "django\n", "site/settings.py": GIVEN})
    failed = BuildFailure(code=1, log=LOG, command="", seconds=1, ended_at=Location("build.sh", 8))
    cause = diagnose(LOG).root
    assert cause is not None

    found = build_diagnoses.finding(cause, failed, recipe.read(subject.contract, subject.snapshot), subject)

    assert (found.code, found.location) == (CAUSE, Location("site/settings.py", 3))
