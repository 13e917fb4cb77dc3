"""Shared by the integration tests: repositories of users, and caches for the command line."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration import users_project


@pytest.fixture(scope="session")
def shared_cache() -> Iterator[Path]:
    """One cache for all tests that do not look at what is kept; its path is short enough for sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="ds-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_cache() -> Iterator[Path]:
    """A cache that only one test uses."""
    folder = Path(tempfile.mkdtemp(prefix="ds-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def committed(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Return what makes a repository of files, all in one commit."""
    return lambda files: users_project.repository(tmp_path / "shop", files)
