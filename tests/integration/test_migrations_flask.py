"""Flask-Migrate projects, rehearsed on a real server with real processes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy_suite.checks import migrations
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.integration.migration_projects import POSTS, USERS, revision
from tests.integration.migration_stage import arrived, built, contract, ports, tools_environment
from tests.projects import write

pytestmark = pytest.mark.integration

APP = """import os
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), nullable=False)


class Post(db.Model):
    __tablename__ = "posts"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    db.init_app(app)
    Migrate(app, db)
    return app


app = create_app()
"""
Rehearse = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools_environment(
        tmp_path_factory.mktemp("flask"),
        "flask",
        "flask-sqlalchemy",
        "flask-migrate",
        "psycopg[binary]",
        "psycopg2-binary",
    )


@pytest.fixture(scope="module")
def template(venv: Path) -> str:
    """The env.py that Flask-Migrate itself writes."""
    (package,) = venv.glob("lib/python*/site-packages/flask_migrate/templates/flask/env.py")
    return package.read_text()


@pytest.fixture
def project(tmp_path: Path, template: str) -> Path:
    return write(
        tmp_path / "project",
        {
            "app.py": APP,
            "migrations/alembic.ini": "[alembic]\n[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n"
            "[logger_root]\nhandlers=\nlevel=WARNING\n",
            "migrations/env.py": template,
            "migrations/versions/0001.py": revision("0001", None, USERS, 'op.drop_table("users")'),
            "migrations/versions/0002.py": revision("0002", "0001", POSTS, 'op.drop_table("posts")'),
        },
    )


@pytest.fixture
def rehearse(venv: Path, tmp_path: Path) -> Rehearse:
    def run(project: Path, given: Contract) -> tuple[Finding, ...]:
        scene = ports(tmp_path)
        with built(project, given, scene, venv=venv) as one:
            return migrations.check(one, scene)

    return run


@pytest.mark.parametrize(
    "command", ["flask db upgrade && gunicorn app:app", "FLASK_APP=app python -m flask db upgrade"]
)
def test_a_healthy_project_passes_every_rehearsal(rehearse: Rehearse, project: Path, command: str) -> None:
    findings = rehearse(project, contract(start=command))

    assert [(finding.code, finding.outcome) for finding in findings] == [
        ("migrations-reach-head", Outcome.PASSED),
        ("migrations-meet-rows", Outcome.PASSED),
        ("migrations-lock-briefly", Outcome.PASSED),
        ("models-match-migrations", Outcome.PASSED),
        ("migrations-round-trip", Outcome.PASSED),
    ]


def test_the_pre_deploy_command_itself_is_the_second_run(project: Path, venv: Path, tmp_path: Path) -> None:
    head = arrived(project, contract(pre_deploy="flask --app app db upgrade"), venv, tmp_path)

    assert [(finding.code, finding.outcome) for finding in head.findings] == [
        ("migrations-reach-head", Outcome.PASSED),
    ]
    assert head.has_command_run


def test_migrations_that_no_command_runs_are_found_by_their_files(rehearse: Rehearse, project: Path) -> None:
    findings = rehearse(project, contract(start="gunicorn app:app"))

    assert findings[0].code == "migrations-reach-head"


def test_a_required_column_without_default_fails_on_rows_at_its_line(rehearse: Rehearse, project: Path) -> None:
    added = revision("0003", "0002", 'op.add_column("users", sa.Column("age", sa.Integer, nullable=False))')
    write(project, {"migrations/versions/0003.py": added})

    findings = rehearse(project, contract(start="flask db upgrade && gunicorn app:app"))

    found = next(finding for finding in findings if finding.outcome is Outcome.FAILED)
    assert (found.code, found.location) == ("migration-not-null-rows", Location("migrations/versions/0003.py", 10))


def test_an_application_that_cannot_be_imported_is_told_with_the_line_that_fails(
    rehearse: Rehearse, project: Path
) -> None:
    write(project, {"app.py": APP.replace("import os\n", "import os\nimport nowhere_to_be_found\n")})

    findings = rehearse(project, contract(start="flask db upgrade && gunicorn app:app"))

    assert [finding.outcome for finding in findings] == [Outcome.FAILED]
    assert findings[0].code.startswith("missing-requirement")
    assert findings[0].location == Location("app.py", 2)
