"""A Dockerfile without a manifest → what it tells of the service that runs its image."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.images import bases
from deploy_suite.manifests import dockerfile
from deploy_suite.manifests.dockerfile import Dockerfile
from deploy_suite.manifests.dockerfile_words import expanded
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files

SERVER: Final = re.compile(
    r"\b(?:gunicorn|uvicorn|hypercorn|daphne|waitress-serve|granian|runserver|flask run|fastapi run)\b"
)


def starts(snapshot: Snapshot, file: PurePosixPath) -> Iterator[str]:
    """Yield what the stages of *file* run."""
    parsed = _parsed(snapshot, file)
    for stage in parsed.stages:
        for one in stage.instructions:
            if one.name in {"CMD", "ENTRYPOINT"}:
                yield " ".join(one.exec) if one.exec is not None else one.text


def serves(snapshot: Snapshot, file: PurePosixPath) -> bool:
    """Whether the last stage of *file* starts a server, or names a port."""
    last = _parsed(snapshot, file).stages[-1:]
    started = [one.text for stage in last for one in stage.instructions if one.name in {"CMD", "EXPOSE"}]
    return any(SERVER.search(text) or text.strip().isdecimal() for text in started)


def is_python(snapshot: Snapshot, file: PurePosixPath, target: str) -> bool:
    """Whether the last stage of *file*, or the stage *target*, is built on an image of Python."""
    parsed = _parsed(snapshot, file)
    if not parsed.stages:
        return False
    values = {pair.name: pair.value or "" for one in parsed.arguments for pair in one.pairs}
    stage = (parsed.stage(target) if target else None) or parsed.stages[-1]
    for _ in parsed.stages:
        parent = parsed.stage(stage.base)
        if parent is None or parent.index >= stage.index:
            break
        stage = parent
    return bases.read(expanded(stage.base, values)) is not None


def ends_there(snapshot: Snapshot, file: PurePosixPath, target: str) -> bool:
    """Whether *target* is what Render makes of *file*: it builds the last stage, and knows no other.

    Where that is no image of Python, or says nothing of how it starts, *target* is what is meant all the same.
    Source: https://render.com/docs/blueprint-spec#docker
    """
    parsed = _parsed(snapshot, file)
    last = parsed.stages[-1]
    starts = any(one.name in {"CMD", "ENTRYPOINT"} for one in last.instructions)
    return not target or parsed.stage(target) is last or not starts or not is_python(snapshot, file, "")


def _parsed(snapshot: Snapshot, file: PurePosixPath) -> Dockerfile:
    return dockerfile.parse(snapshot_files.text(snapshot.folder, file) or "")
