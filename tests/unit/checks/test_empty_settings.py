"""Settings of Django that lack what it asks for: the module that is taken, and the one that was meant."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.dependencies import empty_settings
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.checks.dependencies.rehearsed_import import Frame
from deploy_suite.model.environment import Environment
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

OBJECT = "site-packages/django/conf/__init__.py"
DJANGO = "site-packages/django/core/handlers/base.py"
WSGI = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"
PACKAGE = {
    "config/wsgi.py": WSGI,
    "config/settings.py": "ROOT_URLCONF = 'config.urls'\n",
    "config/settings/__init__.py": "",
    "config/settings/base.py": "ROOT_URLCONF = 'config.urls'\n",
    "config/settings/production.py": "from .base import *\nDEBUG = False\n",
    "config/settings/other.py": "X = 1\n",
}


def found(
    top: Path, files: Mapping[str, str], message: str, *, raised_in: str = OBJECT, asked_in: str = DJANGO
) -> Finding | None:
    subject = case(top, files)
    entry = SimpleNamespace(search_path=(PurePosixPath(),), module="config.wsgi", attribute="application", file=None)
    frames = tuple(
        Frame(file=file, line=7, function="f", text="", is_own="site-packages" not in file)
        for file in (asked_in, raised_in)
    )
    outer = SimpleNamespace(message=message, frames=frames, own_frames=(), shown=f"AttributeError: {message}")
    fault = SimpleNamespace(
        outer=outer,
        entry=SimpleNamespace(**vars(entry), working_folder=None),
        traced=SimpleNamespace(settings_module="config.settings", files=("config/wsgi.py",)),
        built=SimpleNamespace(case=subject, environment=cast("Environment", None)),
        when="at start",
    )
    return empty_settings.finding(cast("Fault", fault))


def test_the_package_that_hides_the_file_and_the_modules_that_have_the_name_are_told(tmp_path: Path) -> None:
    one = found(tmp_path, PACKAGE, "'Settings' object has no attribute 'ROOT_URLCONF'")

    assert one is not None
    assert (one.code, one.location) == ("django-settings-module-wrong", Location("config/wsgi.py", 2))
    assert one.message == (
        "the settings are config.settings, which is config/settings/__init__.py and hides config/settings.py: it has "
        "no ROOT_URLCONF, which Django asks for at start"
    )
    assert one.remedy == (
        "name config.settings.base or config.settings.production as DJANGO_SETTINGS_MODULE at config/wsgi.py:2"
    )


def test_a_plain_file_is_to_define_the_name(tmp_path: Path) -> None:
    files = {"config/wsgi.py": WSGI, "config/settings.py": "X = 1\n"}
    one = found(tmp_path, files, "'Settings' object has no attribute 'ROOT_URLCONF'")

    assert one is not None
    assert one.remedy == ("define ROOT_URLCONF in config/settings.py, or name another module as DJANGO_SETTINGS_MODULE")


@pytest.mark.parametrize(
    ("asked_in", "who"),
    [(DJANGO, "Django"), ("shop/pay.py", "shop/pay.py:7"), ("site-packages/storages/s3.py", "a package")],
)
def test_who_asks_for_the_name_is_told(tmp_path: Path, asked_in: str, who: str) -> None:
    files = {"config/wsgi.py": WSGI, "config/settings.py": "X = 1\n"}
    one = found(tmp_path, files, "'Settings' object has no attribute 'AWS_S3_BUCKET'", asked_in=asked_in)

    assert one is not None
    assert one.message == (
        "the settings are config.settings, which is config/settings.py: it has no AWS_S3_BUCKET, which "
        f"{who} asks for at start"
    )


def test_another_attribute_error_is_none_of_it(tmp_path: Path) -> None:
    lacking = "'Settings' object has no attribute 'API_KEY'"

    assert found(tmp_path / "a", PACKAGE, "'Settings' object has no attribute 'api_key'") is None
    assert found(tmp_path / "b", PACKAGE, lacking, raised_in="app/config.py") is None
