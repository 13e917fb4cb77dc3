"""What a release does, written down before it is done, so that whoever comes after a crash can find its outcome.

One release is one folder of the ledger, `<target>/<service id>/<release id>/`:

journal.jsonl   a line a step, on the disk before the next step begins: {"schema": 1, "step", "time", …data of the step}
record.json     what became of it, written when it is over
log.txt         all that was said, secrets masked
baseline.json   the latency of what was live before

Steps of a release, in their order; those in brackets need not be there:

begun → [baseline] → [pushing] → pushed → asking → deploying → live → verifying → verified | bad | unsure
      → [going back → deploying → live → verifying → verified | bad | unsure] → ended
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.release import Intent
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Clock, Ledger

SCHEMA: Final = 1
_JOURNAL: Final = "journal.jsonl"
_RELEASE: Final = re.compile(r"\d{8}T\d{6}Z-\d{4,}")


class Step(Enum):
    """A line of a journal, and the data that stands in it beside the time.

    Ids are the target's; an `intent` is as `intent_data` makes it; `commit` is a full SHA.
    """

    BEGUN = "begun"
    """kind, commit, subject, service, branch, previous, previous_commit, auto_deploy, way_back {granted, why, command,
    revision}: nothing was changed yet"""
    BASELINE = "baseline"
    """commit: what was live was measured, and the figures are kept in baseline.json"""
    PUSHING = "pushing"
    """remote, branch, commit, intent, turns_on: the push is about to begin, and may begin the deploy of the intent;
    auto-deploy is set to `turns_on` just before it, "" for left as it is"""
    PUSHED = "pushed"
    """commit, intent, turned_on: the branch has it; `turned_on` is how auto-deploy was set before the push"""
    ASKING = "asking"
    """intent: the target is about to be asked for its deploy, unless there is one already"""
    DEPLOYING = "deploying"
    """deploy: the deploy of the intent"""
    LIVE = "live"
    """deploy: it is live at the target"""
    VERIFYING = "verifying"
    """commit"""
    VERIFIED = "verified"
    """commit: good answers in a row"""
    BAD = "bad"
    """commit, reason: a lasting fault"""
    UNSURE = "unsure"
    """commit, reason: nothing sure is known"""
    GOING_BACK = "going back"
    """intent, commit, deploy, auto_deploy: the way back is about to be gone; the steps after it are the way back's"""
    ENDED = "ended"
    """verdict, reason, remedy, live (a deploy's id or ""): nothing more is done by this release"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a journal."""

    step: Step
    time: datetime
    data: Mapping[str, object] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the text *name* of the data, "" where there is none."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def table(self, name: str) -> Mapping[str, object]:
        """Return the table *name* of the data, an empty one where there is none."""
        value = self.data.get(name)
        return value if isinstance(value, Mapping) else {}

    @property
    def intent(self) -> Intent | None:
        """The intent that the line holds."""
        return intent_of(self.table("intent"))


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
        line = {"schema": SCHEMA, "step": step.value, "time": time.isoformat(), **entry.data}
        self._ledger.append(self.place.file(self.release, _JOURNAL), json.dumps(line, ensure_ascii=False))
        self._entries.append(entry)
        return entry

    def add(self, name: str, line: str) -> None:
        """Add *line* to the file *name* of the release; a crash may lose it."""
        self._ledger.append(self.place.file(self.release, name), line, is_vital=False)

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
        if _is_newer(text):
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


def parse(text: str) -> tuple[Entry, ...]:
    """Return the lines of a journal; one that a crash cut through is left out, as if it had not been written."""
    return tuple(entry for line in text.split("\n") if (entry := _entry(line)) is not None)


def _is_newer(text: str) -> bool:
    schemas = (document.get("schema") for line in text.split("\n") if (document := _document(line)))
    return any(isinstance(one, int) and one > SCHEMA for one in schemas)


def _document(line: str) -> dict[str, object]:
    """Return the object that *line* holds, an empty one where it holds none."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _entry(line: str) -> Entry | None:
    document = _document(line)
    try:
        step, time = Step(document.pop("step")), _aware(str(document.pop("time")))
    except (ValueError, KeyError):
        return None
    document.pop("schema", None)
    return Entry(step, time, document)


def _aware(text: str) -> datetime:
    """Return the time that *text* names, in UTC where it does not say. Raises: ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def intent_data(intent: Intent) -> Mapping[str, object]:
    """Return *intent* as a journal holds it."""
    return {
        "commit": intent.commit,
        "clear_cache": intent.clear_cache,
        "back_to": intent.back_to,
        "known": sorted(intent.known),
        "after": intent.after.isoformat() if intent.after else None,
    }


def intent_of(data: Mapping[str, object]) -> Intent | None:
    """Return the intent that `intent_data` took apart, None for what is none."""
    known, after = data.get("known"), data.get("after")
    try:
        since = _aware(after) if isinstance(after, str) else None
    except ValueError:
        return None
    if not isinstance(known, list):
        return None
    return Intent(
        commit=str(data.get("commit", "")),
        clear_cache=data.get("clear_cache") is True,
        back_to=str(data.get("back_to", "")),
        known=frozenset(map(str, known)),
        after=since,
    )


def _masked(value: object, curtain: Curtain) -> object:
    if isinstance(value, str):
        return curtain.masked(value)
    if isinstance(value, Mapping):
        return {str(name): _masked(one, curtain) for name, one in value.items()}
    return value
