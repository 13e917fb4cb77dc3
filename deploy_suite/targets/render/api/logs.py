"""The log of a service, from where it was read last."""

from collections.abc import Sequence
from typing import Final

from deploy_suite.model.release import LiveService, LogLine
from deploy_suite.targets.live import LogCursor, LogPage
from deploy_suite.targets.render.api import answers, lists
from deploy_suite.targets.render.api.door import Door

_MOST_PAGES: Final = 5
_WINDOW: Final = (("startTime", "nextStartTime"), ("endTime", "nextEndTime"))


def read(api: Door, service: LiveService, cursor: LogCursor) -> LogPage:
    """Return the lines since *cursor* that it does not know, and the cursor behind them."""
    lines: dict[str, LogLine] = {}
    query = [("ownerId", service.owner), ("resource", service.id), ("type", "app"), ("type", "build")]
    window = [("startTime", lists.time(cursor.after))]
    for _ in range(_MOST_PAGES):
        whole = [*query, *window, ("direction", "forward"), ("limit", str(lists.PAGE))]
        page = answers.table(api.read("/logs", whole, what=f"the log of {service.name}", patience_s=0.0))
        listed = page.get("logs")
        found = [answers.log_line(one) for one in listed] if isinstance(listed, list) else []
        lines |= {one.id: one for one in found}
        if page.get("hasMore") is not True or not found:
            break
        window = [(key, str(page[name])) for key, name in _WINDOW if isinstance(page.get(name), str)]
    fresh = [one for one in lines.values() if one.id not in cursor.ids]
    return LogPage(lines=tuple(fresh), cursor=_moved(cursor, tuple(lines.values())))


def _moved(cursor: LogCursor, lines: Sequence[LogLine]) -> LogCursor:
    times = [one.time for one in lines if one.time]
    if not times:
        return cursor
    after = max(max(times) - lists.OVERLAP, cursor.after)
    late = frozenset(one.id for one in lines if one.time is None or one.time >= after)
    return LogCursor(after, late | (cursor.ids if after == cursor.after else frozenset()))
