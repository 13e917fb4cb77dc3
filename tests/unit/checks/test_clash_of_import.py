"""An import that failed with the very error of a known clash."""

from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.dependencies import known_causes
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.checks.dependencies.rehearsed_import import Frame
from deploy_suite.checks.dependencies.requirements import Declared, Listed
from deploy_suite.knowledge import clashes
from deploy_suite.manifests.requirement_entries import RequirementLine
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

ERROR = "ImportError: psycopg2/_psycopg.so: undefined symbol: _PyInterpreterState_Get"
SLUG = "python-version-unsupported:too-new"


def test_the_versions_that_do_not_fit_are_named() -> None:
    versions = {"psycopg2-binary": "2.9.9", "python": "3.13.0"}
    clash = clashes.shown_in(f"Traceback\n{ERROR}\nImproperlyConfigured: no module\n", SLUG, versions)

    assert clash is not None
    assert clash.told(versions).startswith("psycopg2-binary 2.9.9 and Python 3.13.0 are installed, ")


@pytest.mark.parametrize(
    ("version", "python", "slug", "text"),
    [
        ("2.9.10", "3.13.0", SLUG, ERROR),
        ("2.9.9", "3.12.1", SLUG, ERROR),
        ("2.9.9", "3.13.0", "missing-requirement:psycopg2", ERROR),
        ("2.9.9", "3.13.0", SLUG, "ImportError: something else"),
    ],
)
def test_other_versions_causes_and_errors_are_no_clash(version: str, python: str, slug: str, text: str) -> None:
    assert clashes.shown_in(text, slug, {"psycopg2-binary": version, "python": python}) is None


def left_at(text: str) -> Fault:
    frame = Frame(file="app/wsgi.py", line=7, function="<module>", text=text, is_own=True)
    return cast("Fault", SimpleNamespace(outer=SimpleNamespace(own_frames=(frame,) if text else ())))


@pytest.mark.parametrize(
    ("slug", "text", "is_met"),
    [
        ("dep-conflict:openai-httpx-proxies", "client = OpenAI()", True),
        ("dep-conflict:openai-httpx-proxies", "", False),
        (SLUG, "import psycopg2", True),
        (SLUG, "application = get_wsgi_application()", False),
        ("stdlib-removed:cgi", "from django.core.wsgi import get_wsgi_application", False),
    ],
)
def test_code_meets_a_clash_where_it_imports_or_uses_what_fails(slug: str, text: str, *, is_met: bool) -> None:
    clash = next(row for row in clashes.rows() if row.slug == slug)

    assert known_causes.is_met(clash, left_at(text)) is is_met


@pytest.mark.parametrize(
    ("psycopg2", "last", "is_told"),
    [
        ("psycopg2-binary", "sqlalchemy/dialects/postgresql/psycopg.py", True),
        ("psycopg2-binary", "app/db.py", False),
        ("pg8000", "sqlalchemy/dialects/postgresql/psycopg.py", False),
    ],
)
def test_a_module_that_only_another_release_of_a_package_wants_is_told_with_that_package(
    psycopg2: str, last: str, *, is_told: bool
) -> None:
    own = Frame(file="app/db.py", line=10, function="<module>", text="engine = create_engine(url)", is_own=True)
    frames = (own,) if last == own.file else (own, Frame(file=last, line=1, function="f", text="", is_own=False))
    environment = SimpleNamespace(
        packages={"sqlalchemy": "2.1.9", psycopg2: "2.9.10"}, interpreter=SimpleNamespace(version="3.12.1")
    )
    fault = cast(
        "Fault",
        SimpleNamespace(
            outer=SimpleNamespace(frames=frames, own_frames=(own,)),
            rehearsed=SimpleNamespace(text="ModuleNotFoundError: No module named 'psycopg'", errors=""),
            built=SimpleNamespace(environment=environment),
            declared=Declared(installed=(), top=None, target="", tool="pip", is_pure=True, build=None),
            when="at start",
        ),
    )
    found = Finding(code="missing-requirement:psycopg", outcome=Outcome.FAILED, message="psycopg is not installed")

    told = known_causes.of_package(found, fault)

    assert told.message == (
        "sqlalchemy 2.1.9 and psycopg2-binary 2.9.10 are installed without psycopg: the import fails at start"
        if is_told
        else found.message
    )


@pytest.mark.parametrize(
    ("last", "is_own", "asks"),
    [("eventlet/patcher.py", False, True), ("nobody_knows/x.py", False, False), ("app/db.py", True, False)],
)
def test_a_module_that_python_dropped_is_told_with_the_package_that_asks_for_it(
    last: str, *, is_own: bool, asks: bool
) -> None:
    own = Frame(file="app/db.py", line=10, function="<module>", text="import eventlet", is_own=True)
    frames = (own,) if is_own else (own, Frame(file=last, line=1, function="f", text="import imp", is_own=False))
    line = RequirementLine(
        name="eventlet", requirement=None, text="eventlet==0.30.2", location=Location("requirements.txt", 3)
    )
    environment = SimpleNamespace(
        packages={"eventlet": "0.30.2"}, interpreter=SimpleNamespace(version="3.12.1", series="3.12")
    )
    fault = cast(
        "Fault",
        SimpleNamespace(
            outer=SimpleNamespace(frames=frames, own_frames=(own,)),
            rehearsed=SimpleNamespace(text="ModuleNotFoundError: No module named 'imp'", errors=""),
            built=SimpleNamespace(environment=environment),
            declared=Declared(installed=(Listed(line),), top=None, target="", tool="pip", is_pure=True, build=None),
            when="at start",
        ),
    )
    found = Finding(code="stdlib-removed:imp", outcome=Outcome.FAILED, message="imp is gone", remedy="add `zombie-imp`")

    told = known_causes.of_package(found, fault)

    if not asks:
        assert told == found
        return
    assert told.message == "imp is gone: eventlet 0.30.2 asks for it"
    assert told.location == Location("requirements.txt", 3)
    assert told.remedy == "move eventlet to a release that runs on Python 3.12, or else add `zombie-imp`"
