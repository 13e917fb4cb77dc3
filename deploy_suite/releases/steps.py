"""A step of a release ⇄ the line that it leaves in a journal.

Steps of a release, in their order; those in brackets need not be there:

begun → [baseline] → [pushing] → pushed → asking → deploying → live → verifying → verified | bad | unsure
      → [going back → deploying → live → verifying → verified | bad | unsure] → ended
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from deploy_suite.model.release import Intent

SCHEMA: Final = 1


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


def line(entry: Entry) -> str:
    """Return *entry* as a line of a journal, without its end."""
    words = {"schema": SCHEMA, "step": entry.step.value, "time": entry.time.isoformat(), **entry.data}
    return json.dumps(words, ensure_ascii=False)


def parse(text: str) -> tuple[Entry, ...]:
    """Return the lines of a journal; one that a crash cut through is left out, as if it had not been written."""
    return tuple(entry for line in text.split("\n") if (entry := _entry(line)) is not None)


def is_newer(text: str) -> bool:
    """Whether a later version of the suite has written a line of *text*."""
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
