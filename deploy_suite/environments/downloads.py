"""What was fetched for environments and is kept beside them: looked at once a day, and bounded as they are."""

import time
from pathlib import Path
from typing import Final

from deploy_suite.environments import store, target_wheels, uv
from deploy_suite.environments.base import Workshop

_LOOKED_AT: Final = "downloads-looked-at"
_EVERY_S: Final = 24 * 3600
# uv removes nothing while another uv fetches; then another day must do.
_WITHIN_S: Final = 30.0


def bounded(workshop: Workshop, limit_bytes: int) -> None:
    """Remove what can be fetched again where more than *limit_bytes* of it are kept; kept environments lose nothing."""
    workplace = workshop.ports.workplace
    mark = workplace.cache / _LOOKED_AT
    if _age_s(mark) < _EVERY_S:
        return
    mark.touch()
    if store.size_bytes(Path(workshop.caches["UV_CACHE_DIR"])) > limit_bytes:
        workshop.ports.progress.waiting(
            f"uv keeps more than {limit_bytes >> 20} MiB: what it can fetch again is removed"
        )
        uv.pruned(workshop, timeout_s=_WITHIN_S)
    target_wheels.make_room(workplace, limit_bytes)


def _age_s(mark: Path) -> float:
    try:
        return abs(time.time() - mark.stat().st_mtime)
    except OSError:
        return float("inf")
