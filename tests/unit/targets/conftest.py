"""A project of a few files, and what Render would make of it."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.manifests.settings import Settings
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.targets.base import Reading
from deploy_suite.targets.registry import TARGETS

Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(
        files: Mapping[str, str | bytes],
        *,
        root: str = "",
        settings: Settings | None = None,
        slug: str = "acme/shop",
        is_near: bool = False,
    ) -> Reading:
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        commit = Commit(
            sha="a" * 40, tree="b" * 40, subject="Change", branch="main", repository_slug=slug, has_near_origin=is_near
        )
        snapshot = Snapshot(commit=commit, folder=tmp_path, root=PurePosixPath(root))
        return TARGETS["render"].read(snapshot, settings or Settings(), repository_slug=slug)

    return reading
