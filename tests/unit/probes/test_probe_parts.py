"""The parts that probes are made of."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from deploy_suite.model.probe import JsonValue, Probe
from deploy_suite.probes import cookies, curl, latency
from deploy_suite.probes.json_paths import ABSENT, equal, value_at

HOST = {"Host": "konan.onrender.com"}


def test_a_path_leads_through_objects_and_lists() -> None:
    document: JsonValue = {"items": [{"id": 7, "none": None}], "0": "zero"}

    found = [value_at(document, path) for path in ("items.0.id", "items.0.none", "0", "items.1", "items.x", "a.b", "")]

    assert found == [7, None, "zero", ABSENT, ABSENT, ABSENT, document]


def test_equality_is_that_of_json() -> None:
    pairs: list[tuple[JsonValue, JsonValue]] = [
        (1, 1.0),
        (True, 1),
        (0, False),
        ([1, {"a": True}], [1.0, {"a": True}]),
        ([True], [1]),
        (None, False),
    ]

    assert [equal(*pair) for pair in pairs] == [True, False, False, True, False, False]


def test_cookies_are_kept_replaced_and_removed() -> None:
    first = "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, b=2; HttpOnly"
    known = cookies.updated({}, first)

    assert known == {"a": "1", "b": "2"}
    assert cookies.updated(known, "a=3") == {"a": "3", "b": "2"}
    assert cookies.updated(known, "a=x; Max-Age=0") == {"b": "2"}
    assert cookies.header(known) == {"Cookie": "a=1; b=2"}
    assert (cookies.updated(known, ""), cookies.header({})) == (known, {})


def test_a_probe_is_shown_as_the_curl_command_that_asks_the_same() -> None:
    probe = Probe(
        name="chat", method="POST", path="/chat?a=it's", json={"text": "it's"}, headers={"X-A": "1"}, timeout_s=2.5
    )

    words = shlex.split(curl.command(probe, "http://127.0.0.1:10000", headers=HOST))

    assert words == [
        *("curl", "-sS", "-i", "--max-time", "2.5", "-X", "POST"),
        *("-H", "Host: konan.onrender.com", "-H", "Content-Type: application/json", "-H", "X-A: 1"),
        *("--data-raw", '{"text": "it\'s"}', "http://127.0.0.1:10000/chat?a=it's"),
    ]


def test_redirects_and_head_requests_have_their_options() -> None:
    followed = curl.command(Probe(name="root", follow_redirects=True), "http://h", headers={})
    head = curl.command(Probe(name="root", method="HEAD"), "http://h", headers={})

    assert followed == "curl -sS -i --max-time 10 --location http://h/"
    assert head == "curl -sS -i --max-time 10 --head http://h/"


def test_credentials_that_a_probe_states_are_left_to_be_filled_in() -> None:
    stated = "Sentinel0451"
    login = Probe(
        name="login",
        method="POST",
        path=f"/login?api_key={stated}&page=2",
        headers={"Authorization": f"Bearer {stated}", "Cookie": f"a={stated}", "X-Api-Key": stated, "X-Kind": "plain"},
        json={"user": "ada", "password": stated, "more": [{"access_token": stated, "tokens": 3}]},
    )
    form = Probe(name="form", method="POST", body=f"user=ada&password={stated}")
    saved = Probe(name="me", headers={"Authorization": "Bearer {token}"}, json={"token": "{token}"})
    chat = Probe(
        name="chat", websocket=True, headers={"Authorization": stated}, send=({"secret": stated, "text": "hi"},)
    )

    shown = [curl.command(probe, "http://h", headers={"Host": "shop"}) for probe in (login, form, saved, chat)]

    assert [text for text in shown if stated in text] == []
    assert "'Authorization: Bearer ***' -H 'Cookie: ***' -H 'X-Api-Key: ***' -H 'X-Kind: plain'" in shown[0]
    assert '{"user": "ada", "password": "***", "more": [{"access_token": "***", "tokens": 3}]}' in shown[0]
    assert shown[0].endswith("'http://h/login?api_key=***&page=2'")
    assert "'user=ada&password=***'" in shown[1]
    assert "'Authorization: Bearer {token}'" in shown[2]
    assert '{"token": "{token}"}' in shown[2]
    assert '{"secret": "***", "text": "hi"}' in shown[3]


def test_a_websocket_probe_is_shown_as_a_websocat_command() -> None:
    probe = Probe(name="ws", path="/ws", websocket=True, send=("hi", {"a": 1}), receive=("x", "y"))

    assert curl.command(probe, "https://konan.onrender.com", headers=HOST) == (
        "printf '%s\\n' hi '{\"a\": 1}' | websocat -n --max-messages-rev=2 -H 'Host: konan.onrender.com'"
        " wss://konan.onrender.com/ws"
    )


def test_the_order_of_the_answers_is_no_matter_to_their_latency() -> None:
    assert latency.of_times(range(20, 0, -1)) == latency.Latency(p50_ms=10, p95_ms=19, p99_ms=20, count=20)
    assert latency.of_times([]) == latency.Latency(p50_ms=0, p95_ms=0, p99_ms=0, count=0)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.1, 100))
def test_a_percentile_is_a_value_that_enough_others_do_not_exceed(times: list[float], percent: float) -> None:
    ordered = sorted(times)
    found = latency.percentile(ordered, percent)

    assert found in ordered
    assert sum(each <= found for each in ordered) >= len(ordered) * percent / 100 - 1e-9
