"""A package that refuses the token that an unset variable left empty."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Built
from deploy_suite.checks.boot import excuses
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.dependencies import blank_credentials
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.contract import Bindings
from deploy_suite.model.secret import Secret
from tests.unit.checks.gunicorn_case import case

ONE = 'import os\nTOKEN = os.environ.get("BOT_TOKEN", "")\nKEY = os.getenv("MAIL_KEY", "x")\n'
TWO = ONE + 'OTHER = os.getenv("TELEGRAM_API_TOKEN", "")\n'


def raised(kind: str, message: str = "", *, module: str = "telegram.error", is_own: bool = False) -> Raised:
    own = Frame(file="bot.py", line=9, function="<module>", text="bot = Bot(TOKEN)", is_own=True)
    foreign = Frame(file="site-packages/telegram/bot.py", line=1, function="f", text="raise", is_own=False)
    return Raised(type=kind, module=module, message=message, frames=(own,) if is_own else (own, foreign))


@pytest.mark.parametrize(
    ("source", "one", "names"),
    [
        (ONE, raised("InvalidToken", "Invalid token"), ("BOT_TOKEN",)),
        (TWO, raised("InvalidToken"), ("TELEGRAM_API_TOKEN",)),
        (ONE, raised("TokenValidationError", "Token is invalid!"), ("BOT_TOKEN",)),
        (ONE, raised("ValueError", "Token must contain a colon"), ("BOT_TOKEN",)),
        (TWO, raised("InvalidToken", module="cryptography.fernet"), ()),
        (ONE, raised("AuthError", "Missing API key"), ()),  # the key has a value of its own
        (ONE, raised("ValueError", "bad weather"), ()),
        (ONE, raised("InvalidToken", is_own=True), ()),
    ],
)
def test_the_variable_that_is_left_blank_is_told(
    tmp_path: Path, source: str, one: Raised, names: tuple[str, ...]
) -> None:
    subject = case(tmp_path, {"settings.py": source})
    made = cast("Built", SimpleNamespace(case=subject, bindings=Bindings(values={})))

    assert blank_credentials.variables(one, ("settings.py",), made) == names


def test_a_variable_that_has_a_value_is_not_wanted(tmp_path: Path) -> None:
    subject = case(tmp_path, {"settings.py": ONE})
    made = SimpleNamespace(case=subject, bindings=Bindings(values={"BOT_TOKEN": Secret("1")}))

    assert blank_credentials.variables(raised("InvalidToken"), ("settings.py",), cast("Built", made)) == ()


def test_where_a_made_up_value_is_refused_no_other_variable_is_wanted(tmp_path: Path) -> None:
    subject = case(tmp_path, {"settings.py": TWO})
    bindings = Bindings(values={"TELEGRAM_API_TOKEN": Secret("1")}, dummies=frozenset({"TELEGRAM_API_TOKEN"}))
    made = cast("Built", SimpleNamespace(case=subject, bindings=bindings))

    assert blank_credentials.variables(raised("InvalidToken"), ("settings.py",), made) == ()


@pytest.mark.parametrize(
    ("given", "is_excused"),
    [({"BOT_TOKEN": True}, True), ({"BOT_TOKEN": True, "OTHER_TOKEN": False}, False), ({"A_KEY": True}, False)],
)
def test_a_start_that_ends_on_a_refused_token_proves_nothing_where_all_are_made_up(
    tmp_path: Path, *, given: dict[str, bool], is_excused: bool
) -> None:
    log = 'Traceback (most recent call last):\n  File "bot.py", line 9, in <module>\n    bot = Bot(TOKEN)\n'
    log += "telegram.error.InvalidToken: Invalid token\n"
    made_up = frozenset(name for name, is_made_up in given.items() if is_made_up)
    bindings = Bindings(values={name: Secret("made-up-value") for name in given}, dummies=made_up)
    subject = case(tmp_path, {"bot.py": ""})
    network = SimpleNamespace(reached_for=lambda: ())
    built = SimpleNamespace(bindings=bindings, server=None)
    stage = SimpleNamespace(contract=subject.contract, built=built, network=network)
    root = diagnose(log).root
    assert root is not None

    assert (excuses.surroundings(cast("Stage", stage), log, root) is not None) == is_excused
