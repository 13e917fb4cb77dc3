"""Django projects, rehearsed on a real server with real processes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy_suite.checks import migrations
from deploy_suite.model.contract import Contract, Prompted, Variable
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.integration.migration_stage import arrived, built, contract, ports, tools_environment
from tests.projects import write

pytestmark = pytest.mark.integration

MANAGE = """import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
"""
SETTINGS = """import os
import dj_database_url

SECRET_KEY = "a key for tests"
INSTALLED_APPS = ["django.contrib.contenttypes", "shop"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], ssl_require=True)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
SQLITE = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}'
MODELS = """from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=20)
"""
FIRST = """from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20)),
            ],
        ),
    ]
"""
PRICE = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL('ALTER TABLE shop_item ADD COLUMN price integer NOT NULL')]
"""
UPGRADE = "python manage.py migrate"
Rehearse = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools_environment(tmp_path_factory.mktemp("django"), "django", "psycopg2-binary", "dj-database-url")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(
        tmp_path / "project",
        {
            "manage.py": MANAGE,
            "site_settings.py": SETTINGS,
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_initial.py": FIRST,
        },
    )


@pytest.fixture
def rehearse(venv: Path, tmp_path: Path) -> Rehearse:
    def run(project: Path, given: Contract | None = None, *, live: str = "") -> tuple[Finding, ...]:
        scene = ports(tmp_path)
        given = given or contract(build=f"{UPGRADE} --noinput")
        with built(project, given, scene, venv=venv, preferences=Preferences(live_revision=live)) as one:
            return migrations.check(one, scene)

    return run


def told(findings: tuple[Finding, ...]) -> list[tuple[str, Outcome]]:
    return [(finding.code, finding.outcome) for finding in findings]


def test_a_healthy_project_that_insists_on_tls_passes(rehearse: Rehearse, project: Path) -> None:
    findings = rehearse(project)

    assert told(findings) == [
        ("migrations-reach-head", Outcome.PASSED),
        ("migrations-meet-rows", Outcome.PASSED),
        ("models-match-migrations", Outcome.PASSED),
    ]


def test_the_pre_deploy_command_itself_is_the_second_run(project: Path, venv: Path, tmp_path: Path) -> None:
    head = arrived(project, contract(pre_deploy=f"{UPGRADE} --no-input"), venv, tmp_path)

    assert (told(head.findings), head.has_command_run) == ([("migrations-reach-head", Outcome.PASSED)], True)


def test_a_command_that_states_its_settings_and_where_they_are_needs_no_script(
    project: Path, venv: Path, tmp_path: Path
) -> None:
    command = "django-admin migrate --pythonpath . --settings site_settings"

    head = arrived(project, contract(pre_deploy=command), venv, tmp_path)

    assert (told(head.findings), head.has_command_run) == ([("migrations-reach-head", Outcome.PASSED)], True)


@pytest.mark.parametrize(
    ("pre_deploy", "left"),
    [
        (f"{UPGRADE} shop", ("contenttypes.0001_initial", "contenttypes.0002_remove_content_type_name")),
        (f"{UPGRADE} contenttypes 0001", ("contenttypes.0002_remove_content_type_name", "shop.0001_initial")),
        (f"{UPGRADE} shop && {UPGRADE} contenttypes -v 2", ()),
        (f"{UPGRADE} shop && {UPGRADE}", ()),
    ],
)
def test_migrations_of_applications_that_no_command_names_are_left_out(
    project: Path, venv: Path, tmp_path: Path, pre_deploy: str, left: tuple[str, ...]
) -> None:
    head = arrived(project, contract(pre_deploy=pre_deploy), venv, tmp_path)

    reached, *warned = head.findings
    assert reached.code == "migrations-reach-head"
    assert [(one.code, one.evidence) for one in warned] == ([("migrations-not-run", left)] if left else [])


def test_a_required_column_without_default_fails_on_rows_in_its_file(rehearse: Rehearse, project: Path) -> None:
    write(project, {"shop/migrations/0002_price.py": PRICE})

    findings = rehearse(project)

    found = next(finding for finding in findings if finding.outcome is Outcome.FAILED)
    assert (found.code, found.location) == ("migration-not-null-rows", Location("shop/migrations/0002_price.py"))


def test_tables_that_refer_to_each_other_are_made_in_several_steps_that_meet_no_rows(
    rehearse: Rehearse, project: Path
) -> None:
    rest = PRICE.replace("    dependencies", "    initial = True\n    dependencies")
    write(project, {"shop/migrations/0002_initial.py": rest})

    findings = rehearse(project)

    assert "migration-not-null-rows" not in dict(told(findings))
    assert not [code for code, _ in told(findings) if code.startswith("migration-lock")]


UNIQUE = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "{before}")]
    operations = [
        migrations.AlterField("item", "name", models.CharField(max_length=20, unique=True)),
    ]
"""
FILL = """from django.db import migrations


def fill(apps, schema_editor):
    for item in apps.get_model("shop", "Item").objects.filter(name=""):
        item.name = f"item-{item.pk}"
        item.save()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill)]
"""
UNIQUE_MODELS = MODELS.replace("max_length=20", "max_length=20, unique=True")


def test_what_becomes_unique_may_be_repeated_by_rows_that_are_there(rehearse: Rehearse, project: Path) -> None:
    unique = UNIQUE.format(before="0001_initial")
    write(project, {"shop/models.py": UNIQUE_MODELS, "shop/migrations/0002_unique.py": unique})

    findings = rehearse(project)

    (found,) = [one for one in findings if one.code == "migration-unique-on-rows"]
    assert found.outcome is Outcome.WARNING
    assert found.message == (
        "revision shop.0002_unique makes shop_item.name unique, and fails where two rows already have the same there"
    )
    assert found.location == Location("shop/migrations/0002_unique.py")


@pytest.mark.parametrize(
    ("field", "expected"),
    [("models.CharField(max_length=200)", []), ("models.IntegerField()", ["migration-lock:changing-column-type"])],
)
def test_a_type_that_changes_is_told_where_the_server_writes_the_table_anew(
    rehearse: Rehearse, project: Path, field: str, expected: list[str]
) -> None:
    changed = UNIQUE.format(before="0001_initial").replace("models.CharField(max_length=20, unique=True)", field)
    models = MODELS.replace("models.CharField(max_length=20)", field)
    write(project, {"shop/models.py": models, "shop/migrations/0002_changed.py": changed})

    findings = rehearse(project)

    assert [one.code for one in findings if one.code.startswith("migration-lock")] == expected


def test_what_a_migration_made_different_before_may_become_unique(rehearse: Rehearse, project: Path) -> None:
    unique = UNIQUE.format(before="0002_fill")
    files = {"shop/migrations/0002_fill.py": FILL, "shop/migrations/0003_unique.py": unique}
    write(project, {"shop/models.py": UNIQUE_MODELS, **files})

    findings = rehearse(project, live="shop.0001_initial")

    assert "migration-unique-on-rows" not in dict(told(findings))


def test_two_last_migrations_fail_with_the_command_that_merges_them(rehearse: Rehearse, project: Path) -> None:
    empty = PRICE.replace("migrations.RunSQL('ALTER TABLE shop_item ADD COLUMN price integer NOT NULL')", "")
    write(project, {"shop/migrations/0002_a.py": empty, "shop/migrations/0002_b.py": empty})

    findings = rehearse(project)

    assert told(findings) == [("alembic-multiple-heads", Outcome.FAILED)]
    assert findings[0].location == Location("shop/migrations/0002_b.py")
    assert findings[0].remedy == "merge and commit them: python manage.py makemigrations --merge"


def test_a_migration_that_the_commit_lacks_is_told_where_it_is_asked_for(rehearse: Rehearse, project: Path) -> None:
    write(project, {"shop/migrations/0002_price.py": PRICE.replace("0001_initial", "0001_first")})

    findings = rehearse(project)

    assert told(findings) == [("migration-parent-missing", Outcome.FAILED)]
    assert findings[0].location == Location("shop/migrations/0002_price.py", 5)


def test_models_ahead_of_the_migrations_are_a_warning(rehearse: Rehearse, project: Path) -> None:
    write(project, {"shop/models.py": MODELS + "    colour = models.CharField(max_length=9, default='')\n"})

    findings = rehearse(project)

    drift = next(finding for finding in findings if finding.code == "django-model-drift")
    assert drift.outcome is Outcome.WARNING
    assert any("colour" in line for line in drift.evidence)


def test_a_migration_that_the_server_refuses_fails_in_its_file(rehearse: Rehearse, project: Path) -> None:
    broken = PRICE.replace("ALTER TABLE shop_item ADD COLUMN price integer NOT NULL", "CREATE TABLE shop_item ()")
    write(project, {"shop/migrations/0002_again.py": broken})

    findings = rehearse(project)

    assert told(findings) == [("migration-duplicate-table", Outcome.FAILED)]
    assert findings[0].location == Location("shop/migrations/0002_again.py")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Location("render.yaml", 9), ("database-not-used", Outcome.WARNING)),
        (None, ("migrations-reach-head", Outcome.PASSED)),
    ],
)
def test_a_database_that_was_only_assumed_may_stay_unused(
    rehearse: Rehearse, project: Path, place: Location | None, expected: tuple[str, Outcome]
) -> None:
    given = next(line for line in SETTINGS.splitlines() if line.startswith("DATABASES"))
    write(project, {"site_settings.py": SETTINGS.replace(given, SQLITE)})
    variable = Variable(name="DATABASE_URL", source=Prompted(), location=place)

    findings = rehearse(project, contract(build=UPGRADE, variables=(variable,)))

    assert told(findings) == [expected]


def test_sqlite_is_migrated_in_a_file_of_ours(rehearse: Rehearse, project: Path) -> None:
    given = next(line for line in SETTINGS.splitlines() if line.startswith("DATABASES"))
    write(project, {"site_settings.py": SETTINGS.replace(given, SQLITE)})

    findings = rehearse(project, contract(build=UPGRADE, variables=()))

    assert told(findings) == [("migrations-reach-head", Outcome.PASSED)]
    assert "SQLite" in findings[0].message
    assert not (project / "db.sqlite3").exists()
