"""Variables whose absence an application hands on as None before something complains."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import surroundings
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised
from deploy_suite.model.contract import Bindings
from tests.unit.checks.gunicorn_case import case

CONFIG = """\
import os
DB_NAME = os.getenv("DB_NAME")
NAMED: str | None = os.environ.get('OTHER_NAME')
FALLBACK = os.getenv("FALLBACK", "x")
"""


def raised(text: str, *, kind: str = "TypeError", message: str = "must be str, not <class 'NoneType'>") -> Raised:
    own = Frame(file="database.py", line=5, function="<module>", text=text, is_own=True)
    foreign = Frame(file="site-packages/x.py", line=1, function="f", text="raise", is_own=False)
    return Raised(type=kind, module="builtins", message=message, frames=(own, foreign))


def built(folder: Path) -> Built:
    subject = case(folder, {"config.py": CONFIG})
    return cast("Built", SimpleNamespace(case=subject, bindings=Bindings(values={})))


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (raised("db = client[DB_NAME]"), ("DB_NAME",)),
        (raised("db = client[NAMED]"), ("OTHER_NAME",)),
        (raised("db = client[FALLBACK]"), ()),
        (raised("db = client[other]"), ()),
        (raised("bot = Bot(token=DB_NAME)", kind="TokenValidationError"), ("DB_NAME",)),
        (raised("db = client[DB_NAME]", kind="KeyError", message="None"), ()),
        (raised("db = client[DB_NAME]", message="must be str, not int"), ()),
        (
            raised("one = parse(DB_NAME)", kind="UnknownSchemeError", message="Scheme 'b''://' is unknown."),
            ("DB_NAME",),
        ),
        (
            raised("one = parse(DB_NAME)", kind="ValueError", message="No support for 'b'''. We support: x"),
            ("DB_NAME",),
        ),
        (raised("one = parse(DB_NAME)", kind="ValueError", message="No support for ''. We support: x"), ()),
    ],
)
def test_the_variable_behind_the_name_in_the_failing_line_is_told(
    tmp_path: Path, one: Raised, names: tuple[str, ...]
) -> None:
    assert surroundings.handed_on(one, ("config.py", "gone.py"), built(tmp_path)) == names


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ('client = redis.from_url(\n    os.getenv("REDIS_URL"),\n    decode=True,\n)\n', ("REDIS_URL",)),
        ('client = redis.from_url(\n    os.environ.get("REDIS_URL", ""),\n)\n', ("REDIS_URL",)),
        ('client = redis.from_url(\n    os.getenv("REDIS_URL", "redis://x"),\n)\n', ()),
        ("client = redis.from_url(\n    DB_NAME,\n)\n", ("DB_NAME",)),
        ('client = redis.from_url(\n    other,\n)\nother = os.getenv("REDIS_URL")\n', ()),
    ],
)
def test_all_lines_of_the_failing_statement_are_read(tmp_path: Path, written: str, names: tuple[str, ...]) -> None:
    subject = case(tmp_path, {"config.py": CONFIG, "database.py": f"import os\nimport redis\n\n\n{written}"})
    one = raised(
        "client = redis.from_url(", kind="AttributeError", message="'NoneType' object has no attribute 'lower'"
    )

    found = surroundings.handed_on(
        one, ("config.py",), cast("Built", SimpleNamespace(case=subject, bindings=Bindings(values={})))
    )

    assert found == names


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ('c = connect(os.getenv("DB_URL", ""), token=os.environ.get("TOKEN"))', "RefusedError", ("DB_URL", "TOKEN")),
        ('c = connect(os.getenv("DB_URL", "file:x"))', "RefusedError", ()),
        ("c = connect(url)", "RefusedError", ()),
        ('c = connect(proxies=os.getenv("PROXY"))', "TypeError", ()),
    ],
)
def test_a_package_that_refuses_what_a_statement_reads_without_a_value_names_the_variable(
    tmp_path: Path, text: str, kind: str, names: tuple[str, ...]
) -> None:
    assert surroundings.handed_in(raised(text, kind=kind, message="no URL"), built(tmp_path)) == names


def test_what_the_projects_own_code_raises_is_no_packages_refusal(tmp_path: Path) -> None:
    one = raised('c = connect(os.getenv("DB_URL"))', kind="RefusedError", message="no URL")

    assert surroundings.handed_in(replace(one, frames=one.own_frames), built(tmp_path)) == ()
