"""What became of a verification, and the sentences that say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from deploy_suite.model.probe import CommitPlace, Probe, ProbeResult, ProbeVerdict
from deploy_suite.ports import Address
from deploy_suite.probes.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often a service is asked, in seconds.

    Shape: `good_rounds` good answers in a row pass; the same fault in every round for `lasting_s`, and in at least as
    many rounds, fails; after `most_s` without either nothing is known. `samples` of a latency are taken within
    `sampling_s`.
    """

    good_rounds: int = 3
    pause_s: float = 2.0
    lasting_s: float = 60.0
    most_s: float = 180.0
    samples: int = 200
    sampling_s: float = 120.0
    heartbeat_s: float = 9.0

    @staticmethod
    def within(window_s: float, *, samples: int) -> "Patience":
        """Return the patience with which a fault fails that lasts for *window_s*."""
        return Patience(pause_s=min(2.0, window_s / 5), lasting_s=window_s, most_s=window_s * 3, samples=samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A service to verify.

    Shape: `expected` is the commit that is to serve, "" when nobody says; `place` is where the service tells its own;
    `target` is "" for a mere URL.
    """

    url: str
    address: Address
    service: str
    probes: tuple[Probe, ...]
    target: str = ""
    expected: str = ""
    place: CommitPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Which commit serves. Shape: `source` says who tells it; `problem` why it is not known, or not the right one."""

    commit: str = ""
    source: str = ""
    problem: str = ""
    is_known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A probe over all rounds. Shape: `last` is its last result, the last bad one if any was."""

    probe: Probe
    command: str
    good: int
    asked: int
    last: ProbeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The round-trip times of one probe in the order they were measured, in milliseconds."""

    name: str
    times_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How long the answers of a release take.

    Shape: `taken` is aware; `own_ms` is what this machine's own work took meanwhile, none where nobody told.
    """

    url: str
    commit: str
    taken: datetime
    series: tuple[Series, ...]
    own_ms: tuple[float, ...] = ()

    def times(self, name: str) -> tuple[float, ...]:
        """Return the times of the probe *name*, none where it was not measured."""
        return next((one.times_ms for one in self.series if one.name == name), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is known of a running service.

    Shape: `is_reached` is false when not one answer came; `latency` maps the probes that could be compared onto how
    they compare; `measured` is what was measured now, None when nobody asked for it.
    """

    subject: Subject
    verdict: ProbeVerdict
    served: Served
    reason: str = ""
    remedy: str = ""
    asked: tuple[Asked, ...] = ()
    rounds: int = 0
    latency: Mapping[str, Comparison]
    measured: Baseline | None = None
    certificate_ends: datetime | None = None
    notes: tuple[str, ...] = ()
    is_reached: bool = True
    seconds: float = 0.0


def slower_in_words(latency: Mapping[str, Comparison], *, is_doubtful: bool = False) -> str:
    """Return which of the compared probes are slower and by how much, or "".

    Shape: those that surely are; with *is_doubtful* those that this machine may have made so.
    """
    slower = {name: one for name, one in latency.items() if one.is_slower and one.is_doubtful is is_doubtful}
    return "; ".join(f"{name} is slower: {in_words(one)}" for name, one in slower.items())


def in_words(one: Comparison) -> str:
    """Return the figures of a comparison."""
    pairs = (("p50", one.old.p50_ms, one.new.p50_ms), ("p95", one.old.p95_ms, one.new.p95_ms))
    figures = ", ".join(f"{name} {old:.1f} → {new:.1f} ms" for name, old, new in pairs)
    chances = f"on the whole {one.shift:.2f} times{_chance(one.shift_p)}, p95 {one.tail:.2f} times{_chance(one.tail_p)}"
    return f"{figures}; {chances}; {one.old.count} and {one.new.count} samples"


def _chance(p_value: float | None) -> str:
    return "" if p_value is None else f" (p = {p_value:.4f})"
