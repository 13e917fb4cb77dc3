"""Which tools a build finds on its PATH although it installs one of the name itself."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import tools
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.installs import Install
from deploy_suite.environments.recipe import Recipe
from deploy_suite.model.command import Completed
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Interpreter

PIP = Install(tool="pip", folder="", requirements=("uv",))
SYNC = Install(tool="uv sync", folder="")


@pytest.mark.parametrize(
    ("installs", "expected"), [((PIP,), []), ((PIP, SYNC), ["uv", "uvx"]), ((SYNC,), ["uv", "uvx"])]
)
def test_uv_stays_where_a_sync_would_take_the_installed_one_away(
    installs: tuple[Install, ...], expected: list[str]
) -> None:
    contract = cast("Contract", SimpleNamespace(tool_versions={"uv": ""}))
    installer = cast("Installer", SimpleNamespace(program=lambda: Path("/suite/bin/uv")))
    recipe = Recipe(folder="", installs=installs, tools=frozenset({"uv"}))

    brought = tools.brought(contract, recipe, installer=installer, workshop=cast("Workshop", None))

    assert sorted(brought.programs) == expected


class Index:
    """An installer that unpacks what it is asked for, or has nothing."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.asked: list[tuple[str, ...]] = []

    def program(self) -> None:
        return None

    def fetch(self, folder: Path, requirements: tuple[str, ...], **_others: object) -> Completed:
        self.asked.append(requirements)
        folder.mkdir(parents=True)
        return Completed(code=self.code)


@pytest.mark.parametrize(("code", "expected"), [(0, ["poetry"]), (1, [])])
def test_a_poetry_that_the_build_installs_gets_its_way_to_a_mirror_beside_it(
    tmp_path: Path, code: int, expected: list[str]
) -> None:
    contract = cast("Contract", SimpleNamespace(tool_versions={"poetry": "2.1.3"}))
    own = Install(tool="pip", folder="", requirements=("poetry==1.8.3",))
    recipe = Recipe(folder="", installs=(own,), tools=frozenset({"poetry"}))
    workplace = SimpleNamespace(cache=tmp_path, locked=lambda _name: nullcontext())
    index = Index(code)

    def companions(python: str) -> dict[str, Path]:
        interpreter = Interpreter(path=Path("/usr/bin/python"), version=python)
        workshop = SimpleNamespace(ports=SimpleNamespace(workplace=workplace), interpreter=interpreter)
        found = tools.brought(contract, recipe, installer=cast("Installer", index), workshop=cast("Workshop", workshop))
        assert not found.programs
        return dict(found.companions)

    assert [sorted(companions("3.12.1")) for _ in range(2)] == [expected] * 2
    assert index.asked == [("poetry-plugin-pypi-mirror",)] * (1 + code)
    # The newest release for an old Python does not fit the newest Poetry, which an old Python does not get.
    others = companions("3.8.18")
    assert sorted(others) == expected
    assert not set(others.values()) & set(companions("3.12.1").values())
