"""A request that is answered well after it failed is no failure; one that is not is no sign of health."""

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, Seen, diagnose

REFUSED = (
    "2026/11/21 10:00:00 [error] 29#29: *1 connect() failed (111: Connection refused) while connecting to upstream, "
    'client: 10.0.0.1, server: , request: "GET /shop HTTP/1.1", upstream: "http://10.0.0.3:8000/shop"\n'
)


def answer(path: str, status: int, second: int) -> str:
    return f'10.0.0.1 - - [21/Nov/2026:10:00:{second:02} +0000] "GET {path} HTTP/1.1" {status} 157\n'


@pytest.mark.parametrize(
    "text",
    [
        REFUSED + answer("/shop", 502, 1) + answer("/shop", 200, 9),
        answer("/ready", 503, 1) + answer("/ready", 503, 2) + answer("/ready", 204, 9),
        'INFO: "GET /ready HTTP/1.1" 503 Service Unavailable\nINFO: "GET /ready HTTP/1.1" 200 OK\n',
    ],
    ids=["a proxy", "a health path", "uvicorn"],
)
def test_what_is_answered_well_in_the_end_is_no_failure(text: str) -> None:
    assert diagnose(text).verdict is LogVerdict.HEALTHY


def test_another_answer_does_not_take_back_what_a_proxy_was_refused() -> None:
    root = diagnose(REFUSED + answer("/favicon.ico", 200, 9)).root

    assert root is not None
    assert root.slug == "nginx-upstream-refused"


def test_an_answer_before_the_refusal_does_not_take_it_back() -> None:
    root = diagnose(answer("/shop", 200, 0) + REFUSED).root

    assert root is not None
    assert root.slug == "nginx-upstream-refused"


def test_a_server_error_that_stays_is_quoted_and_not_told_as_health() -> None:
    found = diagnose("[INFO] Listening at: http://0.0.0.0:8000 (1)\n" + answer("/shop", 500, 1) + answer("/", 200, 2))

    assert found.verdict is LogVerdict.UNKNOWN
    assert found.seen == Seen(exception=answer("/shop", 500, 1).strip(), line=2)
