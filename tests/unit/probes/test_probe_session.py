"""Probes against a service that is a table of answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from deploy_suite.model.probe import Expectation, JsonValue, Probe, ProbeResult, ProbeVerdict
from deploy_suite.ports import Address, Clock, Http, HttpRequest, HttpResponse, Ports, UnreachableError, WebSockets
from deploy_suite.probes import session
from tests.doubles.machine import Stopwatch

HOST = {"Host": "konan.onrender.com"}
ADDRESS = Address("127.0.0.1", 10000)
Answer = HttpResponse | UnreachableError


class Service:
    """Answers what the table holds, in turn, and refuses surprises."""

    def __init__(self, answers: Mapping[str, Answer | list[Answer]], messages: Sequence[str] = ()) -> None:
        self.answers = {key: list(value) if isinstance(value, list) else [value] for key, value in answers.items()}
        self.messages = messages
        self.requests: list[HttpRequest] = []
        self.frames: list[tuple[str, Mapping[str, str], tuple[str, ...]]] = []

    def request(self, address: Address, request: HttpRequest, *, timeout_s: float) -> HttpResponse:
        assert address == ADDRESS
        assert timeout_s > 0
        self.requests.append(request)
        left = self.answers.get(f"{request.method} {request.path}")
        assert left, f"unscripted request: {request}"
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, UnreachableError):
            raise answer
        return answer

    def exchange(
        self,
        address: Address,
        path: str,
        *,
        headers: Mapping[str, str],
        frames: Sequence[str],
        receive: int,
        timeout_s: float,
    ) -> Sequence[str]:
        assert address == ADDRESS
        assert timeout_s > 0
        self.frames.append((path, headers, tuple(frames)))
        if len(self.messages) < receive:
            raise UnreachableError("timeout", "nothing more came")
        return self.messages[:receive]


def ports(service: Service) -> Ports:
    empty = object.__new__(Ports)
    for name, part in (
        ("http", cast("Http", service)),
        ("websockets", cast("WebSockets", service)),
        ("clock", cast("Clock", Stopwatch(look_s=0.25))),
    ):
        object.__setattr__(empty, name, part)
    return empty


def answer(status: int = 200, document: JsonValue = None, **headers: str) -> HttpResponse:
    body = b"" if document is None else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=body, elapsed_ms=10.0)


def results(service: Service, *probes: Probe) -> list[tuple[ProbeVerdict, str]]:
    return [(each.verdict, each.reason) for each in asked(service, *probes)]


def asked(service: Service, *probes: Probe) -> tuple[ProbeResult, ...]:
    return session.run(probes, ADDRESS, ports(service), headers=HOST)


def test_a_good_answer_passes_with_its_status_and_time() -> None:
    probe = Probe(name="health", path="/health")

    (result,) = asked(Service({"GET /health": answer(document={"ok": True})}), probe)

    assert result == ProbeResult(
        probe=probe, verdict=ProbeVerdict.PASS, status=200, elapsed_ms=10.0, body='{"ok": true}'
    )


def test_a_login_hands_its_token_to_the_next_probe() -> None:
    service = Service(
        {"POST /login": answer(document={"data": {"access": "abc"}}), "POST /chat/abc": answer(document={"reply": 1})}
    )
    login = Probe(name="login", method="POST", path="/login", json={"user": "{token}"}, save={"token": "data.access"})
    chat = Probe(
        name="chat",
        method="POST",
        path="/chat/{token}",
        headers={"Authorization": "Bearer {token}"},
        json={"text": "{token} {other}", "list": ["{token}", 1]},
        expect=Expectation(json={"reply": 1}),
    )

    outcome = results(service, replace(login, json={"user": "me"}), chat)

    assert outcome == [(ProbeVerdict.PASS, ""), (ProbeVerdict.PASS, "")]
    assert service.requests[1] == HttpRequest(
        method="POST",
        path="/chat/abc",
        headers={"Host": HOST["Host"], "Content-Type": "application/json", "Authorization": "Bearer abc"},
        body=b'{"text": "abc {other}", "list": ["abc", 1]}',
    )


def test_what_a_failed_login_would_have_saved_leaves_later_probes_inconclusive() -> None:
    service = Service({"POST /login": answer(500), "GET /me": answer()})
    login = Probe(name="login", method="POST", path="/login", save={"token": "access"})
    me = Probe(name="me", path="/me", headers={"Authorization": "Bearer {token}"})

    assert results(service, login, me) == [
        (ProbeVerdict.FAIL, "status 500 where 2xx was expected"),
        (ProbeVerdict.INCONCLUSIVE, "not asked: no probe before it saved token"),
    ]


def test_an_answer_without_the_value_to_save_is_no_good_answer() -> None:
    service = Service({"GET /": answer(document={"a": 1})})

    assert results(service, Probe(name="x", save={"token": "access"})) == [
        (ProbeVerdict.FAIL, "the answer has no access, which is to be saved")
    ]


def test_expectations_say_what_differs() -> None:
    service = Service({"GET /": answer(document={"items": [{"id": 1, "on": True}]})})
    probe = Probe(name="x")
    expected = [
        Expectation(json={"items.0.id": 1, "items.0.on": True}),
        Expectation(json={"items.0.on": 1}),
        Expectation(json={"items.1.id": 1}),
        Expectation(body_contains="nothing"),
        Expectation(latency_ms=5),
        Expectation(statuses=frozenset({201, 204})),
    ]

    assert [results(service, replace(probe, expect=each))[0] for each in expected] == [
        (ProbeVerdict.PASS, ""),
        (ProbeVerdict.FAIL, "items.0.on is true where 1 was expected"),
        (ProbeVerdict.FAIL, "the answer has no items.1.id"),
        (ProbeVerdict.FAIL, "the answer does not contain 'nothing'"),
        (ProbeVerdict.FAIL, "it took 10 ms where at most 5 ms were allowed"),
        (ProbeVerdict.FAIL, "status 200 where 201 or 204 was expected"),
    ]


def test_redirects_within_the_service_are_followed_with_cookies_when_asked() -> None:
    service = Service(
        {
            "GET /": answer(302, location="https://konan.onrender.com/docs?a=1", set_cookie="seen=1; Path=/, b=2"),
            "GET /docs?a=1": answer(),
        }
    )

    (result,) = asked(service, Probe(name="root", follow_redirects=True))

    assert (result.verdict, result.redirects) == (ProbeVerdict.PASS, ("https://konan.onrender.com/docs?a=1",))
    assert service.requests[1].headers["Cookie"] == "seen=1; b=2"


def test_redirects_are_judged_as_answers_when_not_asked_to_follow() -> None:
    service = Service({"GET /": answer(302, location="/docs")})

    assert results(service, Probe(name="root")) == [(ProbeVerdict.FAIL, "status 302 where 2xx was expected")]


def test_a_redirect_to_another_host_is_inconclusive_and_one_in_a_circle_fails() -> None:
    away = Service({"GET /": answer(301, location="https://elsewhere.example/")})
    circle = Service({"GET /": answer(301, location="/a"), "GET /a": answer(301, location="/")})
    probe = Probe(name="root", follow_redirects=True)

    assert results(away, probe) == [
        (ProbeVerdict.INCONCLUSIVE, "redirects to another host: https://elsewhere.example/")
    ]
    assert results(circle, probe) == [(ProbeVerdict.FAIL, "redirects in a circle: /a → /")]


def test_a_redirect_to_what_is_no_url_fails() -> None:
    service = Service({"GET /": answer(302, location="//[")})

    told = results(service, Probe(name="root", follow_redirects=True))

    assert told == [(ProbeVerdict.FAIL, "redirects to what is no URL: //[")]


def test_a_see_other_turns_a_post_into_a_get_and_a_307_does_not() -> None:
    service = Service(
        {
            "POST /a": answer(303, location="b"),
            "GET /b": answer(),
            "POST /c": answer(307, location="d"),
            "POST /d": answer(),
        }
    )
    probe = Probe(name="x", method="POST", json={"k": 1}, follow_redirects=True)

    outcome = results(service, replace(probe, path="/a"), replace(probe, path="/c"))

    assert outcome == [(ProbeVerdict.PASS, "")] * 2
    assert [(each.method, each.path, each.body) for each in service.requests] == [
        ("POST", "/a", b'{"k": 1}'),
        ("GET", "/b", b""),
        ("POST", "/c", b'{"k": 1}'),
        ("POST", "/d", b'{"k": 1}'),
    ]


def test_no_answer_fails_with_the_reason_in_words() -> None:
    service = Service({"GET /": UnreachableError("timeout", "no whole answer within 10 s")})

    assert results(service, Probe(name="x")) == [
        (ProbeVerdict.FAIL, "no answer came in time (no whole answer within 10 s)")
    ]


def test_a_websocket_exchange_compares_each_message() -> None:
    probe = Probe(name="chat", path="/ws", websocket=True, send=("hi", {"a": 1}))
    messages = ("hello", '{"reply": {"text": "yes"}, "n": 3}')
    wanted: list[tuple[JsonValue, ...]] = [
        ("hello", {"reply.text": "yes", "n": 3}),
        ("other",),
        ("hello", {"n": 4}),
        ("hello", [1]),
        ("hello", {"n": 3}, "a third"),
    ]
    service = Service({}, messages)

    outcome = [results(service, replace(probe, receive=each))[0] for each in wanted]

    assert outcome == [
        (ProbeVerdict.PASS, ""),
        (ProbeVerdict.FAIL, "message 1: 'hello' where 'other' was expected"),
        (ProbeVerdict.FAIL, "message 2: n is 3 where 4 was expected"),
        (ProbeVerdict.FAIL, 'message 2: it is {"reply": {"text": "yes"}, "n": 3} where [1] was expected'),
        (ProbeVerdict.FAIL, "no answer came in time (nothing more came)"),
    ]
    assert service.frames[0] == ("/ws", HOST, ("hi", '{"a": 1}'))
