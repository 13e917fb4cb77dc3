"""A service that is said to be live → is it, and does it do what it must, with the commit that is meant?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy_suite.model.probe import ProbeResult, ProbeVerdict
from deploy_suite.model.release import Deploy
from deploy_suite.ports import Ports
from deploy_suite.probes import curl, yardstick
from deploy_suite.probes.comparison import LEVEL_AGAIN, Comparison
from deploy_suite.releases import measuring
from deploy_suite.releases.rounds import Round, Seen, Sight, watched
from deploy_suite.releases.serving import HOW_TO_TELL, Serving
from deploy_suite.releases.verification import Asked, Baseline, Patience, Served, Subject, Verification, slower_in_words
from deploy_suite.releases.voice import Voice

_CERTIFICATE_WARNING: Final = timedelta(days=14)
_STALE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What the measurement adds to a good answer."""

    verdict: ProbeVerdict = ProbeVerdict.PASS
    reason: str = ""
    remedy: str = ""
    latency: Mapping[str, Comparison] = field(default_factory=dict)
    measured: Baseline | None = None
    notes: tuple[str, ...] = ()


def verify(
    subject: Subject,
    ports: Ports,
    *,
    patience: Patience,
    live: Callable[[], Deploy | None] | None = None,
    baseline: Baseline | None = None,
    measures: bool = False,
) -> Verification:
    """Ask *subject* until its verdict is sure, and compare its latency with *baseline*; changes nothing there.

    Shape: *live* returns what the target says is live; *measures* takes samples without a baseline too.
    """
    began_s = ports.clock.now_s()
    voice = Voice(ports.progress, ports.clock)
    with voice.alive(patience.heartbeat_s):
        voice.stage(f"ask {subject.url}")
        seen = watched(subject, Serving(subject, ports, live=live), ports, patience=patience, voice=voice)
        judged = _Judged(verdict=seen.verdict, reason=seen.reason, remedy=_remedy(seen))
        if seen.verdict is ProbeVerdict.PASS and (baseline or measures):
            voice.stage("measure the latency")
            judged = _measured(subject, seen, ports, patience=patience, baseline=baseline)
        voice.over(judged.verdict.value)
    ends = _certificate_ends(seen.rounds)
    return Verification(
        subject=subject,
        verdict=judged.verdict,
        served=seen.rounds[-1].served,
        reason=judged.reason,
        remedy=judged.remedy,
        asked=_asked(subject, seen.rounds),
        rounds=len(seen.rounds),
        latency=judged.latency,
        measured=judged.measured,
        certificate_ends=ends,
        notes=(*_notes(subject, seen.rounds[-1].served), *_of_certificate(ends, ports), *judged.notes),
        is_reached=any(each.sight is not Sight.LOST for each in seen.rounds),
        seconds=ports.clock.now_s() - began_s,
    )


def _measured(subject: Subject, seen: Seen, ports: Ports, *, patience: Patience, baseline: Baseline | None) -> _Judged:
    """Return the verdict on the latency, after a second measurement where the first finds the service slower."""
    commit = seen.rounds[-1].served.commit
    new = measuring.measured(subject, seen.session, ports.clock, commit=commit, patience=patience)
    if baseline is None:
        return _Judged(measured=new)
    notes = _about(baseline, new, ports)
    first = measuring.comparisons(baseline, new)
    if not first:
        return _Judged(
            verdict=ProbeVerdict.INCONCLUSIVE,
            reason="no latency could be compared with the baseline: fewer than 20 samples of each probe that both have",
            remedy="measure the old release again, with the same probes: --save-baseline FILE",
            measured=new,
            notes=notes,
        )
    if not any(one.is_slower for one in first.values()):
        return _Judged(latency=first, measured=new, notes=notes)
    again = measuring.measured(subject, seen.session, ports.clock, commit=commit, patience=patience)
    second = measuring.comparisons(baseline, again, level=LEVEL_AGAIN)
    both = {name: _confirmed(one, second.get(name)) for name, one in first.items()}
    judged = _Judged(latency=both, measured=again, notes=notes)
    if slower := slower_in_words(both):
        remedy = f"see what {subject.service or 'the service'} does more than {baseline.commit[:7] or 'before'}"
        return replace(judged, verdict=ProbeVerdict.FAIL, reason=slower, remedy=remedy)
    if doubtful := slower_in_words(both, is_doubtful=True):
        busier = new if any(one.is_doubtful for one in first.values()) else again
        return _doubtful(judged, doubtful, baseline, busier)
    once = (slower_in_words(first, is_doubtful=one) for one in (False, True))
    return replace(judged, notes=(*notes, f"measured slower once and not again: {'; '.join(filter(None, once))}"))


def _doubtful(judged: _Judged, slower: str, old: Baseline, busier: Baseline) -> _Judged:
    why = f"its own work took {yardstick.in_words(old.own_ms, busier.own_ms)}"
    return replace(
        judged,
        verdict=ProbeVerdict.INCONCLUSIVE,
        reason=f"{slower}; but this machine may be why, for it was busier than for the baseline: {why}",
        remedy="verify again when less runs on this machine",
    )


def _confirmed(first: Comparison, second: Comparison | None) -> Comparison:
    latest = second or first
    return replace(
        latest,
        is_slower=first.is_slower and second is not None and second.is_slower,
        is_doubtful=first.is_doubtful or latest.is_doubtful,
    )


def _about(old: Baseline, new: Baseline, ports: Ports) -> tuple[str, ...]:
    age = datetime.fromisoformat(ports.clock.utc()) - old.taken
    stale = f"the baseline is {age.total_seconds() / 3600:.0f} h old: one from just before the switch compares better"
    lacking = [one.name for one in new.series if not old.times(one.name)]
    told = [stale] if age > _STALE else []
    return (*told, *(f"not in the baseline, so not compared: {name}" for name in lacking))


def _asked(subject: Subject, rounds: Sequence[Round]) -> tuple[Asked, ...]:
    return tuple(_summed(subject, [each.results[place] for each in rounds]) for place in range(len(subject.probes)))


def _summed(subject: Subject, results: Sequence[ProbeResult]) -> Asked:
    probe = results[0].probe
    return Asked(
        probe=probe,
        command=curl.command(probe, subject.url, headers={}),
        good=sum(result.verdict is ProbeVerdict.PASS for result in results),
        asked=len(results),
        last=next((one for one in reversed(results) if one.verdict is not ProbeVerdict.PASS), results[-1]),
    )


def _remedy(seen: Seen) -> str:
    served = seen.rounds[-1].served
    if seen.verdict is ProbeVerdict.INCONCLUSIVE and served.problem and not served.is_known:
        return HOW_TO_TELL
    if seen.verdict is ProbeVerdict.FAIL and served.problem:
        return "look whether the deploy went through and the old instance has left; then verify again"
    return {
        ProbeVerdict.PASS: "",
        ProbeVerdict.FAIL: "run the command below the probe, and look at the service's log",
        ProbeVerdict.INCONCLUSIVE: "verify again; nothing here says that the release is bad",
    }[seen.verdict]


def _notes(subject: Subject, served: Served) -> tuple[str, ...]:
    if not served.source and not subject.expected:
        return ("which commit serves was not checked: nothing tells it, and none was expected",)
    if subject.place is None and served.is_known:
        name = subject.target.capitalize()
        return (f"that {served.commit[:7]} serves is what {name} says; to hear it of the service: {HOW_TO_TELL}",)
    return ()


def _certificate_ends(rounds: Sequence[Round]) -> datetime | None:
    ends = [result.certificate_ends for each in rounds for result in each.results if result.certificate_ends]
    return ends[-1] if ends else None


def _of_certificate(ends: datetime | None, ports: Ports) -> tuple[str, ...]:
    if ends is None:
        return ()
    left = ends - datetime.fromisoformat(ports.clock.utc()).astimezone(UTC)
    if left >= _CERTIFICATE_WARNING:
        return ()
    return (f"WARNING: the certificate ends in {left.days} days, on {ends:%Y-%m-%d}: renew it",)
