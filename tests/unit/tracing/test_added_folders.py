"""Files that change the list of folders in which modules are searched, told from their text."""

import ast

import pytest

from deploy_suite.tracing import bindings

STATEMENT = b'sys.path.insert(0, "libs")\n'


@pytest.mark.parametrize(
    "data",
    [
        STATEMENT,
        b"import sys; " + STATEMENT,
        b"if x:\n    " + STATEMENT,
        b"class A:\n    pass\nif x:\n    pass\nelse:\n    " + STATEMENT,
        b'if x:\n    t = """\ndef a\n"""\n    ' + STATEMENT,
        b'x = \'"""\'\n' + STATEMENT,
    ],
)
def test_what_runs_with_the_module_is_looked_at(data: bytes) -> None:
    assert bindings.may_add_folders(data)
    assert bindings.added_folders(ast.parse(data), file="a.py", cwd=".") == (("libs", True),)


@pytest.mark.parametrize(
    "data",
    [
        b"def a():\n    " + STATEMENT,
        b'class A:\n    """Texts\n\nat the margin."""\n\n    async def b(self):\n        ' + STATEMENT,
        b'"""Takes sys.path.append as given."""\nprint(sys.path)\n',
        b"x = sys.path.index(y)\n",
    ],
)
def test_what_does_not_run_with_it_is_not(data: bytes) -> None:
    assert not bindings.may_add_folders(data)
    assert bindings.added_folders(ast.parse(data), file="a.py", cwd=".") == ()
