"""Django's settings in a module that nothing has: the line that names them, and those of the commit."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import absent_settings
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.model.contract import Literal, Variable
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from deploy_suite.tracing.values import Chain, Hop, ImportKind, MissingModule
from tests.unit.checks.gunicorn_case import case

FILES = {
    "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'Old_Name.settings')\n",
    "shop/settings.py": "INSTALLED_APPS = []\n",
    "shop/settings_of_mail.py": "HOST = 'x'\n",
}


def found(subject: Case, module: str, *, settings: str = "Old_Name.settings") -> Finding | None:
    entry = SimpleNamespace(search_path=(PurePosixPath(),), module="shop.wsgi", attribute="application", file=None)
    outer = SimpleNamespace(own_frames=(), shown=f"ModuleNotFoundError: No module named {module!r}")
    fault = SimpleNamespace(
        outer=outer,
        entry=SimpleNamespace(**vars(entry), working_folder=None),
        traced=SimpleNamespace(settings_module=settings, files=("shop/wsgi.py",)),
        built=SimpleNamespace(case=subject, environment=None),
        when="at start",
    )
    return absent_settings.finding(cast("Fault", fault), module)


def test_the_line_that_names_the_settings_is_told_with_those_that_the_commit_has(tmp_path: Path) -> None:
    one = found(case(tmp_path, FILES), "Old_Name")

    assert one is not None
    assert (one.code, one.location) == ("django-settings-module-wrong", Location("shop/wsgi.py", 2))
    assert one.message == (
        "DJANGO_SETTINGS_MODULE names Old_Name.settings, and neither the commit nor an installed package has Old_Name"
    )
    assert one.remedy == "name shop.settings in place of Old_Name.settings"


def test_a_manifest_that_states_the_variable_is_the_place(tmp_path: Path) -> None:
    subject = case(tmp_path, FILES)
    stated = Variable(
        name="DJANGO_SETTINGS_MODULE",
        source=Literal(Secret("Old_Name.settings")),
        location=Location("render.yaml", 9),
    )
    contract = replace(subject.contract, variables=(*subject.contract.variables, stated))

    one = found(replace(subject, contract=contract), "Old_Name")

    assert one is not None
    assert one.location == Location("render.yaml", 9)


def test_a_commit_without_settings_is_to_have_them(tmp_path: Path) -> None:
    one = found(case(tmp_path, {"shop/wsgi.py": FILES["shop/wsgi.py"]}), "Old_Name")

    assert one is not None
    assert one.remedy == "commit Old_Name, or name other settings"


@pytest.mark.parametrize(
    ("module", "settings"), [("Old", "Old_Name.settings"), ("whitenoise", "shop.settings"), ("x", "")]
)
def test_what_is_not_the_settings_module_is_none_of_this(tmp_path: Path, module: str, settings: str) -> None:
    assert found(case(tmp_path, FILES), module, settings=settings) is None


def lack_of(module: str, statement: str, *, base: str = "site/") -> MissingModule:
    stem = base + module.replace(".", "/")
    chain = Chain((Hop("site/shop/wsgi.py", 2, statement),))
    return MissingModule(
        module=module, kind=ImportKind.EAGER, chain=chain, expected=(f"{stem}.py", f"{stem}/__init__.py")
    )


def test_the_sources_alone_tell_it_with_the_names_that_the_server_has(tmp_path: Path) -> None:
    subject = case(tmp_path, {"site/shop/settings.py": "INSTALLED_APPS = []\n", "site/shop/wsgi.py": ""})
    lack = lack_of("shop.shop", 'DJANGO_SETTINGS_MODULE "shop.shop.settings"')

    one = absent_settings.traced(subject, lack, outcome=Outcome.WARNING, certainty="likely")

    assert one is not None
    assert (one.code, one.location) == ("django-settings-module-wrong", Location("site/shop/wsgi.py", 2))
    assert one.message == "DJANGO_SETTINGS_MODULE names shop.shop.settings, and the commit has no shop.shop"
    assert one.remedy == "name shop.settings in place of shop.shop.settings"
    alone = absent_settings.traced(
        case(tmp_path / "none", {"a.py": ""}), lack, outcome=Outcome.WARNING, certainty="likely"
    )
    assert alone is not None
    assert alone.remedy == "commit shop.shop, or name other settings"


def test_what_a_source_imports_itself_is_no_choice_of_settings(tmp_path: Path) -> None:
    subject = case(tmp_path, {"site/shop/settings.py": "INSTALLED_APPS = []\n"})
    lack = lack_of("shop.shop", "import shop.shop.settings")

    assert absent_settings.traced(subject, lack, outcome=Outcome.FAILED, certainty="") is None
