"""The log of one deploy: read while it goes on, told line by line, and kept for the diagnosis."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.knowledge.masking import shown
from deploy_suite.model.release import Deploy, LiveService, LogLine
from deploy_suite.model.secret import Curtain
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget, LogCursor

_MOST_LINES: Final = 20_000
_BEFORE: Final = timedelta(minutes=1)  # the clocks of two machines differ


class LogReader:
    """Reads what build and service print from the start of *deploy* on; instances of before are left out."""

    def __init__(
        self, target: LiveTarget, service: LiveService, deploy: Deploy, *, older: frozenset[str], curtain: Curtain
    ) -> None:
        """Leave out the instances *older*, which served before the deploy."""
        self._target = target
        self._service = service
        self._cursor = LogCursor(deploy.created or datetime.now(UTC) - _BEFORE)
        self._older = older
        self._curtain = curtain
        self._lines: deque[LogLine] = deque(maxlen=_MOST_LINES)
        self._has_complained = False

    @property
    def lines(self) -> Sequence[LogLine]:
        """What was read so far, secrets masked, in the order of time."""
        return sorted(self._lines, key=lambda line: line.time or datetime.min.replace(tzinfo=UTC))

    def read(self, voice: Voice) -> int:
        """Tell the lines that are new and return how many; a log that cannot be read is said once and missed."""
        try:
            page = self._target.log(self._service, self._cursor)
        except DeployError as error:
            if not self._has_complained:
                voice.told(f"the log cannot be read just now: {error.message}")
            self._has_complained = True
            return 0
        self._cursor = page.cursor
        fresh = [line for line in page.lines if line.instance not in self._older or not line.instance]
        for line in fresh:
            text = shown(line.text, self._curtain.masker)
            self._lines.append(replace(line, text=text))
            voice.quoted(line.source or "log", text)
        return len(fresh)
