"""What a machine gives, for tests: a clock that only waiting moves, and somebody who hears of progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass
class Stopwatch:
    """Implements `ports.Clock`: waiting takes no time but its own.

    Shape: each nap takes *late_s* longer than it should, each look at the clock *look_s*.
    """

    time_s: float = 0.0
    late_s: float = 0.0
    look_s: float = 0.0
    began: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now_s(self) -> float:
        self.time_s += self.look_s
        return self.time_s

    def utc(self) -> str:
        return (self.began + timedelta(seconds=self.time_s)).isoformat(timespec="seconds")

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.time_s += seconds + self.late_s


class Folders:
    """Implements `ports.Workplace` in a folder of the test's own, beside no other run."""

    def __init__(self, folder: Path) -> None:
        self.run_folder = folder / "run"
        self.cache = folder / "cache"
        self.run_folder.mkdir(exist_ok=True)
        self.cache.mkdir(exist_ok=True)

    def folder_for(self, size_bytes: int | None) -> Path:
        raise AssertionError(f"nothing here needs another folder for {size_bytes} bytes")

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        assert name
        yield

    @contextmanager
    def locked_at_once(self, name: str) -> Iterator[bool]:
        assert name
        yield True


@dataclass
class Heard:
    """Implements `ports.Progress`: remembers what it was told."""

    lines: list[str] = field(default_factory=list)

    def began(self, step: str) -> None:
        self.lines.append(step)

    def waiting(self, text: str) -> None:
        self.lines.append(text)

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        self.lines.append(f"{step}: {outcome} after {seconds:.0f} s")

    def said(self, source: str, text: str) -> None:
        self.lines.append(f"{source} | {text}")
