"""A running service asked in rounds → good answers in a row, a lasting fault, or nothing sure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from deploy_suite.model.probe import ProbeResult, ProbeVerdict
from deploy_suite.ports import Ports
from deploy_suite.probes.session import Session
from deploy_suite.releases.serving import Serving
from deploy_suite.releases.verification import Patience, Served, Subject
from deploy_suite.releases.voice import Voice

_THROTTLED: Final = 429
_NO_CONTACT: Final = frozenset({"unresolved", "refused", "proxy", "tls", "timeout", "reset"})
_COMMIT: Final = "the served commit"


class Sight(Enum):
    """What one round saw. UNSURE: an answer that says neither good nor bad, or none about the commit."""

    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round. Shape: `problems` maps what was bad, or unsure, onto why."""

    sight: Sight
    results: tuple[ProbeResult, ...]
    served: Served
    problems: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All rounds and their verdict. `session` is that of the last round: what its probes saved is known in it."""

    verdict: ProbeVerdict
    rounds: tuple[Round, ...]
    session: Session
    reason: str = ""


def watched(subject: Subject, serving: Serving, ports: Ports, *, patience: Patience, voice: Voice) -> Seen:
    """Ask until the verdict is sure or patience ends."""
    began_s = ports.clock.now_s()
    rounds: list[Round] = []
    times_s: list[float] = []
    while True:
        session = session_of(subject, ports)
        times_s.append(ports.clock.now_s())
        rounds.append(asked_once(subject, session, serving))
        verdict, reason = _verdict(rounds, times_s, patience, spent_s=ports.clock.now_s() - began_s)
        if verdict is not None:
            return Seen(verdict=verdict, rounds=tuple(rounds), session=session, reason=reason)
        last = rounds[-1]
        voice.told(f"round {len(rounds)}: {last.sight.value}{_listed(last.problems)}")
        ports.clock.sleep(patience.pause_s)


def asked_once(subject: Subject, session: Session, serving: Serving) -> Round:
    """Return what all probes of *subject* answer once, and which commit serves."""
    results = tuple(_as_visitor(session.ask(probe)) for probe in subject.probes)
    served = serving.served()
    if results and all(result.unreachable in _NO_CONTACT for result in results):
        sight, problems = Sight.LOST, {result.probe.name: result.reason for result in results[:1]}
        return Round(sight=sight, results=results, served=served, problems=problems)
    bad = {result.probe.name: result.reason for result in results if _is_bad(result)}
    if served.problem and served.is_known:
        bad[_COMMIT] = served.problem
    if bad:
        return Round(sight=Sight.BAD, results=results, served=served, problems=bad)
    unsure = {one.probe.name: one.reason for one in results if one.verdict is not ProbeVerdict.PASS}
    if served.problem:
        unsure[_COMMIT] = served.problem
    return Round(sight=Sight.UNSURE if unsure else Sight.GOOD, results=results, served=served, problems=unsure)


def session_of(subject: Subject, ports: Ports) -> Session:
    """Return a session in which the probes of *subject* can be asked."""
    saves = (name for probe in subject.probes for name in probe.save)
    return Session(subject.address, ports, headers={}, saves=saves)


def _as_visitor(result: ProbeResult) -> ProbeResult:
    """Return *result*; the suite's own probes of a page that is kept at another host are as good as their redirect."""
    is_elsewhere = result.verdict is ProbeVerdict.INCONCLUSIVE and result.redirects and result.probe.location is None
    return replace(result, verdict=ProbeVerdict.PASS, reason="") if is_elsewhere else result


def _is_bad(result: ProbeResult) -> bool:
    return result.verdict is ProbeVerdict.FAIL and result.status != _THROTTLED


def _verdict(
    rounds: Sequence[Round], times_s: Sequence[float], patience: Patience, *, spent_s: float
) -> tuple[ProbeVerdict | None, str]:
    sights = [each.sight for each in rounds]
    latest = rounds[-patience.good_rounds :]
    if len(latest) == patience.good_rounds and {each.sight for each in latest} == {Sight.GOOD}:
        commits = {each.served.commit for each in latest}
        return (ProbeVerdict.PASS, "") if len(commits) == 1 else (None, "")
    count = _length_of_end(sights)
    lasted_s = times_s[-1] - times_s[-count]
    is_lasting = count >= patience.good_rounds and lasted_s >= patience.lasting_s
    if is_lasting and sights[-1] is Sight.BAD and (common := _common(rounds[-count:])):
        return ProbeVerdict.FAIL, f"in each of {count} rounds over {lasted_s:.0f} s{_listed(common)}"
    if is_lasting and sights[-1] is Sight.LOST:
        return (
            ProbeVerdict.INCONCLUSIVE,
            f"no answer in {count} rounds over {lasted_s:.0f} s{_listed(latest[-1].problems)}",
        )
    if is_lasting and sights[-1] is Sight.UNSURE:
        return ProbeVerdict.INCONCLUSIVE, f"nothing sure in {count} rounds{_listed(latest[-1].problems)}"
    if spent_s >= patience.most_s:
        seen = ", ".join(f"{sights.count(sight)} {sight.value}" for sight in Sight if sight in sights)
        return ProbeVerdict.INCONCLUSIVE, f"neither good nor bad lasted: {seen}{_listed(rounds[-1].problems)}"
    return None, ""


def _length_of_end(sights: Sequence[Sight]) -> int:
    """Return how many rounds at the end saw the same."""
    different = [place for place, sight in enumerate(sights) if sight is not sights[-1]]
    return len(sights) - (different[-1] + 1 if different else 0)


def _common(rounds: Sequence[Round]) -> dict[str, str]:
    """Return the faults that all of *rounds* have, as the last one says them."""
    return {name: why for name, why in rounds[-1].problems.items() if all(name in each.problems for each in rounds)}


def _listed(problems: dict[str, str]) -> str:
    return ": " + "; ".join(f"{name}: {why}" for name, why in problems.items()) if problems else ""
