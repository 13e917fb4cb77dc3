"""Variables over whose absence a project gives up by itself, in its own words."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import given_up
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised
from deploy_suite.model.contract import Bindings
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from tests.unit.checks.gunicorn_case import case

APP = """\
import os
config["KEY"] = os.getenv("SECRET_KEY")
token = os.environ.get("BOT_TOKEN", "")
url = os.getenv("URL", "x")
if not config["KEY"]:
    raise ValueError("manquant")
if not token or not os.getenv("CHAT"):
    raise RuntimeError("không")
if not url:
    raise RuntimeError("?")
raise Exception("STRIPE_JSON fehlt, OTHER auch")
json = os.environ["STRIPE_JSON"]
assert token
"""


def raised(line: int, *, message: str = "", is_own: bool = True) -> Raised:
    own = Frame(file="app.py", line=line, function="<module>", text=APP.splitlines()[line - 1], is_own=True)
    foreign = Frame(file="site-packages/x.py", line=1, function="f", text="raise", is_own=False)
    frames = (own,) if is_own else (own, foreign)
    return Raised(type="ValueError", module="builtins", message=message, frames=frames)


def built(folder: Path) -> Built:
    subject = case(folder, {"app.py": APP})
    return cast("Built", SimpleNamespace(case=subject, bindings=Bindings(values={"CHAT": Secret("1")})))


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (raised(6), ("SECRET_KEY",)),
        (raised(8), ("BOT_TOKEN",)),
        (raised(10), ()),
        (raised(11, message="STRIPE_JSON fehlt, OTHER auch"), ("STRIPE_JSON",)),
        (raised(13), ("BOT_TOKEN",)),
        (raised(2), ()),
        (raised(6, is_own=False), ()),
    ],
)
def test_the_variables_of_the_words_or_of_the_condition_are_told(
    tmp_path: Path, one: Raised, names: tuple[str, ...]
) -> None:
    assert given_up.variables(one, ("app.py", "gone.py"), built(tmp_path)) == names


@pytest.mark.parametrize(
    ("line", "message", "names"),
    [
        (6, "manquant", ("SECRET_KEY",)),
        (11, "STRIPE_JSON fehlt, OTHER auch", ("STRIPE_JSON",)),
        (10, "URL is not set", ("URL",)),
        (2, "SECRET_KEY", ()),
        (99, "SECRET_KEY", ()),
    ],
)
def test_a_line_that_raises_and_a_message_are_enough(
    tmp_path: Path, line: int, message: str, names: tuple[str, ...]
) -> None:
    assert given_up.at(Location("app.py", line), message, built(tmp_path)) == names
