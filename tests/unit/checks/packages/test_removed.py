"""What the project's own files use that the target's Python lost."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy_suite.checks.dependencies import subject
from deploy_suite.checks.packages import removed
from deploy_suite.checks.packages.removed import Pythons
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case

STATING = "state a Python 3.11 in .python-version"


def found(
    folder: Path,
    files: dict[str, str],
    *,
    here: tuple[int, int] | None = (3, 11),
    there: tuple[int, int] = (3, 14),
    versions: Sequence[str] = (),
    is_whole: bool = True,
) -> list[Finding]:
    own = case(folder, {"requirements.txt": "", **files}, python=f"{there[0]}.{there[1]}.3")
    assert own.contract.entry is not None
    traced = subject.trace(own, own.contract.entry, known=frozenset())
    pythons = Pythons(here=here, there=there, stating=STATING)
    return list(removed.findings(traced, folder, pythons, versions=dict.fromkeys(versions, "1"), is_whole=is_whole))


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    return [(one.outcome.value, one.code, str(one.location)) for one in findings]


def test_a_module_that_python_took_out_fails_where_every_start_imports_it(tmp_path: Path) -> None:
    assert found(tmp_path, {"main.py": "import cgi\n"}) == [
        Finding(
            code="stdlib-removed:cgi",
            outcome=Outcome.FAILED,
            message="cgi is imported when the service starts, and Python 3.14, which the target uses, does not have "
            "it; Python 3.11, used here, has",
            location=Location("main.py", 1),
            evidence=(
                "main.py:1 import cgi",
                "Python 3.13 took it out (https://docs.python.org/3/whatsnew/3.13.html#removed)",
            ),
            remedy=f"require legacy-cgi, or do without cgi, or {STATING}",
            reproduce="python3.14 -c 'import cgi'",
        )
    ]


def test_a_module_that_was_gone_here_too_has_been_met_by_the_checks(tmp_path: Path) -> None:
    assert found(tmp_path, {"main.py": "import cgi\n"}, here=(3, 13)) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import telnetlib\nexcept ImportError:\n    telnetlib = None\n",
        "import sys\nif sys.version_info < (3, 13):\n    import telnetlib\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import telnetlib\n",
    ],
)
def test_an_import_that_may_fail_or_is_not_run_is_none(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, {"main.py": text}) == []


def test_what_a_distribution_brings_back_is_there(tmp_path: Path) -> None:
    assert found(tmp_path, {"main.py": "import cgi\nimport audioop\n"}, versions=["legacy-cgi", "audioop-lts"]) == []


def test_an_import_inside_a_function_or_beside_unknown_packages_is_a_warning(tmp_path: Path) -> None:
    later = found(tmp_path / "a", {"main.py": "def use():\n    import cgi\n"})
    unsure = found(tmp_path / "b", {"main.py": "import cgi\n"}, is_whole=False)

    assert [(one.outcome, one.certainty) for one in (*later, *unsure)] == [
        (Outcome.WARNING, "certain, but met only when the function that uses it runs"),
        (Outcome.WARNING, "likely: something else may bring it"),
    ]


def test_a_file_of_the_project_with_that_name_is_the_projects(tmp_path: Path) -> None:
    assert found(tmp_path, {"main.py": "import chunk\n", "chunk.py": ""}) == []


def test_a_module_that_the_targets_python_does_not_have_yet_is_told_where_none_could_be_tried(tmp_path: Path) -> None:
    (one,) = found(tmp_path, {"main.py": "import tomllib\n"}, here=None, there=(3, 10))

    assert (one.code, one.outcome) == ("python-version-unsupported:too-old", Outcome.FAILED)
    assert one.message == (
        "tomllib is imported when the service starts, and Python 3.10, which the target uses, does not have it"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("import ast\nKINDS = (ast.Num, ast.Constant)\n", 2),
        ("import ast as tree\nclass Own(tree.Num):\n    pass\n", 2),
        ("from ast import Num\n", 1),
        ("import ast, sys\nif sys.version_info >= (3, 14):\n    KIND = ast.Num\n", 3),
    ],
)
def test_a_name_that_a_module_lost_fails_where_every_start_looks_at_it(tmp_path: Path, text: str, line: int) -> None:
    (one,) = found(tmp_path, {"main.py": text}, here=(3, 13))

    assert (one.code, one.outcome, one.location) == ("stdlib-removed:ast", Outcome.FAILED, Location("main.py", line))
    assert one.message == (
        "ast.Num is used, and Python 3.14, which the target uses, does not have it; Python 3.13, used here, has"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import ast\nKINDS = ast.Num if hasattr(ast, 'Num') else ast.Constant\n",
        "import ast\nHAS = hasattr(ast, 'Num') and ast.Num\n",
        "import ast\ntry:\n    KIND = ast.Num\nexcept AttributeError:\n    KIND = ast.Constant\n",
        "import ast, sys\nif sys.version_info < (3, 8):\n    KIND = ast.Num\n",
        "import ast, os\nif os.environ.get('OLD'):\n    KIND = ast.Num\n",
        "import ast\ndef visit(node: ast.Num) -> ast.Num: ...\nkept: ast.Num\n",
        "import collections\ncollections.Callable = object\nprint(collections.Callable)\n",
        "class ast:\n    Num = 1\nprint(ast.Num)\n",
        "import ast\nclass Own(ast.NodeVisitor):\n    def visit_Num(self, node): ...\n",
    ],
)
def test_a_name_that_is_asked_for_carefully_is_not_told(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, {"main.py": text}, here=(3, 9)) == []


def test_a_name_inside_a_function_is_a_warning(tmp_path: Path) -> None:
    files = {"main.py": "import pkgutil\ndef f():\n    return pkgutil.find_loader('x')\n"}

    assert brief(found(tmp_path, files, here=(3, 13))) == [("warning", "stdlib-removed:pkgutil", "main.py:3")]


def test_of_several_uses_the_one_that_every_start_runs_is_told(tmp_path: Path) -> None:
    files = {
        "main.py": "import pkgutil, other\ndef f():\n    return pkgutil.find_loader('x')\n",
        "other.py": "from pkgutil import find_loader\ndef g():\n    return find_loader('y')\n",
    }

    assert brief(found(tmp_path, files, here=(3, 13))) == [("failed", "stdlib-removed:pkgutil", "other.py:1")]


def test_a_name_that_was_lost_before_the_python_used_here_is_left_to_the_other_checks(tmp_path: Path) -> None:
    assert found(tmp_path, {"main.py": "import inspect\ninspect.getargspec(print)\n"}, here=(3, 11)) == []
