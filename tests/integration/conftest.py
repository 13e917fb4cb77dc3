"""Shared by the integration tests: repositories of users, and caches for the command line."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration import users_project
from tests.integration.rollout_stage import Shop, shop


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


@pytest.fixture(scope="module")
def shop_of_module(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop on the stand-in for all tests of a module, whose STEP_S says how long a step of a deploy takes."""
    step_s = getattr(request.module, "STEP_S", 0.05)
    with pytest.MonkeyPatch.context() as patch, shop(tmp_path_factory.mktemp("shop"), patch, step_s=step_s) as found:
        yield found


@pytest.fixture
def here(shop_of_module: Shop) -> Iterator[Shop]:
    """The module's shop as it was at first, but for its releases."""
    shop_of_module.mend()
    yield shop_of_module
    shop_of_module.mend()
