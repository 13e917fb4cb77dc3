"""`trace --times` and `lock` as users call them: with a build that writes to its database, and with a dead index."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.users_project import repository

pytestmark = pytest.mark.integration

MANIFEST = """databases:
  - name: shop-db
services:
  - type: web
    name: shop
    runtime: python
    plan: starter
    buildCommand: pip install -r requirements.txt && python migrate.py
    startCommand: gunicorn app:app
    envVars:
      - key: DATABASE_URL
        fromDatabase:
          name: shop-db
          property: connectionString
"""
MIGRATE = """import os
import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("create table item (id int)")
"""


def called(folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "deploy_suite", *words),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    files = {
        "render.yaml": MANIFEST,
        "requirements.txt": "psycopg[binary]\n",
        "migrate.py": MIGRATE,
        "app.py": "import psycopg\napp = psycopg\n",
    }
    return repository(tmp_path / "shop", files)


def test_imports_are_timed_of_a_service_whose_build_writes_to_its_database(shop: Path) -> None:
    done = called(shop, "trace", "--times")

    assert (done.returncode, done.stderr) == (0, "")
    assert "slowest to import: psycopg " in done.stdout


def test_a_lock_without_an_index_is_no_fault_of_the_requirements(shop: Path) -> None:
    dead = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "UV_DEFAULT_INDEX": ""}

    done = called(shop, "lock", environment=dead)

    assert (done.returncode, done.stdout) == (4, "")
    said = [line for line in done.stderr.splitlines() if not line.startswith("preflight: waiting for ")]
    assert said[0] == "deploy-suite: the package index cannot be reached from this machine"
    assert not (shop / "requirements.lock").exists()
