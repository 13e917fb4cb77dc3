"""Which tools a build finds on its PATH although it installs one of the name itself."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.environments import tools
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.installs import Install
from deploy_suite.environments.recipe import Recipe
from deploy_suite.model.contract import Contract

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
