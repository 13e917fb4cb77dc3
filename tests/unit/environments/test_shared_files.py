"""Which distribution's file pip leaves where several bring it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deploy_suite.environments import shared_files
from tests.projects import write


def checksum(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def installed(
    venv: Path,
    name: str,
    files: Mapping[str, str],
    *,
    requires: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> None:
    """Write a distribution and its metadata over what lies there."""
    info = f"{name}-1.0.dist-info"
    record = "".join(f"{path},{checksum(text)},1\n" for path, text in files.items())
    demands = "".join(f"Requires-Dist: {one}\n" for one in requires)
    own = {f"{info}/RECORD": f"{record}{info}/RECORD,,\n", f"{info}/METADATA": f"Name: {name}\n{demands}"}
    write(venv / "lib/python3.12/site-packages", {**files, **own, **(more or {})})


def test_of_equals_the_first_name_lies_on_top(tmp_path: Path) -> None:
    installed(tmp_path, "python_dotenv", {"dotenv/__init__.py": "def load_dotenv(): ..."})
    installed(tmp_path, "python_env", {"dotenv/__init__.py": ""})

    assert shared_files.displaced(tmp_path) == ("python-dotenv==1.0",)


def test_what_lies_there_as_pip_leaves_it_stays(tmp_path: Path) -> None:
    installed(tmp_path, "python_env", {"dotenv/__init__.py": ""})
    installed(tmp_path, "python_dotenv", {"dotenv/__init__.py": "def load_dotenv(): ..."})

    assert shared_files.displaced(tmp_path) == ()


def test_what_needs_others_comes_after_them(tmp_path: Path) -> None:
    """`jwt` needs cryptography, so pip installs it after PyJWT, which needs nothing."""
    installed(tmp_path, "cryptography", {"cryptography/__init__.py": ""}, requires=["cffi>=1"])
    installed(tmp_path, "jwt", {"jwt/__init__.py": "x = 1"}, requires=["cryptography (>=3.1)"])
    installed(tmp_path, "PyJWT", {"jwt/__init__.py": "y = 2"}, requires=["cryptography>=3 ; extra == 'crypto'"])

    assert shared_files.displaced(tmp_path) == ("jwt==1.0",)


def test_packages_that_need_each_other_have_an_order_too(tmp_path: Path) -> None:
    installed(tmp_path, "a", {"x.py": "1"}, requires=["b"])
    installed(tmp_path, "b", {"x.py": "2"}, requires=["a"])

    assert shared_files.displaced(tmp_path) == ("a==1.0",)


def test_each_way_through_many_requirements_is_not_gone_by_itself(tmp_path: Path) -> None:
    """Each of 30 layers needs both packages of the next: 2**30 ways."""
    for layer in range(30):
        for side in "ab":
            needs = [f"{other}{layer + 1}" for other in "ab"] if layer < 29 else []
            installed(tmp_path, f"{side}{layer}", {"x.py": f"{side}{layer}"}, requires=needs)

    assert shared_files.displaced(tmp_path) == ("a0==1.0",)


@pytest.mark.parametrize(
    ("files", "more"),
    [
        ({"tests/data.txt": "2"}, None),
        ({"shared/__init__.py": "the same"}, None),
        ({"shared/data.py": "2"}, {"second-1.0.dist-info/direct_url.json": "{}"}),
    ],
    ids=["no code", "the same", "from an address"],
)
def test_what_makes_no_difference_or_cannot_be_asked_for_stays(
    tmp_path: Path, files: Mapping[str, str], more: Mapping[str, str] | None
) -> None:
    first = {"tests/data.txt": "1", "shared/__init__.py": "the same", "shared/data.py": "1"}
    installed(tmp_path, "first", {path: first[path] for path in files})
    installed(tmp_path, "second", files, more=more)

    assert shared_files.displaced(tmp_path) == ()


def test_an_environment_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert shared_files.displaced(tmp_path) == ()
