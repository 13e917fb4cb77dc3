"""A service → the lines of its log, from a time on and while they come."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deploy_suite.errors import DeployError, UsageError
from deploy_suite.knowledge.masking import shown
from deploy_suite.model.release import LiveService, LogLine
from deploy_suite.ports import Ports
from deploy_suite.releases.requests import service_of
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget, LogCursor, LostContactError
from deploy_suite.targets.live_registry import LIVE_TARGETS

_SPAN: Final = re.compile(r"(?P<count>\d{1,6})(?P<unit>[smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MOST_PAGES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRequest:
    """One call of `logs`. Shape: `since` is "15m", "2h", "1d" or a time in ISO 8601."""

    folder: Path
    target: str = "render"
    service: str = ""
    since: str = "15m"
    follows: bool = False


def told(request: LogRequest, ports: Ports, *, tell: Callable[[LogLine], None]) -> int:
    """Call *tell* with each line, secrets masked, and return how many there were; following ends with Ctrl-C alone.

    Raises: DeployError when there is no such service, or contact is lost.
    """
    now = datetime.fromisoformat(ports.clock.utc()).astimezone(UTC)
    since = _since(request.since, now)
    target = LIVE_TARGETS[request.target](ports)
    voice = Voice(ports.progress, ports.clock)
    service = service_of(target, request.folder, asked=request.service, ports=ports)
    try:
        target.variables(service)  # hides the values of those that are secret
    except DeployError as error:
        voice.told(f"the log is masked by its shape alone: {error.message}")
    return _Reading(target, service, ports=ports, voice=voice, tell=tell).read(
        LogCursor(since), follows=request.follows
    )


class _Reading:
    """One log while it is read."""

    def __init__(
        self, target: LiveTarget, service: LiveService, *, ports: Ports, voice: Voice, tell: Callable[[LogLine], None]
    ) -> None:
        self._target = target
        self._service = service
        self._ports = ports
        self._voice = voice
        self._tell = tell
        self._count = 0

    def read(self, cursor: LogCursor, *, follows: bool) -> int:
        cursor = self._caught_up(cursor)
        heard_s = self._ports.clock.now_s()
        while follows:
            self._ports.clock.sleep(self._target.pace.poll_s)
            try:
                cursor, heard_s = self._page(cursor)[0], self._ports.clock.now_s()
            except LostContactError as error:
                if self._ports.clock.now_s() - heard_s >= self._target.pace.lost_s:
                    raise
                self._voice.told(f"no contact: {error.message}")
        return self._count

    def _caught_up(self, cursor: LogCursor) -> LogCursor:
        """Read page after page until one brings nothing new."""
        for _ in range(_MOST_PAGES):
            cursor, fresh = self._page(cursor)
            if not fresh:
                break
        return cursor

    def _page(self, cursor: LogCursor) -> tuple[LogCursor, int]:
        page = self._target.log(self._service, cursor)
        for line in page.lines:
            masked = shown(line.text, self._ports.curtain.masker)
            self._tell(LogLine(id=line.id, text=masked, time=line.time, source=line.source, instance=line.instance))
        self._count += len(page.lines)
        return page.cursor, len(page.lines)


def _since(text: str, now: datetime) -> datetime:
    if span := _SPAN.fullmatch(text):
        return now - timedelta(**{_UNITS[span["unit"]]: int(span["count"])})
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is neither a span nor a time", remedy="write --since 15m, 2h, 1d or 2026-01-31T12:00:00Z"
        ) from None
    return since if since.tzinfo else since.astimezone()
