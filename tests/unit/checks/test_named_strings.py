"""Dotted names in strings that a module of the project's own does not have."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.dependencies import absent_modules, import_faults, named_strings
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.checks.dependencies.rehearsed_import import Frame
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

LACKING = 'Module "utils.pages" does not define a "Big" attribute/class'
SETTINGS = "# 'PAGES': 'utils.pages.Big'\nREST = {\n    'PAGES': 'utils.pages.Big',\n}\n"
OWN = {"shop/settings.py": SETTINGS, "shop/urls.py": "", "utils/pages.py": "class Small: pass\n"}


def found(top: Path, files: Mapping[str, str], message: str) -> Finding | None:
    return named_strings.finding(fault(top, files, message))


def together(top: Path, files: Mapping[str, str], absent: str) -> Finding | None:
    return named_strings.run_together(fault(top, files, f"No module named {absent!r}", missing=absent))


def fault(top: Path, files: Mapping[str, str], message: str, *, missing: str = "") -> Fault:
    entry = SimpleNamespace(
        search_path=(PurePosixPath(),), module="shop.wsgi", attribute="", file=None, working_folder=None
    )
    frames = (Frame(file="shop/urls.py", line=3, function="f", text="", is_own=True),)
    ended = SimpleNamespace(
        outer=SimpleNamespace(
            message=message,
            missing=missing,
            frames=frames,
            own_frames=frames,
            syntax=None,
            shown=f"ImportError: {message}",
        ),
        entry=entry,
        traced=SimpleNamespace(files=("shop/urls.py", "shop/settings.py")),
        built=SimpleNamespace(case=case(top, files), environment=None),
        when="at start",
    )
    return cast("Fault", ended)


@pytest.mark.parametrize(
    "message", [LACKING, f"Could not import 'utils.pages.Big' for API setting 'PAGES'. ImportError: {LACKING}."]
)
def test_the_line_that_names_what_an_own_module_lacks_is_told(tmp_path: Path, message: str) -> None:
    one = found(tmp_path, OWN, message)

    assert one is not None
    assert (one.code, one.location) == ("import-name-missing", Location("shop/settings.py", 3))
    assert "utils/pages.py has no 'Big'" in one.message


def test_where_no_line_names_it_the_traceback_does(tmp_path: Path) -> None:
    one = found(tmp_path, {**OWN, "shop/settings.py": "REST = read()\n"}, LACKING)

    assert one is not None
    assert one.location == Location("shop/urls.py", 3)


def test_what_a_package_lacks_is_none_of_the_projects(tmp_path: Path) -> None:
    assert found(tmp_path, {"shop/settings.py": SETTINGS}, LACKING) is None
    assert found(tmp_path, OWN, "cannot import name 'Big'") is None


def test_it_is_read_before_what_a_log_alone_would_say() -> None:
    assert named_strings.finding in import_faults._READINGS


MIDDLEWARE = 'MIDDLEWARE = [\n    "white.Middleware"\n    "django.Security",\n    "django.Common",\n]\n'


@pytest.mark.parametrize("absent", ["white.Middlewaredjango", "white.Middlewaredjango.Security"])
def test_a_comma_that_lacks_between_two_names_is_told_where_it_lacks(tmp_path: Path, absent: str) -> None:
    files = {**OWN, "shop/settings.py": MIDDLEWARE}

    one = together(tmp_path, files, absent)

    assert one is not None
    assert (one.code, one.location) == ("strings-run-together", Location("shop/settings.py", 2))
    assert one.remedy == "put a comma behind 'white.Middleware' in shop/settings.py:2"


@pytest.mark.parametrize("absent", ["white", "white.Middleware", "white.Middlewared", "django", ""])
def test_a_name_that_one_string_holds_alone_lacks_no_comma(tmp_path: Path, absent: str) -> None:
    files = {**OWN, "shop/settings.py": MIDDLEWARE, "shop/urls.py": f'"""{absent}\n"""\nX = "{absent}"\n'}

    assert together(tmp_path, files, absent) is None


def test_a_comma_is_looked_for_before_a_package_is_missed() -> None:
    readings = import_faults._READINGS

    assert readings.index(named_strings.run_together) < readings.index(absent_modules.finding)
