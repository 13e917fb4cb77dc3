"""Verifications of a service that is a script of answers: verdicts, the served commit, latency."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.manifests.settings import ServiceSettings
from deploy_suite.model.probe import CommitPlace, Expectation, Probe, ProbeVerdict
from deploy_suite.model.release import Deploy, DeployState
from deploy_suite.ports import Address, Clock, Http, HttpRequest, HttpResponse, Ports, Progress, UnreachableError
from deploy_suite.probes import yardstick
from deploy_suite.releases import measuring
from deploy_suite.releases.subjects import subject_of
from deploy_suite.releases.verification import Baseline, Patience, Series, Verification
from deploy_suite.releases.verifying import verify
from deploy_suite.reports.verification import render_json, render_text
from tests.doubles.machine import Heard, Stopwatch

OLD, NEW = "0" * 39 + "1", "a" * 40
PATIENCE = Patience(pause_s=5.0, lasting_s=20.0, most_s=90.0, samples=20)
BY_HEADER = ServiceSettings(commit=CommitPlace(header="X-Commit"))
Answer = HttpResponse | UnreachableError


class Service:
    """Answers each path with its script, the last answer for ever, and refuses surprises."""

    def __init__(self, answers: Mapping[str, Answer | Sequence[Answer]]) -> None:
        self.answers = {key: list(one) if isinstance(one, Sequence) else [one] for key, one in answers.items()}
        self.asked: list[str] = []

    def request(self, address: Address, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        assert address == Address("shop.example", 443, has_tls=True)
        assert timeout_s > 0
        asked = f"{request.method} {request.path}"
        self.asked.append(asked)
        left = self.answers.get(asked)
        assert left, f"unscripted request: {asked}"
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, UnreachableError):
            raise answer
        return answer


def world(service: Service) -> Ports:
    empty = object.__new__(Ports)
    parts = {
        "http": cast("Http", service),
        "clock": cast("Clock", Stopwatch()),
        "progress": cast("Progress", Heard()),
    }
    for name, part in parts.items():
        object.__setattr__(empty, name, part)
    return empty


def answer(
    status: int = 200, body: str = "", *, took_ms: float = 10.0, ends: datetime | None = None, **headers: str
) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=body.encode(), elapsed_ms=took_ms, certificate_ends=ends)


def verified(
    service: Service,
    stated: ServiceSettings = BY_HEADER,
    *,
    expected: str = NEW,
    live: str | None = None,
    baseline: Baseline | None = None,
    measures: bool = False,
) -> Verification:
    subject = subject_of(
        "https://shop.example", stated, service="shop", health_path="/health", target="render", expected=expected
    )
    deploy = Deploy(id="dep-1", state=DeployState.LIVE, commit=live) if live else None
    return verify(
        subject,
        world(service),
        patience=PATIENCE,
        live=(lambda: deploy) if live is not None else None,
        baseline=baseline,
        measures=measures,
    )


def healthy() -> dict[str, Answer | Sequence[Answer]]:
    return {"GET /health": answer(x_commit=NEW), "GET /": answer()}


def test_three_good_rounds_with_the_right_commit_pass() -> None:
    service = Service(healthy())

    done = verified(service)

    assert (done.verdict, done.rounds, done.served.commit, done.notes) == (ProbeVerdict.PASS, 3, NEW, ())
    assert service.asked == ["GET /health", "GET /", "GET /health"] * 3


@pytest.mark.parametrize("told", [NEW, NEW[:7], NEW[:12].upper()])
def test_a_shortened_commit_is_the_same_commit(told: str) -> None:
    done = verified(Service(healthy() | {"GET /health": answer(x_commit=told)}))

    assert done.verdict is ProbeVerdict.PASS


def test_success_answered_by_the_old_build_is_a_failure() -> None:
    done = verified(Service(healthy() | {"GET /health": answer(x_commit=OLD)}), live=NEW)

    assert done.verdict is ProbeVerdict.FAIL
    assert done.reason == (
        "in each of 5 rounds over 20 s: the served commit: 0000000 serves where aaaaaaa is expected: "
        "the old build still answers"
    )


def test_an_old_instance_that_leaves_in_time_is_waited_for() -> None:
    answers = [answer(x_commit=OLD)] * 4 + [answer(x_commit=NEW)]

    done = verified(Service(healthy() | {"GET /health": answers}))

    assert (done.verdict, done.served.commit) == (ProbeVerdict.PASS, NEW)


def test_two_instances_with_different_builds_are_no_pass() -> None:
    health = [answer(x_commit=one) for _ in range(40) for one in (NEW, NEW, NEW, NEW, NEW, OLD)]

    done = verified(Service(healthy() | {"GET /health": health}))

    assert done.verdict is ProbeVerdict.INCONCLUSIVE
    assert done.reason.startswith("neither good nor bad lasted: ")


def test_a_service_that_tells_no_commit_is_no_pass_and_says_how_to_tell_it() -> None:
    done = verified(Service({"GET /health": answer(), "GET /": answer()}))

    assert done.verdict is ProbeVerdict.INCONCLUSIVE
    assert "the header X-Commit of /health holds no commit" in done.reason
    assert "RENDER_GIT_COMMIT" in done.remedy


def test_the_commit_is_read_from_a_field_of_the_answer() -> None:
    stated = ServiceSettings(commit=CommitPlace(path="/version", json="build.commit"))
    service = Service(healthy() | {"GET /version": answer(body=json.dumps({"build": {"commit": NEW}}))})

    done = verified(service, stated)

    assert (done.verdict, done.served.source) == (ProbeVerdict.PASS, "the field build.commit of /version")


def test_what_the_target_says_counts_only_where_the_service_does_not_tell_and_is_noted() -> None:
    done = verified(Service(healthy()), ServiceSettings(), live=NEW)

    assert (done.verdict, done.served.source) == (ProbeVerdict.PASS, "Render")
    assert done.notes[0].startswith("that aaaaaaa serves is what Render says")


def test_an_expected_commit_that_nothing_tells_is_inconclusive() -> None:
    done = verified(Service(healthy()), ServiceSettings())

    assert (done.verdict, done.is_reached) == (ProbeVerdict.INCONCLUSIVE, True)


def test_a_lasting_server_error_fails() -> None:
    done = verified(Service(healthy() | {"GET /": answer(500)}))

    assert done.verdict is ProbeVerdict.FAIL
    assert done.reason == (
        "in each of 5 rounds over 20 s: GET / as a visitor: status 500 where 100 to 499 was expected"
    )


def test_a_passing_server_error_is_forgiven() -> None:
    done = verified(Service(healthy() | {"GET /": [answer(502), answer(503), answer()]}))

    assert (done.verdict, done.rounds) == (ProbeVerdict.PASS, 5)


def test_faults_that_change_from_round_to_round_are_inconclusive() -> None:
    errors = [answer(500, x_commit=NEW), answer(x_commit=NEW)] * 40
    other = [answer(), answer(500)] * 40

    done = verified(Service({"GET /health": errors, "GET /": other}), ServiceSettings(), expected="")

    assert done.verdict is ProbeVerdict.INCONCLUSIVE


def test_a_service_that_never_answers_was_not_reached() -> None:
    refused = UnreachableError("refused", "nobody listens")

    done = verified(Service({"GET /health": refused, "GET /": refused}))

    assert (done.verdict, done.is_reached) == (ProbeVerdict.INCONCLUSIVE, False)
    assert done.reason.endswith("health /health: the connection was refused (nobody listens)")


def test_contact_that_is_lost_after_an_answer_is_inconclusive_and_never_a_failure() -> None:
    lost = UnreachableError("timeout", "10 s")
    done = verified(
        Service({"GET /health": [answer(x_commit=NEW), answer(x_commit=NEW), lost], "GET /": [answer(), lost]})
    )

    assert (done.verdict, done.is_reached) == (ProbeVerdict.INCONCLUSIVE, True)


def test_an_expired_certificate_is_a_lasting_fault() -> None:
    expired = UnreachableError("expired", "certificate has expired")

    done = verified(Service({"GET /health": expired, "GET /": expired}))

    assert (done.verdict, done.is_reached) == (ProbeVerdict.FAIL, True)


def test_throttled_requests_say_nothing_about_the_release() -> None:
    done = verified(Service(healthy() | {"GET /": answer(429)}), ServiceSettings(probes=(Probe(name="front"),)))

    assert done.verdict is ProbeVerdict.INCONCLUSIVE


@pytest.mark.parametrize(("day", "warns"), [(10, True), (20, False)])
def test_a_certificate_that_ends_soon_is_a_warning_and_no_failure(day: int, *, warns: bool) -> None:
    ends = datetime(2026, 1, day, 12, tzinfo=UTC)

    done = verified(Service(healthy() | {"GET /": answer(ends=ends)}))

    assert (done.verdict, done.certificate_ends) == (ProbeVerdict.PASS, ends)
    assert any("the certificate ends in 9 days, on 2026-01-10" in note for note in done.notes) is warns


def test_a_front_page_that_sends_visitors_to_another_host_is_good() -> None:
    done = verified(Service(healthy() | {"GET /": answer(302, location="https://login.example/")}))

    assert done.verdict is ProbeVerdict.PASS


def test_probes_of_the_project_count_with_their_expected_values_and_budgets() -> None:
    chat = Probe(name="chat", method="POST", path="/chat", json={"q": 1}, expect=Expectation(json={"a": 2}))
    slow = Probe(name="slow", path="/slow", expect=Expectation(latency_ms=100))
    service = Service(healthy() | {"POST /chat": answer(body='{"a": 3}'), "GET /slow": answer(took_ms=150)})

    done = verified(service, ServiceSettings(probes=(chat, slow), commit=BY_HEADER.commit))

    assert done.verdict is ProbeVerdict.FAIL
    assert "chat: a is 3 where 2 was expected" in done.reason
    assert "slow: it took 150 ms where at most 100 ms were allowed" in done.reason
    assert "curl -sS -i --max-time 10 -X POST" in done.asked[2].command


def baseline(times_ms: Sequence[float], *, name: str = "health /health") -> Baseline:
    taken = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
    return Baseline(
        url="https://shop.example", commit=OLD, taken=taken, series=(Series(name=name, times_ms=tuple(times_ms)),)
    )


def jittered(middle_ms: float) -> list[float]:
    return [middle_ms + place % 5 for place in range(20)]


def at_pace(middle_ms: float) -> dict[str, Answer | Sequence[Answer]]:
    health = [answer(x_commit=NEW, took_ms=time) for time in jittered(middle_ms) * 4]
    return healthy() | {"GET /health": health}


def test_a_release_that_is_slower_twice_fails_with_the_figures() -> None:
    done = verified(Service(at_pace(140)), baseline=baseline(jittered(100)))

    assert done.verdict is ProbeVerdict.FAIL
    assert done.reason.startswith(
        "health /health is slower: p50 102.0 → 142.0 ms, p95 104.0 → 144.0 ms; on the whole 1.39"
    )


def test_a_release_that_is_as_fast_as_before_passes() -> None:
    done = verified(Service(at_pace(101)), baseline=baseline(jittered(100)))

    assert (done.verdict, [one.is_slower for one in done.latency.values()]) == (ProbeVerdict.PASS, [False])


@pytest.mark.parametrize(("own_ms", "verdict"), [(3.0, ProbeVerdict.FAIL), (5.5, ProbeVerdict.INCONCLUSIVE)])
def test_a_release_that_is_slower_while_this_machine_is_busier_may_be_none(
    own_ms: float, verdict: ProbeVerdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yardstick, "taken_ms", lambda _clock: own_ms)
    old = replace(baseline(jittered(100)), own_ms=(1.25,) * 20)

    done = verified(Service(at_pace(140)), baseline=old)

    assert (done.verdict, [one.is_slower for one in done.latency.values()]) == (verdict, [True])
    told = "but this machine may be why, for it was busier than for the baseline: its own work took 1.2 → 5.5 ms"
    assert (told in done.reason) is (verdict is ProbeVerdict.INCONCLUSIVE)


def test_slower_once_and_not_again_is_noted_and_passes() -> None:
    first = [answer(x_commit=NEW, took_ms=time) for time in [10.0] * 6 + jittered(140)]
    then = [answer(x_commit=NEW, took_ms=time) for time in jittered(100)]

    done = verified(Service(healthy() | {"GET /health": [*first, *then]}), baseline=baseline(jittered(100)))

    assert done.verdict is ProbeVerdict.PASS
    assert any(note.startswith("measured slower once and not again: ") for note in done.notes)


def test_a_baseline_of_other_probes_is_inconclusive() -> None:
    done = verified(Service(healthy()), baseline=baseline(jittered(100), name="gone"))

    assert (done.verdict, done.reason.split(":")[0]) == (
        ProbeVerdict.INCONCLUSIVE,
        "no latency could be compared with the baseline",
    )


def test_only_what_may_be_repeated_is_measured() -> None:
    post = Probe(name="post", method="POST", path="/orders")
    service = Service(healthy() | {"POST /orders": answer()})

    done = verified(service, ServiceSettings(probes=(post,), commit=BY_HEADER.commit), measures=True)

    assert done.measured is not None
    assert {one.name: len(one.times_ms) for one in done.measured.series} == {
        "health /health": 20,
        "GET / as a visitor": 20,
    }
    assert service.asked.count("POST /orders") == 3


def test_a_baseline_survives_its_file() -> None:
    kept = replace(baseline(jittered(100)), own_ms=(1.25, 3.5))

    assert measuring.parse(measuring.render(kept), file="old.json") == kept


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"taken": 3}', '{"taken": "2026-01-01", "probes": {"a": 1}}'])
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"old\.json is no baseline"):
        measuring.parse(text, file="old.json")


@pytest.mark.parametrize(
    "url", ["shop.example", "ftp://shop.example", "https://a:b@shop.example", "http://x/y", "http://[", "http://x:y"]
)
def test_a_url_that_is_no_origin_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        subject_of(url, ServiceSettings(), service="", health_path="")

    assert url not in caught.value.message


def test_the_reports_tell_the_verdict_the_commit_and_each_command() -> None:
    done = verified(Service(healthy() | {"GET /health": answer(x_commit=OLD)}))

    text, document = render_text(done), json.loads(render_json(done))

    assert text.splitlines()[0] == "FAILED: shop: 0000000  (20.0 s, https://shop.example)"
    assert "      curl -sS -i --max-time 10 https://shop.example/health" in text.splitlines()
    assert document["commit"] == {
        "expected": NEW,
        "served": OLD,
        "source": "the header X-Commit of /health",
        "problem": "0000000 serves where aaaaaaa is expected: the old build still answers",
    }
    assert [one["name"] for one in document["probes"]] == ["health /health", "GET / as a visitor"]
