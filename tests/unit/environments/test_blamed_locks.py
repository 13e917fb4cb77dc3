"""What a failed installation says of locked packages, and where the lock file has them."""

from pathlib import Path

import pytest

from deploy_suite.environments import blamed_locks
from deploy_suite.environments.installs import Install
from deploy_suite.environments.recipe import Recipe
from deploy_suite.model.location import Location

POETRY = '[[package]]\nname = "idna"\nversion = "3.4"\n\n[[package]]\nname = "pydantic-core"\nversion = "2.10.1"\n'
OF_AN_ADDRESS = '[[package]]\nname = "pipeline"\nversion = "2.0"\nsource = { url = "https://example.com/p.zip" }\n'
PIPENV = """{
    "_meta": {},
    "default": {
        "Green_let": {
            "version": "==1.1.0"
        }
    }
}
"""


@pytest.mark.parametrize(
    ("file", "text", "log", "expected"),
    [
        (
            "poetry.lock",
            POETRY,
            "  - Installing idna (3.4)\none of the following issues with pydantic-core (2.10.1)\n",
            [("pydantic-core==2.10.1", Location("api/poetry.lock", 6))],
        ),
        (
            "Pipfile.lock",
            PIPENV,
            "ERROR: Failed building wheel for green-let\n",
            [("green-let==1.1.0", Location("api/Pipfile.lock", 4))],
        ),
        (
            "uv.lock",
            POETRY,
            "Failed to build `pydantic-core==2.10.1`\n",
            [("pydantic-core==2.10.1", Location("api/uv.lock", 6))],
        ),
        ("poetry.lock", POETRY, "everything was installed\n", []),
        ("uv.lock", OF_AN_ADDRESS, "Failed to download and build `pipeline @ https://example.com/p.zip`\n", []),
        ("poetry.lock", "no [ toml", "Failed to build `idna==3.4`\n", []),
    ],
)
def test_only_the_locked_packages_that_the_log_blames_are_named(
    file: str, text: str, log: str, expected: list[tuple[str, Location]], tmp_path: Path
) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / file).write_text(text)
    recipe = Recipe(folder="api", installs=(Install(tool="poetry", folder="api", locks=(f"api/{file}",)),))

    found = blamed_locks.lines(recipe, tmp_path, log)

    assert [(line.text, line.location) for line in found] == expected
