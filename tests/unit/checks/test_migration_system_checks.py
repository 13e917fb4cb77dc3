"""What Django's system checks refuse, at the line of the project that it is about."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations import system_checks
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

MESSAGE = """System check identified some issues:

ERRORS:
shop.Item.photo: (fields.E210) Cannot use ImageField because Pillow is not installed.
\tHINT: Get Pillow at https://pypi.org/project/Pillow/ or run command "python -m pip install Pillow".
<class 'shop.admin.ItemAdmin'>: (admin.E108) The value of 'list_display[0]' refers to 'gone'.
?: (urls.E007) The custom handler500 view 'x' could not be imported.

WARNINGS:
shop.Item: (models.W042) Auto-created primary key used when not defining a primary key type.
"""
MODELS = """from django.db import models

class Other:
    photo = 1

class Item(models.Model):
    photo = models.ImageField()
"""
ADMIN = "class ItemAdmin:\n    list_display = ['gone']\n"


def built(folder: Path) -> Built:
    subject = case(folder, {"shop/models.py": MODELS, "shop/admin.py": ADMIN})
    return cast("Built", SimpleNamespace(case=subject, environment=SimpleNamespace(top=folder)))


def test_each_error_is_read_with_its_hint_and_no_warning() -> None:
    assert tuple(system_checks.evidence(system_checks.errors(MESSAGE))) == (
        "shop.Item.photo: (fields.E210) Cannot use ImageField because Pillow is not installed.",
        'HINT: Get Pillow at https://pypi.org/project/Pillow/ or run command "python -m pip install Pillow".',
        "<class 'shop.admin.ItemAdmin'>: (admin.E108) The value of 'list_display[0]' refers to 'gone'.",
        "(urls.E007) The custom handler500 view 'x' could not be imported.",
    )


def test_another_exception_holds_none() -> None:
    assert system_checks.errors('relation "shop_item" does not exist\nLINE 1: x (fields.E210)') == ()


def test_of_many_errors_the_number_of_those_left_out_is_told() -> None:
    found = system_checks.errors("\n".join(f"shop.Item.f{n}: (fields.E304) Clash." for n in range(6)))

    assert tuple(system_checks.evidence(found))[-1] == "and 2 more"


@pytest.mark.parametrize(
    ("first", "place"),
    [
        (0, Location("shop/models.py", 7)),
        (1, Location("shop/admin.py", 1)),
        (2, None),
    ],
)
def test_the_place_is_the_field_or_the_class(tmp_path: Path, first: int, place: Location | None) -> None:
    assert system_checks.place(system_checks.errors(MESSAGE)[first:], built(tmp_path)) == place


@pytest.mark.parametrize("subject", ["gone.Item.photo", "shop.Gone", "<class 'gone.admin.X'>", "<class 'rest.X'>"])
def test_what_no_file_of_the_project_defines_has_no_place(tmp_path: Path, subject: str) -> None:
    found = system_checks.errors(f"{subject}: (fields.E304) Clash.")

    assert system_checks.place(found, built(tmp_path)) is None


def test_a_field_that_wants_pillow_is_a_missing_requirement() -> None:
    root = diagnose(f"django.core.management.base.SystemCheckError: SystemCheckError: {MESSAGE}").root

    assert root is not None
    assert root.slug == "missing-requirement:pillow"
