"""This machine's clocks."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The real time."""

    def now_s(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    def utc(self) -> str:
        """Return the wall-clock time, ISO 8601 in UTC, to the second."""
        return datetime.now(UTC).isoformat(timespec="seconds")

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(seconds, 0.0))
