"""Known clashes as findings: where the code meets them, and nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from deploy_suite.checks import clashing, uses
from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.dependencies import requirements
from deploy_suite.knowledge import clashes
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.ports import DatabaseServer
from tests.unit.checks.gunicorn_case import case

LOGIN = {"flask-login": "0.6.2", "werkzeug": "3.0.1", "flask": "3.0.0"}
OPENAI = {"openai": "1.51.0", "httpx": "0.28.1"}
PASSED = Finding(code="imports", outcome=Outcome.PASSED, message="main:app imports")


def result(*findings: Finding, check: str = "imports") -> CheckResult:
    return CheckResult(check=check, service="web", target="render", seconds=1.0, findings=findings)


def added(
    subject: Case,
    versions: Mapping[str, str],
    imports: CheckResult,
    *others: CheckResult,
    python: str = "3.11.9",
    server: DatabaseServer | None = None,
) -> Sequence[tuple[str, str, str]]:
    built = replace(built_of(subject, versions, python=python), server=server)
    found = clashing.added(imports, built, (imports, *others)).findings[len(imports.findings) :]
    assert all(one.check == "imports" and one.service == "web" for one in found)
    return brief(found)


def built_of(subject: Case, versions: Mapping[str, str], *, python: str) -> Built:
    environment = Environment(
        key="k",
        interpreter=Interpreter(path=Path("python"), version=python),
        venv=Path("venv"),
        workdir=subject.snapshot.folder,
        top=subject.snapshot.folder,
        packages=versions,
        search_path="",
        home=Path("home"),
    )
    return Built(case=subject, environment=environment, bindings=Bindings(values={}), server=None)


def brief(findings: Sequence[Finding]) -> Sequence[tuple[str, str, str]]:
    return [(one.outcome.value, one.code, str(one.location or "")) for one in findings]


def test_a_failed_build_names_what_would_fail_next_at_the_line_that_requires_it(tmp_path: Path) -> None:
    files = {"main.py": "import flask_login\n", "requirements.txt": "flask\nflask-login==0.6.2\n"}

    (found,) = clashing.findings(LOGIN, case(tmp_path, files), python="3.11.9")

    assert found == Finding(
        code="dep-conflict:flask-login-werkzeug",
        outcome=Outcome.FAILED,
        message="flask-login 0.6.2 and werkzeug 3.0.1 would be installed, and do not fit together",
        location=Location("requirements.txt", 2),
        evidence=(
            "main.py:1 import flask_login",
            next(row.why for row in clashes.rows() if row.slug == "dep-conflict:flask-login-werkzeug"),
            "ImportError: cannot import name 'url_decode' from 'werkzeug.urls'",
        ),
        remedy="move to Flask-Login>=0.6.3, or pin Werkzeug<3",
        reproduce="pip install 'flask-login==0.6.2' 'werkzeug==3.0.1' && python -c 'import flask_login'",
    )


@pytest.mark.parametrize(
    "text",
    [
        "import flask\n",
        "try:\n    import flask_login\nexcept ImportError:\n    flask_login = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import flask_login\n",
    ],
)
def test_what_the_code_does_not_import_for_certain_is_no_finding(tmp_path: Path, text: str) -> None:
    subject = case(tmp_path, {"main.py": text, "requirements.txt": "flask\nbrings-flask-login\n"})

    assert clashing.findings(LOGIN, subject) == ()
    assert added(subject, LOGIN, result(PASSED)) == []


def test_an_attempt_is_a_warning_where_the_project_lists_what_fails(tmp_path: Path) -> None:
    text = "try:\n    import flask_login\nexcept ImportError:\n    flask_login = None\n"
    subject = case(tmp_path, {"main.py": text, "requirements.txt": "flask\nflask-login==0.6.2\n"})

    (found,) = clashing.findings(LOGIN, subject)

    assert (found.outcome, found.location) == (Outcome.WARNING, Location("requirements.txt", 2))
    assert found.certainty.startswith("likely: it fails under a `try`, and the code goes on without it")


def test_an_import_within_a_function_is_a_warning_even_where_the_start_went_well(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "def login():\n    import flask_login\n", "requirements.txt": "flask\n"})

    expected = [("warning", "dep-conflict:flask-login-werkzeug", "main.py:2")]
    assert brief(clashing.findings(LOGIN, subject)) == expected
    assert added(subject, LOGIN, result(PASSED)) == expected


def test_an_eager_import_that_really_went_through_refutes_the_row(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "import flask_login\n"})
    other = Finding(code="missing-requirement:numpy", outcome=Outcome.FAILED, message="no numpy")

    assert added(subject, LOGIN, result(PASSED)) == []
    assert added(subject, LOGIN, result(other)) == [("failed", "dep-conflict:flask-login-werkzeug", "main.py:1")]


def test_what_importing_or_booting_told_already_is_not_told_twice(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "import flask_login\n"})
    told = Finding(code="dep-conflict:flask-login-werkzeug", outcome=Outcome.FAILED, message="it failed")

    assert added(subject, LOGIN, result(told)) == []
    assert added(subject, LOGIN, result(), result(told, check="boot")) == []


def test_a_driver_that_no_code_imports_fails_once_an_address_asks_for_it(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "import sqlalchemy\n", "requirements.txt": "flask\npsycopg2-binary==2.9.9\n"})
    versions = {"flask": "3.1.0", "psycopg2-binary": "2.9.9"}

    told = added(subject, versions, result(PASSED), python="3.13.0")

    assert told == [("warning", "python-version-unsupported:too-new", "requirements.txt:2")]
    assert added(subject, versions, result(PASSED), python="3.12.1") == []
    assert added(subject, {**versions, "psycopg2-binary": "2.9.10"}, result(PASSED), python="3.13.0") == []
    assert clashing.findings(versions, subject, python="3.13.0") == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import openai\ndef ask():\n    return openai.OpenAI()\n", 3),
        ("import openai as o\ndef ask():\n    return o.AsyncOpenAI().chat\n", 3),
        ("from openai import OpenAI as Client\nasync def ask():\n    return Client()\n", 3),
    ],
)
def test_a_use_on_a_request_is_a_warning_at_its_line(tmp_path: Path, text: str, line: int) -> None:
    subject = case(tmp_path, {"main.py": text})

    assert added(subject, OPENAI, result(PASSED)) == [
        ("warning", "dep-conflict:openai-httpx-proxies", f"main.py:{line}")
    ]


def test_a_use_at_import_is_refuted_by_an_import_that_went_through(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "from openai import OpenAI\nclient = OpenAI()\n"})

    assert added(subject, OPENAI, result(PASSED)) == []
    assert added(subject, OPENAI, result()) == [("warning", "dep-conflict:openai-httpx-proxies", "main.py:2")]


def test_what_is_made_at_import_and_fails_later_is_not_refuted_by_an_import_that_went_through(tmp_path: Path) -> None:
    text = "from passlib.context import CryptContext\ncontext = CryptContext(schemes=['{}'])\n"
    versions = {"passlib": "1.7.4", "bcrypt": "5.0.0"}

    bcrypt = added(case(tmp_path, {"main.py": text.format("bcrypt")}), versions, result(PASSED))
    argon = added(case(tmp_path, {"main.py": text.format("argon2")}), versions, result(PASSED))

    assert bcrypt == [("warning", "dep-conflict:passlib-bcrypt", "main.py:2")]
    assert argon == []


@pytest.mark.parametrize(
    "text",
    [
        "import openai\nopenai.api_key = 'x'\n",
        "class OpenAI:\n    pass\ndef ask():\n    return OpenAI()\n",
        "from elsewhere import OpenAI\ndef ask():\n    return OpenAI()\n",
    ],
)
def test_importing_a_package_that_fails_only_in_use_is_no_finding(tmp_path: Path, text: str) -> None:
    assert added(case(tmp_path, {"main.py": text}), OPENAI, result(PASSED)) == []


def test_a_start_command_can_be_what_meets_a_clash(tmp_path: Path) -> None:
    versions = {"gunicorn": "20.1.0", "eventlet": "0.33.3", "setuptools": "70.0.0"}
    files = {"main.py": "app = 1\n", "requirements.txt": "gunicorn==20.1.0\n"}
    eventlet = case(tmp_path, files, start="gunicorn -k eventlet main:app")
    threads = case(tmp_path, files, start="gunicorn -k gthread main:app")

    assert added(eventlet, versions, result(PASSED)) == [
        ("failed", "dep-conflict:eventlet-gunicorn", "requirements.txt:1")
    ]
    assert added(eventlet, versions, result(PASSED), result(replace(PASSED, code="boot"), check="boot")) == []
    assert added(threads, versions, result(PASSED)) == []


def test_a_set_of_three_with_python_in_it_is_met_only_as_a_whole(tmp_path: Path) -> None:
    versions = {"fastapi": "0.95.2", "pydantic": "1.10.15"}
    subject = case(tmp_path, {"main.py": "import fastapi\n"})

    assert added(subject, versions, result(), python="3.13.0") == [
        ("failed", "python-version-unsupported:too-new", "main.py:1")
    ]
    assert added(subject, versions, result(), python="3.12.3") == []
    assert added(subject, {**versions, "pydantic": "1.10.16"}, result(), python="3.13.0") == []


def test_a_word_in_the_code_can_be_needed_and_another_can_take_it_back(tmp_path: Path) -> None:
    versions = {"sqlalchemy": "2.1.0", "psycopg2-binary": "2.9.10"}
    use = "from sqlalchemy import create_engine\nURL = '{}'\ndef engine():\n    return create_engine(URL)\n"

    def found(url: str) -> Sequence[tuple[str, str, str]]:
        return added(case(tmp_path, {"main.py": use.format(url)}), versions, result(PASSED))

    assert found("postgresql://h/d") == [("warning", "missing-requirement:psycopg", "main.py:4")]
    assert found("postgresql+psycopg2://h/d") == []
    assert found("sqlite://") == []


def test_an_import_without_a_database_refutes_nothing_about_its_address(tmp_path: Path) -> None:
    versions = {"sqlalchemy": "2.1.0", "psycopg2-binary": "2.9.10"}
    text = (
        "import os\nfrom sqlalchemy import create_engine\nURL = os.environ.get('DATABASE_URL', 'sqlite://')\n"
        "engine = create_engine(URL.replace('postgres://', 'postgresql://'))\n"
    )
    subject = case(tmp_path, {"main.py": text})
    imported = result(PASSED)
    server = cast("DatabaseServer", object())

    assert added(subject, versions, imported) == [("warning", "missing-requirement:psycopg", "main.py:4")]
    assert added(subject, versions, imported, server=server) == []


def test_numpy_is_left_to_those_who_read_the_machine_code(tmp_path: Path) -> None:
    versions = {"pandas": "2.0.3", "numpy": "2.2.6"}
    subject = case(tmp_path, {"main.py": "import pandas\n"})

    assert brief(clashing.findings(versions, subject)) == [("failed", "numpy-abi", "main.py:1")]
    assert added(subject, versions, result()) == []


def test_without_an_entry_point_nothing_is_claimed(tmp_path: Path) -> None:
    subject = case(tmp_path, {"requirements.txt": "flask-login==0.6.2\n"}, start="sh start.sh")

    assert clashing.findings(LOGIN, subject) == ()


def test_a_file_that_is_gone_or_no_python_has_no_uses(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import openai\nopenai.OpenAI(\n", encoding="utf-8")

    found = uses.found(["openai.OpenAI"], ["bad.py", "gone.py"], folder=tmp_path, version=(3, 11))

    assert list(found) == []
    assert not uses.any_holds("openai", ["gone.py"], folder=tmp_path)


def test_an_import_from_a_module_that_cannot_be_made_is_its_use(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from six.moves import urllib\n", encoding="utf-8")

    (use,) = uses.found(["six.moves"], ["main.py"], folder=tmp_path, version=(3, 12))

    assert use == uses.Use("six.moves", Location("main.py", 1), "from six.moves import urllib", is_at_import=True)


@pytest.mark.parametrize("text", ["import sqlalchemy\n", "from flask_sqlalchemy import SQLAlchemy\n"])
def test_a_clash_is_met_through_a_package_that_imports_what_fails(tmp_path: Path, text: str) -> None:
    files = {"main.py": text, "requirements.txt": "flask-sqlalchemy\nsqlalchemy==2.0.25\n"}

    (found,) = clashing.findings({"sqlalchemy": "2.0.25"}, case(tmp_path, files), python="3.13.4")

    assert found.mend is not None
    assert (found.mend.file, found.mend.line, found.mend.text) == ("requirements.txt", 2, "sqlalchemy==2.0.31")
    assert brief((found,)) == [("failed", "python-version-unsupported:too-new", "requirements.txt:2")]


def test_a_package_that_another_lacks_is_told_where_the_code_first_uses_that_one(tmp_path: Path) -> None:
    engine = (
        "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine('sqlite+aiosqlite://')\n"
    )
    subject = case(tmp_path, {"main.py": engine, "requirements.txt": "sqlmodel\n"})
    told = Finding(code="missing-requirement:greenlet", outcome=Outcome.FAILED, message="the start fails")
    text = "ImportError: The SQLAlchemy asyncio module requires that the Python 'greenlet' library is installed"

    found = clashing.closer(told, text, built_of(subject, {"sqlalchemy": "2.1.9"}, python="3.13.0"))

    assert found.message == "the start fails; sqlalchemy 2.1.9 is installed without greenlet"
    assert found.location == Location("main.py", 2)


@pytest.mark.parametrize(
    ("slug", "versions", "said"),
    [
        (
            "dep-conflict:starlette-template-response",
            "starlette 1.0.0",
            "is installed, and does not fit the project's code",
        ),
        (
            "stdlib-removed:distutils",
            "eventlet 0.33.0, Python 3.12.1",
            "eventlet 0.33.0 and Python 3.12.1 are installed without setuptools",
        ),
        ("missing-requirement:greenlet", "sqlalchemy 2.1.9", "sqlalchemy 2.1.9 is installed without greenlet"),
    ],
)
def test_a_clash_is_told_in_the_number_of_its_packages(slug: str, versions: str, said: str) -> None:
    named = dict(one.lower().split() for one in versions.split(", "))
    clash = next(one for one in clashes.rows() if one.slug == slug and one.members.keys() == named.keys())

    assert clash.told(named).endswith(said)


def test_a_failure_is_told_with_the_versions_that_are_known_to_end_in_it(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": "import django\n", "requirements.txt": "gunicorn\nDjango==4.0.4\n"})
    told = Finding(
        code="stdlib-removed:cgi", outcome=Outcome.FAILED, message="migrating fails", location=Location("Procfile", 1)
    )
    text = "ModuleNotFoundError: No module named 'cgi'"

    found = clashing.closer(told, text, built_of(subject, {"django": "4.0.4"}, python="3.13.0"))

    assert found.message == "migrating fails; django 4.0.4 and Python 3.13.0 are installed, and do not fit together"
    assert (found.location, found.remedy, found.python) == (
        Location("requirements.txt", 2),
        "move to django>=4.1.13, or pin Python 3.12 for the service",
        "3.12",
    )
    assert found.mend is not None
    assert (found.mend.line, found.mend.text) == (2, "django==4.1.13")
    for versions, said in (({"django": "4.1.2"}, text), ({"django": "4.0.4"}, "another")):
        assert clashing.closer(told, said, built_of(subject, versions, python="3.13.0")) == told


def test_a_build_that_ends_in_a_known_error_names_the_versions_that_end_in_it(tmp_path: Path) -> None:
    files = {"main.py": "import sqlalchemy\n", "requirements.txt": "flask-sqlalchemy\npsycopg2-binary\n"}
    told = Finding(
        code="missing-requirement:psycopg",
        outcome=Outcome.FAILED,
        message="the build failed: psycopg is imported but not installed",
        location=Location("main.py", 1),
        remedy="add `psycopg[binary]` to requirements.txt and commit it",
    )
    text = "ModuleNotFoundError: No module named 'psycopg'"
    versions = {"sqlalchemy": "2.1.9", "psycopg2-binary": "2.9.13"}

    found = clashing.closer_of(told, text, versions, case=case(tmp_path, files))

    assert found.mend is None
    assert (found.location, found.remedy) == (
        Location("requirements.txt", 2),
        "write `postgresql+psycopg2://` in the address, or require psycopg[binary], or pin SQLAlchemy<2.1",
    )
    assert clashing.closer_of(told, text, {"sqlalchemy": "2.0.40"}, case=case(tmp_path, files)) == told


def test_a_clash_is_mended_in_the_line_of_the_member_that_was_proved_to_need_another_version(tmp_path: Path) -> None:
    subject = case(
        tmp_path, {"main.py": "import fastapi\n", "requirements.txt": "fastapi==0.104.1\npydantic==1.10.13\n"}
    )
    versions = {"fastapi": "0.104.1", "pydantic": "1.10.13", "python": "3.13.0"}
    (clash,) = (one for one in clashes.met(versions) if one.fails == "fastapi")

    mend = clashing.mend(clash, versions, requirements.read(subject))

    assert mend is not None
    assert (mend.file, mend.line, mend.text) == ("requirements.txt", 2, "pydantic==1.10.16")
