"""An import that failed with the very error of a known clash."""

from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.dependencies import known_causes
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.checks.dependencies.rehearsed_import import Frame
from deploy_suite.knowledge import clashes

ERROR = "ImportError: psycopg2/_psycopg.so: undefined symbol: _PyInterpreterState_Get"
SLUG = "python-version-unsupported:too-new"


def test_the_versions_that_do_not_fit_are_named() -> None:
    versions = {"psycopg2-binary": "2.9.9", "python": "3.13.0"}
    clash = clashes.shown_in(f"Traceback\n{ERROR}\nImproperlyConfigured: no module\n", SLUG, versions)

    assert clash is not None
    assert clash.shown(versions) == "psycopg2-binary 2.9.9 and Python 3.13.0"


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
