"""Render's API without a network: what is asked, what is repeated, what an answer means."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, FailureReason, PushTrace, Trigger
from deploy_suite.model.secret import Curtain, Secret
from deploy_suite.ports import Address, HttpRequest, HttpResponse, UnreachableError
from deploy_suite.targets.live import LostContactError, Pace
from deploy_suite.targets.render.api import answers, events, hook, place, refusals
from deploy_suite.targets.render.api.answers import MalformedError
from deploy_suite.targets.render.api.door import Answer, Door, UncertainError
from deploy_suite.targets.render.api.pauses import Pauses, demanded_s
from tests.doubles.machine import Stopwatch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = Secret("rnd_unit_sentinel")
PACE = Pace(call_s=10, patience_s=20, pause_first_s=1, pause_most_s=4)


@dataclass
class FakeHttp:
    """Implements `ports.Http`: answers what is scripted, in this order, and refuses anything more."""

    script: list[HttpResponse | UnreachableError]
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def prepare(self) -> None:
        pass

    def request(
        self, _address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        assert 0 < (connect_s or 0) <= timeout_s <= PACE.call_s
        self.asked.append((request.method, request.path, request.body))
        self.headers.append(request.headers)
        if not self.script:
            raise AssertionError(f"unscripted request: {request.method} {request.path}")
        answer = self.script.pop(0)
        if isinstance(answer, UnreachableError):
            raise answer
        return answer


def answered(status: int, body: Any = None, **headers: str) -> HttpResponse:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=named, body=content, elapsed_ms=1)


def opened(*script: HttpResponse | UnreachableError) -> tuple[Door, FakeHttp, Stopwatch]:
    http, clock = FakeHttp(list(script)), Stopwatch(began=NOW)
    return Door(place.place(""), KEY, http=http, clock=clock, pace=PACE), http, clock


RESET = UnreachableError("reset", "peer closed")
REFUSED = UnreachableError("refused", "connection refused", was_sent=False)


def test_a_read_carries_the_key_and_its_query() -> None:
    door, http, _ = opened(answered(200, []))

    assert door.read("/services", [("name", "a b"), ("limit", "1")], what="the services") == []
    assert http.asked == [("GET", "/v1/services?name=a+b&limit=1", b"")]
    assert http.headers == [{"Accept": "application/json", "Authorization": "Bearer rnd_unit_sentinel"}]


@pytest.mark.parametrize(
    "fault",
    [answered(500), answered(503), answered(429), answered(408), answered(200, b"<html>"), RESET, REFUSED],
    ids=str,
)
def test_a_read_is_repeated_with_growing_pauses(fault: HttpResponse | UnreachableError) -> None:
    door, http, clock = opened(fault, fault, fault, answered(200, {"id": "x"}))

    assert door.read("/x", what="it") == {"id": "x"}
    assert (len(http.asked), clock.time_s) == (4, 1 + 2 + 4)


def test_a_read_gives_up_when_patience_ends_and_says_what_was_tried() -> None:
    door, http, clock = opened(*[answered(503)] * 50)

    with pytest.raises(LostContactError, match=r"the services: Render was asked 7 times within 19 s.*status 503"):
        door.read("/services", what="the services")

    assert (len(http.asked), clock.time_s) == (7, 1 + 2 + 4 + 4 + 4 + 4)


PAGE = answered(200, b"\n<html>Welcome to our hotel")
UNRESOLVED = UnreachableError("unresolved", "[Errno -2] Name or service not known", was_sent=False)


@pytest.mark.parametrize(
    ("fault", "asked", "took_s"), [(UNRESOLVED, 1, 0), (REFUSED, 5, 1 + 2 + 4 + 4), (PAGE, 5, 1 + 2 + 4 + 4)], ids=str
)
def test_who_was_never_reached_is_soon_given_up(
    fault: HttpResponse | UnreachableError, asked: int, took_s: int
) -> None:
    door, http, clock = opened(*[fault] * 50)

    with pytest.raises(LostContactError, match=r"the services: api\.render\.com cannot be reached from this machine"):
        door.read("/services", what="the services")

    assert (len(http.asked), clock.time_s) == (asked, took_s)


@pytest.mark.parametrize("fault", [UNRESOLVED, REFUSED], ids=str)
@pytest.mark.parametrize("first", [answered(200, []), answered(503), RESET], ids=str)
def test_who_was_reached_before_is_asked_until_patience_ends(
    first: HttpResponse | UnreachableError, fault: UnreachableError
) -> None:
    door, http, clock = opened(first, *[fault] * 50)
    if isinstance(first, HttpResponse) and first.status == 200:
        door.read("/services", what="the services")

    with pytest.raises(LostContactError, match="Render was asked"):
        door.read("/services", what="the services")

    assert clock.time_s == 1 + 2 + 4 + 4 + 4 + 4
    assert len(http.asked) >= 7


def test_why_a_call_takes_long_is_told_once_and_not_of_one_that_is_soon_answered() -> None:
    def told(*script: HttpResponse | UnreachableError) -> list[str]:
        said: list[str] = []
        door = Door(
            place.place(""), KEY, http=FakeHttp(list(script)), clock=Stopwatch(began=NOW), pace=PACE, told=said.append
        )
        door.read("/services", what="the services")
        return said

    assert told(REFUSED, REFUSED, answered(200, [])) == []
    assert told(REFUSED, REFUSED, REFUSED, REFUSED, answered(200, [])) == [
        "the services: no whole answer came (refused: connection refused); Render is asked again for up to 9 s"
    ]


def test_what_must_not_be_done_twice_is_not_repeated_after_a_lost_answer() -> None:
    for fault in (answered(500), answered(502), answered(201, b"half"), RESET):
        door, http, _ = opened(fault)

        with pytest.raises(UncertainError):
            door.begin("/services/srv-1/deploys", {"clearCache": "clear"}, what="to deploy")

        assert http.asked == [("POST", "/v1/services/srv-1/deploys", b'{"clearCache": "clear"}')]


def test_what_was_certainly_not_done_is_asked_for_again() -> None:
    door, http, clock = opened(answered(429, retry_after="7"), REFUSED, answered(202))

    assert door.begin("/x", {}, what="it") == Answer(202, None)
    assert (len(http.asked), clock.time_s) == (3, 7 + 2)


def test_a_rate_limit_that_outlasts_patience_ends_at_once() -> None:
    door, http, clock = opened(answered(429, retry_after="3600"))

    with pytest.raises(LostContactError, match="too many requests, and to ask again after 3600 s"):
        door.read("/x", what="it")

    assert (len(http.asked), clock.time_s) == (1, 0)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Render did not understand the request: to deploy (status 400: why)"),
        (401, "Render does not accept the API key (status 401: why)"),
        (402, "Render wants to be paid before it does this: to deploy (status 402: why)"),
        (403, "the owner of the API key may not do this: to deploy (status 403: why)"),
        (404, "Render knows no such thing: to deploy (status 404: why)"),
        (406, "Render refused: to deploy (status 406: why)"),
        (409, "the state of the service forbids it: to deploy (status 409: why)"),
        (410, "it is gone for good: to deploy (status 410: why)"),
    ],
)
def test_a_refusal_says_what_why_and_what_to_do(status: int, words: str) -> None:
    door, http, _ = opened(answered(status, {"message": "why"}))

    with pytest.raises(UsageError) as raised:
        door.begin("/x", {}, what="to deploy")

    assert (raised.value.message, bool(raised.value.remedy), len(http.asked)) == (words, True, 1)
    assert "rnd_unit_sentinel" not in f"{raised.value!r}{raised.value.remedy}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 01 Mar 2020 12:00:30 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "45"}, 45.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": str(int(NOW.timestamp()) + 12)}, 12.0),
        ({"ratelimit-remaining": "3", "ratelimit-reset": "45"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "?"}, None),
    ],
)
def test_an_answer_says_how_long_to_wait(headers: Mapping[str, str], seconds: float | None) -> None:
    assert demanded_s(headers, now=NOW) == seconds


def test_pauses_grow_to_the_longest() -> None:
    pauses = Pauses(PACE)

    assert [pauses.after({}, now=NOW) for _ in range(5)] == [1, 2, 4, 4, 4]


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("", place.Place(Address("api.render.com", 443, has_tls=True), "/v1")),
        ("https://api.example.com:8443/v1/", place.Place(Address("api.example.com", 8443, has_tls=True), "/v1")),
        ("http://127.0.0.1:8000/v1", place.Place(Address("127.0.0.1", 8000), "/v1")),
        ("http://localhost:1/", place.Place(Address("localhost", 1), "")),
    ],
)
def test_the_api_is_where_render_host_says(setting: str, wanted: place.Place) -> None:
    assert place.place(setting) == wanted


@pytest.mark.parametrize(
    "setting", ["api.render.com", "ftp://x/", "https://", "https://a:b@x/", "http://x:99999/", "http://example.com/v1"]
)
def test_a_place_that_is_none_or_would_show_the_key_is_refused(setting: str) -> None:
    with pytest.raises(UsageError) as raised:
        place.place(setting)

    assert (raised.value.exit_code, bool(raised.value.remedy)) == (2, True)


DEPLOY = {
    "id": "dep-1",
    "commit": {"id": "abc", "message": "Fix it\n\nlonger"},
    "status": "build_in_progress",
    "trigger": "new_commit",
    "createdAt": "2026-03-01T12:00:00.123456789Z",
    "finishedAt": "nonsense",
}


def test_a_deploy_is_read() -> None:
    assert answers.deploy(DEPLOY) == Deploy(
        id="dep-1",
        state=DeployState.BUILDING,
        commit="abc",
        subject="Fix it",
        trigger=Trigger.PUSH,
        created=datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
    )


def test_every_status_has_its_state_and_unknown_ones_are_no_end() -> None:
    over = {name for name, state in answers.STATES.items() if state.is_over}
    unknown = answers.deploy({"id": "dep-1", "status": "meditating"}).state

    assert over == {"live", "deactivated", "build_failed", "pre_deploy_failed", "update_failed", "canceled"}
    assert (unknown, unknown.is_over, unknown.is_live) == (DeployState.OTHER, False, False)


@pytest.mark.parametrize("answer", [None, [], {}, "text", {"id": 3}])
def test_an_answer_that_is_no_deploy_is_malformed(answer: object) -> None:
    with pytest.raises(MalformedError):
        answers.deploy(answer)


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({"autoDeploy": "yes"}, AutoDeploy.ON_PUSH),
        ({"autoDeploy": "no"}, AutoDeploy.OFF),
        ({"autoDeploy": "yes", "autoDeployTrigger": "checksPass"}, AutoDeploy.AFTER_CHECKS),
        ({"autoDeploy": "yes", "autoDeployTrigger": "off"}, AutoDeploy.OFF),
    ],
)
def test_when_a_service_deploys_by_itself_is_read(fields: Mapping[str, str], mode: AutoDeploy) -> None:
    from_git = {"id": "srv-1", "repo": "https://github.com/acme/shop", **fields}

    assert answers.service(from_git).auto_deploy is mode


def test_what_runs_an_image_is_never_deployed_by_itself() -> None:
    answer = {"id": "srv-1", "imagePath": "docker.io/acme/shop", "autoDeploy": "yes", "autoDeployTrigger": "commit"}

    assert answers.service(answer).auto_deploy is AutoDeploy.OFF


def test_a_suspended_service_says_by_whom() -> None:
    read = [
        answers.service({"id": "srv-1", "suspended": "suspended", "suspenders": suspenders}).suspended
        for suspenders in (["user", "billing"], [])
    ]

    assert read == ["user, billing", "somebody"]


def failed(state: DeployState) -> Deploy:
    return Deploy(id="dep-1", state=state, created=NOW, finished=NOW + timedelta(minutes=5))


def event(kind: str, *, minutes: float = 4, **details: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": (NOW + timedelta(minutes=minutes)).isoformat(), "details": details}


def failure(**parts: Any) -> dict[str, Any]:
    return {"failure": {"evicted": False, **parts}}


@pytest.mark.parametrize(
    ("state", "told", "text"),
    [
        (
            DeployState.BUILD_FAILED,
            event("build_ended", buildId="bld-1", buildStatus="failed", reason=failure(nonZeroExit=2)),
            "the build command exited with status 2",
        ),
        (
            DeployState.BUILD_FAILED,
            event("build_ended", buildStatus="failed", reason=failure(oomKilled={"memoryLimit": "8GB"})),
            "it ran out of memory (used over 8GB)",
        ),
        (
            DeployState.PRE_DEPLOY_FAILED,
            event("pre_deploy_ended", deployId="dep-1", reason=failure(nonZeroExit=1)),
            "the pre-deploy command exited with status 1",
        ),
        (
            DeployState.START_FAILED,
            event("deploy_ended", deployId="dep-1", reason=failure(earlyExit=True)),
            "the start command ended by itself, where a service must keep running",
        ),
        (
            DeployState.START_FAILED,
            event("deploy_ended", deployId="dep-1", reason=failure(timedOutSeconds=900)),
            "the start command timed out after 900 s",
        ),
        (
            DeployState.START_FAILED,
            event("server_failed", reason={"evicted": True, "evictionReason": "node drained"}),
            "it was evicted: node drained",
        ),
        (
            DeployState.START_FAILED,
            event("server_failed", reason={"unhealthy": "HTTP health check failed (timed out after 5 seconds)"}),
            "HTTP health check failed (timed out after 5 seconds)",
        ),
        (
            DeployState.BUILD_FAILED,
            event("image_pull_failed", message="no such tag", imageURL="x"),
            "the image could not be pulled: no such tag",
        ),
    ],
)
def test_the_platform_says_why_a_deploy_failed(state: DeployState, told: Mapping[str, Any], text: str) -> None:
    assert events.reason((told,), failed(state)) == FailureReason(text=text)


def test_pushes_that_are_ignored_and_instances_that_fail_are_told_from_all_else() -> None:
    ignored = event("commit_ignored", minutes=2, id="a" * 40, url="https://github.com/acme/shop/commit/aaaaaaa")
    listed = (
        event("server_failed", minutes=3, instanceID="i-2", reason={}),
        {**ignored, "id": "evt-1"},
        event("commit_ignored", id=None),
        event("server_failed", minutes=1, instanceID="i-1", reason={"evicted": False, "nonZeroExit": 1}),
        event("server_available"),
    )

    assert list(events.ignored(listed)) == [PushTrace(id="evt-1", commit="a" * 40, time=NOW + timedelta(minutes=2))]
    assert events.failures(listed) == ("the start command exited with status 1", "Render does not say why")


def test_events_of_other_deploys_of_other_times_and_of_success_tell_nothing() -> None:
    listed = (
        event("deploy_ended", deployId="dep-2", reason=failure(nonZeroExit=9)),
        event("build_ended", minutes=-9, buildStatus="failed", reason=failure(nonZeroExit=9)),
        event("build_ended", minutes=99, buildStatus="failed", reason=failure(nonZeroExit=9)),
        event("build_ended", buildStatus="succeeded", reason={}),
        event("server_failed", reason=None),
        {"type": "deploy_ended"},
        None,
    )

    assert events.reason(listed, failed(DeployState.START_FAILED)) == FailureReason()


@pytest.mark.parametrize("key", ["newDeploy", "newBuild"])
def test_a_newer_deploy_is_named_as_the_reason(key: str) -> None:
    listed = (event("deploy_ended", deployId="dep-1", deployStatus="canceled", reason={key: {"id": "dep-9"}}),)

    assert events.reason(listed, failed(DeployState.CANCELED)).superseded_by == "dep-9"


HOOK = "https://api.render.com/deploy/srv-abc123?key=hook-sentinel"


def test_a_hook_is_taken_apart_and_hidden() -> None:
    parsed, curtain = hook.parse(Secret(HOOK)), Curtain(hook.masker(Secret(HOOK)))

    assert (parsed.service_id, parsed.path, parsed.place.address.host) == (
        "srv-abc123",
        "/deploy/srv-abc123",
        "api.render.com",
    )
    assert parsed.query(commit="abc") == (("key", "hook-sentinel"), ("ref", "abc"))
    assert "sentinel" not in curtain.masked(f"{HOOK} {parsed} key=hook-sentinel")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.render.com/deploy/srv-abc",
        "https://api.render.com/deploy/exs-abc?key=k",
        "x",
        "http://x.example/deploy/srv-a?key=k",
    ],
)
def test_what_is_no_hook_of_a_service_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        hook.parse(Secret(url))

    assert url not in f"{raised.value.message} {raised.value.remedy}"


def test_who_has_no_key_is_told_where_to_get_and_to_keep_one() -> None:
    error = refusals.no_key()

    assert ("dashboard.render.com" in error.remedy, "keyring set deploy-suite RENDER_API_KEY" in error.remedy) == (
        True,
        True,
    )


def test_a_hook_that_is_no_text_is_hidden_and_refused() -> None:
    url = Secret("https://api.render.com/deploy/srv-1?key=hook-\udcff")

    assert "hook-" not in hook.masker(url).masked(url.revealed())
    with pytest.raises(UsageError, match="is no URL such as"):
        hook.parse(url)


@pytest.mark.parametrize(
    "date", ["Sun, 01 Mar 2029999999999999999999999999999996 12:00:10 GMT", "Mon, 01 Jan 0001 00:00:00 +2300"]
)
def test_a_date_that_no_clock_can_show_demands_nothing(date: str) -> None:
    assert demanded_s({"retry-after": date}, now=NOW) in {None, 0.0}


def test_an_answer_that_is_nested_without_end_is_no_answer() -> None:
    door, http, _ = opened(answered(200, b"[" * 100_000), answered(200, {"id": "x"}))

    assert door.read("/x", what="it") == {"id": "x"}
    assert refusals.told(answered(404, b"[" * 100_000)) == ""
    assert len(http.asked) == 2
