"""How long to wait before a call is repeated: what the answer demands, else longer each time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from deploy_suite.targets.live import Pace

_EPOCH: Final = 1_000_000_000  # what is less than this is a number of seconds from now, whatever the docs say
_GROWTH: Final = 2.0


class Pauses:
    """The pauses of one call."""

    def __init__(self, pace: Pace) -> None:
        """Begin with the shortest."""
        self._next_s = pace.pause_first_s
        self._most_s = pace.pause_most_s

    def after(self, headers: Mapping[str, str], *, now: datetime) -> float:
        """Return how long to wait: no less than *headers* demand, and longer than before."""
        own = self._next_s
        self._next_s = min(self._next_s * _GROWTH, self._most_s)
        return max(demanded_s(headers, now=now) or 0.0, own)


def demanded_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return how long an answer asks to be left alone, None when it does not say.

    Shape: `Retry-After` is a number of seconds or a date; `RateLimit-Reset` counts only where no request remains.
    Source: RFC 9110 section 10.2.3; https://api-docs.render.com/reference/rate-limiting (text: epoch seconds;
    example: 45)
    """
    if (after := headers.get("retry-after", "").strip()) != "":
        return _seconds(after) if after.isdecimal() else _until(after, now)
    if headers.get("ratelimit-remaining", "").strip() != "0":
        return None
    reset = _seconds(headers.get("ratelimit-reset", "").strip())
    if reset is None or reset < _EPOCH:
        return reset
    return max(reset - now.timestamp(), 0.0)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdecimal() else None


def _until(text: str, now: datetime) -> float | None:
    try:
        time = parsedate_to_datetime(text)
        return max((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() - now.timestamp(), 0.0)
    except (ValueError, OverflowError):
        return None
