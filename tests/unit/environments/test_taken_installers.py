"""Installers that a build puts into the environment, while a stand-in lies in their place."""

from pathlib import Path
from typing import Any

import pytest

from deploy_suite.environments import stand_in
from deploy_suite.environments.stand_ins import StandIns


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    for name in ("venv/bin", "stand-ins"):
        (tmp_path / name).mkdir(parents=True)
    return {
        "venv": str(tmp_path / "venv"),
        "folder": str(tmp_path / "stand-ins"),
        "taken": str(tmp_path / "taken"),
        "script": "stands in for @PROGRAM@",
    }


def test_an_installer_called_by_its_path_in_the_environment_is_stood_in_for(
    config: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "venv/bin/poetry").write_text("the real one", encoding="utf-8")

    stand_in._offer_installed(config)
    stand_in._offer_installed(config)

    read = {path: (tmp_path / path).read_text() for path in ("venv/bin/poetry", "stand-ins/poetry", "taken/poetry")}
    assert read == {
        "venv/bin/poetry": "stands in for poetry",
        "stand-ins/poetry": "stands in for poetry",
        "taken/poetry": "the real one",
    }


def test_what_the_build_installed_is_given_back(config: dict[str, Any], tmp_path: Path) -> None:
    for name in ("poetry", "uv"):
        (tmp_path / "venv/bin" / name).write_text(f"the real {name}", encoding="utf-8")
    stand_in._offer_installed(config)
    (tmp_path / "venv/bin/uv").unlink()  # as `uv sync` does with a uv that the lock does not have

    StandIns(folder=tmp_path / "stand-ins", taken=tmp_path / "taken").give_back(tmp_path / "venv")

    assert {path.name: path.read_text() for path in (tmp_path / "venv/bin").iterdir()} == {"poetry": "the real poetry"}
    assert not (tmp_path / "taken").exists()
