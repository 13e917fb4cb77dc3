"""Files that change the list of folders in which modules are searched, told from their text."""

import ast

import pytest

from deploy_suite.tracing import search_path

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
    assert search_path.may_change(data)
    assert search_path.added(ast.parse(data), file="a.py", cwd=".") == (("libs", True),)


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
    assert not search_path.may_change(data)
    assert search_path.added(ast.parse(data), file="a.py", cwd=".") == ()


@pytest.mark.parametrize(
    "path", ['"/srv/lib"', 'os.path.join(ROOT, "/srv/lib")', 'ROOT / "/srv/lib"', 'ROOT / "../.."']
)
def test_a_folder_outside_of_the_repository_is_none(path: str) -> None:
    data = f"from pathlib import Path\nROOT = Path(__file__).parent\nsys.path.append({path})\n"
    assert search_path.added(ast.parse(data), file="a/b.py", cwd=".") == ()
