"""The safe probes of a running service, asked many times in turn → how long answers take; and such series kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.probe import Probe, ProbeVerdict
from deploy_suite.ports import Clock
from deploy_suite.probes import yardstick
from deploy_suite.probes.comparison import LEVEL, Comparison, compared
from deploy_suite.probes.latency import LEAST_SAMPLES
from deploy_suite.probes.session import Session
from deploy_suite.releases.verification import Baseline, Patience, Series, Subject

SCHEMA: Final = 1
_SAFE: Final = frozenset({"GET", "HEAD"})  # RFC 9110 section 9.2.1: may be repeated


def measured(subject: Subject, session: Session, clock: Clock, *, commit: str, patience: Patience) -> Baseline:
    """Return the times of all safe probes, asked in turn, so that what disturbs one disturbs the others too."""
    until_s = clock.now_s() + patience.sampling_s
    times: dict[str, list[float]] = {probe.name: [] for probe in repeatable(subject.probes)}
    own: list[float] = []
    for _ in range(max(patience.samples, LEAST_SAMPLES)):
        if clock.now_s() >= until_s:
            break
        own.append(yardstick.taken_ms(clock))
        for probe in repeatable(subject.probes):
            result = session.ask(probe)
            if result.verdict is ProbeVerdict.PASS:
                times[probe.name].append(result.elapsed_ms)
    series = tuple(Series(name=name, times_ms=tuple(taken)) for name, taken in times.items())
    taken_at = datetime.fromisoformat(clock.utc())
    return Baseline(url=subject.url, commit=commit, taken=taken_at, series=series, own_ms=tuple(own))


def repeatable(probes: Sequence[Probe]) -> tuple[Probe, ...]:
    """Return those of *probes* that may be asked as often as one likes."""
    return tuple(probe for probe in probes if probe.method in _SAFE and not probe.websocket)


def comparisons(old: Baseline, new: Baseline, *, level: float = LEVEL) -> Mapping[str, Comparison]:
    """Return how each probe that both have, with enough samples, compares at *level*, minding this machine."""
    both = [one for one in new.series if old.times(one.name)]
    found = {one.name: compared(old.times(one.name), one.times_ms, level=level, comparisons=len(both)) for one in both}
    return {
        name: replace(one, is_doubtful=yardstick.may_explain(one, old.own_ms, new.own_ms))
        for name, one in found.items()
        if one is not None
    }


def render(baseline: Baseline) -> str:
    """Return *baseline* as JSON."""
    document = {
        "schema": SCHEMA,
        "url": baseline.url,
        "commit": baseline.commit,
        "taken": baseline.taken.isoformat(),
        "probes": {one.name: [round(time, 3) for time in one.times_ms] for one in baseline.series},
        "own_ms": [round(time, 3) for time in baseline.own_ms],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def parse(text: str, *, file: str) -> Baseline:
    """Return the baseline that *text* holds. Raises: UsageError."""
    try:
        document = json.loads(text)
        taken = datetime.fromisoformat(document["taken"]).astimezone()
        series = tuple(
            Series(name=str(name), times_ms=tuple(float(time) for time in times))
            for name, times in document["probes"].items()
        )
        own = tuple(float(time) for time in document.get("own_ms", ()))
        return Baseline(
            url=str(document["url"]), commit=str(document["commit"]), taken=taken, series=series, own_ms=own
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise UsageError(
            f"{file} is no baseline of this suite", source=file, remedy="measure one: --save-baseline FILE"
        ) from error
