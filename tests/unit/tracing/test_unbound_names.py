"""Names that importing a module asks for in vain, told without importing it."""

import ast
from types import SimpleNamespace

import pytest

from deploy_suite.tracing import unbound
from deploy_suite.tracing.unbound import Unbound


def names(*found: tuple[int, str]) -> list[Unbound]:
    return [Unbound(name, line) for line, name in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("urlpatterns = [path('admin/', admin.site.urls)]", [Unbound("path", 1), Unbound("admin", 1)]),
        ("import os\n\napp.include_router(os.name)", [Unbound("app", 3)]),
        ("class A(Base):\n    x = Column(Integer)\n    y = x", names((1, "Base"), (2, "Column"), (2, "Integer"))),
        ("def f():\n    x = 1\ny = x", [Unbound("x", 3)]),
        ("class A:\n    x = 1\ny = x", [Unbound("x", 3)]),
        ("@router.get('/')\ndef f(a=Depends(g)):\n    return later", names((1, "router"), (2, "Depends"), (2, "g"))),
        ("def f(a: Request) -> Answer: ...", [Unbound("Request", 1), Unbound("Answer", 1)]),
        ("x: Thing = 1", [Unbound("Thing", 1)]),
        ("from __future__ import annotations\ndef f(a: Request): ...\nx: Thing = 1", []),
        ("with open(name) as f:\n    use(f)", [Unbound("name", 1), Unbound("use", 2)]),
        ("try:\n    use()\nfinally:\n    close()", [Unbound("use", 2), Unbound("close", 4)]),
        ("try:\n    use()\nexcept ValueError:\n    other()", [Unbound("use", 2)]),
        ("raise Wrong()\nx = y", [Unbound("Wrong", 1)]),
        ("x = f'{y}'", [Unbound("y", 1)]),
    ],
)  # fmt: skip
def test_what_certainly_runs_and_is_bound_nowhere_is_told(text: str, found: list[Unbound]) -> None:
    assert list(unbound.names(ast.parse(text), (3, 12))) == found


@pytest.mark.parametrize(
    "text",
    [
        "from settings import *\nx = DEBUG",
        "globals().update(load())\nx = y",
        "def f():\n    return y",
        "x = lambda: y",
        "x = [y for _ in ()]",
        "x = None and y",
        "x = 1 if True else y",
        "if flag():\n    pass\nelse:\n    y()\ndef flag(): ...",
        "try:\n    unicode\nexcept NameError:\n    pass",
        "try:\n    unicode\nexcept (ValueError, Exception):\n    pass",
        "try:\n    unicode\nexcept:\n    pass",
        "from contextlib import suppress\nwith suppress(NameError):\n    unicode",
        "for x in ():\n    y()",
        "def f():\n    global y\n    y = 1\nf()\nprint(y)",
        "title = _('translated')\nprint(__file__, __name__, __spec__, WindowsError)",
        "class A:\n    x = __qualname__, __module__",
        "if (n := 1):\n    pass\nprint(n)",
        "import a.b as c\nprint(c)",
    ],
)
def test_what_may_not_run_or_may_be_bound_is_not_accused(text: str) -> None:
    assert list(unbound.names(ast.parse(text), (3, 12))) == []


def test_type_parameters_are_names_of_their_own() -> None:
    module = ast.parse("def f(a: T) -> T: ...\nclass A(Base[T]): ...\n")
    for node in module.body:
        vars(node)["type_params"] = [SimpleNamespace(name="T")]  # as Python 3.12 reads `f[T]`

    assert list(unbound.names(module, (3, 12))) == [Unbound("Base", 2)]


def test_annotations_are_not_read_by_a_python_that_defers_them() -> None:
    assert list(unbound.names(ast.parse("def f(a: Request): ...\nx: Thing"), (3, 14))) == []
