"""What a release does, written down before it is done, so that whoever comes after a crash can find its outcome.

One release is one folder of the ledger, `<target>/<service id>/<release id>/`:

journal.jsonl   a line a step (`steps.py`), on the disk before the next step begins
record.json     what became of it, written when it is over
log.txt         all that was said, secrets masked
baseline.json   the latency of what was live before
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Clock, Ledger
from deploy_suite.releases.steps import Entry, Step, is_newer, line, parse

_JOURNAL: Final = "journal.jsonl"
_RELEASE: Final = re.compile(r"\d{8}T\d{6}Z-\d{4,}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the releases of a service are kept."""

    target: str
    service_id: str

    @property
    def path(self) -> str:
        """The folder of the service in the ledger; what holds its lock as well."""
        return f"{self.target}/{self.service_id}"

    def file(self, release: str, name: str) -> str:
        """Return the place of a release's file."""
        return f"{self.path}/{release}/{name}"


class Journal:
    """The journal of one release, read once and written to from then on."""

    def __init__(
        self,
        ledger: Ledger,
        place: Place,
        release: str,
        *,
        clock: Clock,
        curtain: Curtain,
        entries: Iterable[Entry] = (),
    ) -> None:
        """Go on with *entries*."""
        self._ledger = ledger
        self._clock = clock
        self._curtain = curtain
        self._entries = list(entries)
        self.place = place
        self.release = release

    @property
    def entries(self) -> Sequence[Entry]:
        """All lines so far."""
        return tuple(self._entries)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done."""
        return bool(self._entries) and self._entries[-1].step is Step.ENDED

    def note(self, step: Step, **data: object) -> Entry:
        """Write a line; it is on the disk when this returns. Texts pass the curtain. Raises: MachineError."""
        time = datetime.fromisoformat(self._clock.utc()).astimezone(UTC)
        entry = Entry(step, time, {name: _masked(value, self._curtain) for name, value in data.items()})
        self._ledger.append(self.place.file(self.release, _JOURNAL), line(entry))
        self._entries.append(entry)
        return entry

    def add(self, name: str, text: str) -> None:
        """Add *text*, a line, to the file *name* of the release; a crash may lose it."""
        self._ledger.append(self.place.file(self.release, name), text, is_vital=False)

    def keep(self, name: str, text: str) -> None:
        """Keep *text* in the file *name* of the release; it passes the curtain."""
        self._ledger.write(self.place.file(self.release, name), self._curtain.masked(text))

    def kept(self, name: str) -> str:
        """Return what is in the file *name* of the release, "" where there is none."""
        return self._ledger.read(self.place.file(self.release, name))


def begun(ledger: Ledger, place: Place, *, clock: Clock, curtain: Curtain) -> Journal:
    """Return the journal of a new release, whose number is the next. The service's lock is held: no other has it."""
    time = datetime.fromisoformat(clock.utc()).astimezone(UTC)
    release = f"{time:%Y%m%dT%H%M%SZ}-{max(map(_number, _names(ledger, place)), default=0) + 1:04d}"
    return Journal(ledger, place, release, clock=clock, curtain=curtain)


def journals(ledger: Ledger, place: Place, *, clock: Clock, curtain: Curtain) -> Iterator[Journal]:
    """Yield the journals of all releases of a service, newest first; what holds no whole line is none.

    Their numbers tell the order: a clock may be set back.
    """
    for release in sorted(_names(ledger, place), key=_number, reverse=True):
        text = ledger.read(place.file(release, _JOURNAL))
        if is_newer(text):
            raise UsageError(
                f"the release {release} was recorded by a newer version of the suite, which may know more of it",
                remedy=f"update the suite, or look at what it wrote: {ledger.folder / place.path / release}",
            )
        entries = parse(text)
        if entries:
            yield Journal(ledger, place, release, clock=clock, curtain=curtain, entries=entries)


def _names(ledger: Ledger, place: Place) -> Sequence[str]:
    return [one for one in ledger.names(place.path) if _RELEASE.fullmatch(one)]


def _number(release: str) -> int:
    return int(release.rpartition("-")[2])


def _masked(value: object, curtain: Curtain) -> object:
    if isinstance(value, str):
        return curtain.masked(value)
    if isinstance(value, Mapping):
        return {str(name): _masked(one, curtain) for name, one in value.items()}
    return value
