"""All that is said while a release goes on, kept beside its journal."""

from contextlib import AbstractContextManager
from typing import Final

from deploy_suite.environments.telling import beating
from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Clock, Progress
from deploy_suite.releases.journal import Journal

_LOG: Final = "log.txt"


class Transcript:
    """Implements `ports.Progress`: passes on what is said, and keeps it with the release as soon as there is one."""

    def __init__(self, progress: Progress, clock: Clock, curtain: Curtain) -> None:
        """Pass on to *progress*; keep what *curtain* lets be seen."""
        self._progress = progress
        self._clock = clock
        self._curtain = curtain
        self._waiting: list[str] = []
        self._journal: Journal | None = None
        self._has_complained = False
        self._open: dict[str, float] = {}
        self._last_s = self._began_s = clock.now_s()

    def belongs_to(self, journal: Journal) -> None:
        """From now on, and with what was said before, this is the transcript of *journal*'s release."""
        self._journal = journal
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._add(journal, line)

    def alive(self, every_s: float) -> AbstractContextManager[None]:
        """Let something be said every *every_s* at the latest, whoever of all that speak through this is silent."""
        return beating(every_s, self._clock, last_s=lambda: self._last_s, beat=lambda: self.waiting(self._at_work()))

    def _at_work(self) -> str:
        steps = dict(self._open)
        since_s = self._clock.now_s() - min(steps.values(), default=self._began_s)
        return f"{', '.join(steps) or 'at work'}: {since_s:.0f} s so far"

    def began(self, step: str) -> None:
        """See `ports.Progress.began`."""
        self._progress.began(step)
        self._open[step] = self._clock.now_s()
        self._keep(f"{step} …")

    def waiting(self, text: str) -> None:
        """See `ports.Progress.waiting`."""
        self._progress.waiting(text)
        self._keep(text)

    def ended(self, step: str, seconds: float, outcome: str) -> None:
        """See `ports.Progress.ended`."""
        self._progress.ended(step, seconds, outcome)
        self._open.pop(step, None)
        self._keep(f"{step}: {outcome} after {seconds:.1f} s")

    def said(self, source: str, text: str) -> None:
        """See `ports.Progress.said`."""
        self._progress.said(source, text)
        self._keep(f"{source} | {text}")

    def _keep(self, text: str) -> None:
        self._last_s = self._clock.now_s()
        line = f"{self._clock.utc()} {self._curtain.masked(text)}"
        if self._journal is None:
            self._waiting.append(line)
        else:
            self._add(self._journal, line)

    def _add(self, journal: Journal, line: str) -> None:
        """Keep *line*; a disk that is full ends no release, and not the sign of life either."""
        try:
            journal.add(_LOG, line)
        except MachineError as error:
            if not self._has_complained:
                self._has_complained = True
                self._progress.waiting(f"what is said is not kept: {error.message}")
