"""What the sources say of an import that did not come to its end."""

from dataclasses import replace
from pathlib import Path

from deploy_suite.checks.dependencies import unmet
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case


def places(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(one.code, str(one.location)) for one in found]


def test_names_are_looked_for_in_all_that_the_start_imports(tmp_path: Path) -> None:
    files = {
        "main.py": "from app.api import router\nfrom app import models, absent\napp = make(router)\n",
        "app/__init__.py": "",
        "app/models.py": "class User: ...\n",
        "app/api.py": "from .models import User, Item, Sign\nfrom . import models\nrouter = 1\ndef late():\n    lost\n",
    }

    found = unmet.findings(case(tmp_path, files), resolved={})

    assert places(found) == [
        ("app-name-error", "main.py:3"),
        ("import-name-missing", "main.py:2"),
        ("import-name-missing", "app/api.py:1"),
    ]
    assert found[-1] == Finding(
        code="import-name-missing",
        outcome=Outcome.FAILED,
        message="the project's own app/models.py has no Item, Sign, which are imported from it at start",
        location=Location("app/api.py", 1),
        evidence=(
            "ImportError: cannot import name 'Item' from 'app.models'",
            "imported by: main.py:1 from app.api import router",
        ),
        remedy="define Item, Sign in app/models.py, or mend the import",
    )


def test_a_part_of_a_namespace_that_comes_by_itself_is_no_missing_package(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "from llama_index.core import Settings\nimport jose\napp = Settings\n"})
    installed = {"llama-index-core": "0.10.68", "jose-tools": "1.0"}

    assert places(unmet.findings(subject, resolved=installed)) == [("missing-requirement:python-jose", "main.py:2")]
    assert [code for code, _ in places(unmet.findings(subject, resolved={"jose": "1.0"}))] == [
        "missing-requirement:llama-index"
    ]


def test_modules_that_make_their_names_are_not_accused(tmp_path: Path) -> None:
    files = {
        "main.py": "from lazy import A\nfrom stars import B\nfrom replaced import C\nfrom package import D\napp = 1\n",
        "lazy.py": "def __getattr__(name): ...\n",
        "stars.py": "from os.path import *\n",
        "replaced.py": "import sys\nsys.modules[__name__] = object()\n",
        "package/__init__.py": "globals()['D'] = 1\n",
    }

    assert unmet.findings(case(tmp_path, files), resolved={}) == ()


def test_all_names_of_a_file_are_told_once_and_not_where_the_import_met_the_first(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "x = one\ny = two\napp = x\n"})
    (found,) = unmet.findings(subject, resolved={})
    met = Finding(code="app-name-error", outcome=Outcome.FAILED, message="x", location=Location("main.py", 1))

    assert (found.message, found.evidence) == (
        "one, two are used at start, and nothing in main.py defines or imports them",
        ("main.py:1: NameError: name 'one' is not defined", "main.py:2: NameError: name 'two' is not defined"),
    )
    assert unmet.untold((found,), (met,)) == ()
    assert unmet.untold((found,), ()) == (found,)


def test_a_package_whose_want_was_met_is_not_told_again_where_the_sources_ask_for_it(tmp_path: Path) -> None:
    subject = case(
        tmp_path,
        {
            "main.py": "from pydantic import BaseModel, EmailStr\nclass User(BaseModel):\n    mail: EmailStr\n",
            "requirements.txt": "pydantic\n",
        },
    )
    found = unmet.findings(subject, resolved={"pydantic": "2.8.2"})
    met = Finding(code=found[0].code, outcome=Outcome.FAILED, message="x", location=Location("main.py", 2))

    assert [one.code for one in found] == ["missing-requirement:email-validator"]
    assert unmet.untold(found, (met,)) == ()
    assert unmet.untold(found, (replace(met, outcome=Outcome.NOTE),)) == found


def test_packages_that_an_unbuilt_environment_would_lack_are_warned_of_where_their_names_are_known(
    tmp_path: Path,
) -> None:
    files = {
        "main.py": "import flask\nfrom flask_mail import Mail\nimport yaml, unheard_of\nimport setuptools\n"
        "from pydantic import EmailStr\nx: EmailStr\napp = 1\n",
        "requirements.txt": "flask\n",
    }
    found = unmet.findings(case(tmp_path, files), resolved={"flask": "3.1.0", "pydantic": "2", "pyyaml": "6.0"})

    assert [(one.code, one.outcome, str(one.location), one.remedy) for one in found] == [
        (
            "missing-requirement:flask-mail",
            Outcome.WARNING,
            "main.py:2",
            "add `Flask-Mail` to requirements.txt and commit it",
        ),
        (
            "missing-requirement:email-validator",
            Outcome.WARNING,
            "main.py:6",
            "add `email-validator` to requirements.txt and commit it",
        ),
    ]
