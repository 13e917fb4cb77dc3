"""Names that a package itself assigns to, told from its text where that is enough."""

import ast

import pytest

from deploy_suite.tracing import bindings


@pytest.mark.parametrize(
    "line",
    [
        "sub = 1",
        "sub: int = 1",
        "sub:int=1",
        "a, sub = 1, 2",
        "[a, sub] = x",
        "(sub) = 1",
        "a = sub = 1",
        "if x: sub = 1",
        "a = 1; sub = 2",
        "try:\n    from x import sub\nexcept ImportError:\n    sub = None",
        'a["x"] = sub = 1',
    ],
)
def test_an_assignment_is_met(line: str) -> None:
    assert "sub" in bindings.assigned(ast.parse(line))
    assert bindings.may_assign(line.encode(), "sub")


@pytest.mark.parametrize(
    "line",
    [
        "from . import sub",
        "for each in dir(sub):\n    pass",
        "a = sub.X",
        "a = sub",
        "def f(sub=1):\n    pass",
        "if sub == 1:\n    pass",
        "subs = 1",
        "class A(sub.B):\n    pass",
    ],
)
def test_what_assigns_to_another_name_is_told_from_the_text(line: str) -> None:
    assert "sub" not in bindings.assigned(ast.parse(line))
    assert not bindings.may_assign(line.encode(), "sub")
