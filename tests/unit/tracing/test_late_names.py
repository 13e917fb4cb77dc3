"""Names that the bodies of functions ask for in vain, told without calling them."""

import pytest

from deploy_suite.tracing.late_names import Late, may_reach_in, names
from deploy_suite.tracing.sources import Source


def found(text: str) -> list[Late]:
    return list(names(Source(text.encode(), (3, 11))))


def late(line: int, name: str, *, is_caught: bool = False) -> Late:
    return Late(name, line, is_caught)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f():\n    return base64.b64encode(b'')\n", [late(2, "base64")]),
        ("import os\nclass A:\n    limit = 1\n    def f(self):\n        return limit, os.name\n", [late(5, "limit")]),
        ("x = lambda: uuid.uuid4()\n", [late(1, "uuid")]),
        ("def f():\n    def g():\n        return deep\n    return g\n", [late(3, "deep")]),
        ("def f():\n    import re\ndef g():\n    re.sub\n    re.sub\n", [late(4, "re")]),
        ("def f():\n    return [y for x in ()]\n", [late(2, "y")]),
        ("def f():\n    try:\n        g()\n    except Exception:\n        pass\n", [late(3, "g", is_caught=True)]),
        ("def f():\n    try:\n        g()\n    except Exception:\n        pass\n    g()\n", [late(6, "g")]),
        ("def f():\n    try:\n        pass\n    finally:\n        g()\n", [late(5, "g")]),
        ("def f():\n    while True:\n        g()\n", [late(3, "g")]),
        ("def f():\n    for x in ():\n        pass\n    else:\n        g(x)\n", [late(5, "g")]),
        ("def f(a=late): ...\ndef g():\n    late\n", [late(3, "late")]),
        ("def f():\n    with open('x') as h:\n        g(h)\n", [late(3, "g")]),
        ("def f():\n    def g(a=lost): ...\n", [late(2, "lost")]),
        (
            "def f():\n    class B:\n        x = 1\n        y = x\n        def g(self):\n            x, z\n",
            [late(6, "x"), late(6, "z")],
        ),
    ],
)
def test_what_a_call_asks_for_and_nothing_binds_is_told(text: str, told: list[Late]) -> None:
    assert found(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "from settings import *\ndef f():\n    return DEBUG\n",
        "def f():\n    return y\nglobals().update(y=1)\n",
        "def f():\n    return y\nexec(open('x').read())\n",
        "def f():\n    return y\nvars()['y'] = 1\n",
        "import enum, sys\n@enum.global_enum\nclass A(enum.Enum):\n    y = 1\ndef f():\n    return y\n",
        "def f():\n    global y\n    y = 1\ndef g():\n    return y\n",
        "def f():\n    return y\nfor y in (): ...\n",
        "def f():\n    return y\nif (y := 1): ...\n",
        "def f():\n    return y\ny: int\n",
        "def f():\n    return y\ntry:\n    import y\nexcept ImportError:\n    pass\n",
        "def f():\n    return y\nif False:\n    y = 1\n",
        "def f():\n    try:\n        return unicode\n    except NameError:\n        return str\n",
        "def f():\n    try:\n        get_ipython_shell\n    except Exception:\n        return None\n",
        "import sys\ndef f():\n    if sys.version_info < (3,):\n        return unicode\n",
        "def f():\n    return unicode if PY2 else str\nPY2 = False\n",
        "def f():\n    if False:\n        return y\n",
        "def f():\n    if 'y' in dir():\n        return y\n",
        "def f():\n    return 1\n    return y\n",
        "def f():\n    raise ValueError\n    y()\n",
        "def f():\n    x: Thing = 1\n    def g(a: Thing) -> Thing: ...\n    return x, g\n",
        "def f():\n    match 1:\n        case y:\n            return lambda: y\n",
        "def f():\n    def g():\n        return y\n    y = 1\n    return g\n",
        "def f():\n    return __class__, __name__, __file__, __builtins__, _('x'), WindowsError\n",
        "class A:\n    def f(self):\n        return __class__\n",
        "from contextlib import suppress\ndef f():\n    with suppress(NameError):\n        y\n",
        "def f(:\n    y\n",
        "print 'of Python 2', y\n",
    ],
)
def test_what_may_be_bound_or_never_asked_for_is_not_accused(text: str) -> None:
    assert found(text) == []


def test_a_file_in_another_encoding_is_read_as_it_says() -> None:
    source = Source("# -*- coding: latin-1 -*-\nx = 'é'\ndef f():\n    return y\n".encode("latin-1"), (3, 11))

    assert list(names(source)) == [late(4, "y")]


@pytest.mark.parametrize(
    ("text", "reaches"),
    [
        (b"import shop\nshop.y = 1\n", True),
        (b"import builtins\nbuiltins.__dict__['y'] = 1\n", True),
        (b"setattr(module, 'y', 1)\n", True),
        (b"print('y')\n", False),
        (b"y = 1\n", False),
    ],
)
def test_another_file_may_put_the_name_there(text: bytes, *, reaches: bool) -> None:
    assert may_reach_in(text, "y") is reaches
