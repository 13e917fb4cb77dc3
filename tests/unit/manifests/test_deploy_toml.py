"""deploy.toml into settings."""

import textwrap

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.manifests.settings import ServiceSettings, Settings, parse
from deploy_suite.model.location import Location
from deploy_suite.model.probe import CommitPlace, Expectation, Probe


def mistakes(text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        parse(textwrap.dedent(text), file="deploy.toml")
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_nothing_is_required() -> None:
    assert parse("", file="deploy.toml") == Settings()


def test_all_that_can_be_said_is_read() -> None:
    text = """\
    [matrix]
    python = ["3.12", "3.13.1"]
    target = "render"

    [services.api]
    entry = "app.main:create_app()"

    [[services.api.probes]]
    name = "login"
    method = "post"
    path = "/login?next=/"
    headers = { Accept = "application/json" }
    json = { user = "ada", tags = [1, 2.5, true, { deep = "x" }] }
    expect = { status = [200, 201], json = { "user.name" = "ada" }, contains = "ok", latency_ms = 300 }
    save = { token = "access_token" }
    follow_redirects = true
    timeout_s = 2.5

    [[services.api.probes]]
    path = "/chat"
    websocket = true
    send = ["hello", { text = "hi" }]
    receive = ["welcome", { "reply.text" = "hi" }]
    expect.latency_ms = 100

    [services."my worker"]
    """

    login = Probe(
        name="login",
        method="POST",
        path="/login?next=/",
        headers={"Accept": "application/json"},
        json={"user": "ada", "tags": [1, 2.5, True, {"deep": "x"}]},
        expect=Expectation(
            statuses=frozenset({200, 201}), json={"user.name": "ada"}, body_contains="ok", latency_ms=300.0
        ),
        save={"token": "access_token"},
        follow_redirects=True,
        timeout_s=2.5,
        location=Location("deploy.toml", 8),
    )
    chat = Probe(
        name="WebSocket /chat",
        path="/chat",
        websocket=True,
        send=("hello", {"text": "hi"}),
        receive=("welcome", {"reply.text": "hi"}),
        expect=Expectation(latency_ms=100.0),
        location=Location("deploy.toml", 19),
    )
    assert parse(textwrap.dedent(text), file="deploy.toml") == Settings(
        pythons=("3.12", "3.13.1"),
        targets=("render",),
        services={
            "api": ServiceSettings(entry="app.main:create_app()", probes=(login, chat)),
            "my worker": ServiceSettings(),
        },
    )


def test_all_mistakes_are_told_at_once_with_line_path_and_nearest_key() -> None:
    assert mistakes("""\
        [matrix]
        pyhton = ["3.12"]
        python = [3.10]
        [services.api]
        entry = "app"
        [[services.api.probes]]
        metod = "GET"
        path = "health"
        expect = { status = 999, latency = 3 }
        [service]
        """) == [
        "deploy.toml:2: matrix.pyhton: unknown key; did you mean 'python'?",
        (
            'deploy.toml:3: matrix.python: must be a list such as ["3.12", "3.13"], not [3.1];'
            " numbers need quotes, since 3.10 is the number 3.1"
        ),
        "deploy.toml:5: services.api.entry: must be a text such as \"app.main:app\", not 'app'",
        "deploy.toml:7: services.api.probes[0].metod: unknown key; did you mean 'method'?",
        "deploy.toml:8: services.api.probes[0].path: must be a text such as \"/health\", not 'health'",
        "deploy.toml:9: services.api.probes[0].expect.latency: unknown key; did you mean 'latency_ms'?",
        "deploy.toml:9: services.api.probes[0].expect.status: must be a status such as 200, or a list of them",
        "deploy.toml:10: service: unknown key; did you mean 'services'?",
    ]


@pytest.mark.parametrize(
    ("probe", "mistake"),
    [
        ('json = {}\nbody = "x"', "body: stands beside 'json'; a request has one body"),
        ('send = ["x"]', "send: needs 'websocket = true'"),
        ('websocket = true\nmethod = "POST"', "method: has no meaning with 'websocket = true'"),
        ('websocket = "yes"', "websocket: must be true or false, not 'yes'"),
        ("websocket = true\nreceive = [1]", "receive: item 0 must be a text, or a table of dotted paths and values"),
        ("websocket = true\nsend = 'x'", "send: must be a list, not 'x'"),
        ("timeout_s = -1", "timeout_s: must be a number above 0 and up to 600, not -1"),
        ("timeout_s = true", "timeout_s: must be a number above 0 and up to 600, not true"),
        ("timeout_s = nan", "timeout_s: must be a number above 0 and up to 600, not nan"),
        ("json = 1979-05-27", "json: datetime.date(1979, 5, 27) has no form in JSON; write it as a text"),
        ("json = inf", "json: inf has no form in JSON; write it as a text"),
        ("headers = { A = 1 }", "headers: must be a table of texts, not {'A': 1}"),
        ('save = { "a-b" = "x" }', "save: 'a-b' must be a name of letters, digits and '_'"),
        ('method = "PSOT"', "method: 'PSOT' is no method; did you mean 'POST'?"),
        ('method = "BREW"', "method: 'BREW' is no method; known are GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        ("path = 3", 'path: must be a text such as "/health", not 3'),
        ("expect = 200", "expect: must be a table, not 200"),
        ("expect.json = 3", "expect.json: must be a table of dotted paths and values, not 3"),
    ],
)
def test_each_mistake_in_a_probe_is_told(probe: str, mistake: str) -> None:
    (found,) = mistakes(f"[[services.api.probes]]\n{probe}")

    assert found.partition(": services.api.probes[0].")[2] == mistake


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("services = 3", "deploy.toml:1: services: must be a table, not 3"),
        ("[services]\napi = 3", "deploy.toml:2: services.api: must be a table, not 3"),
        (
            "[services.api]\nprobes = 3",
            "deploy.toml:2: services.api.probes: must be tables, written as [[services.api.probes]]",
        ),
        (
            "[services.a]\nprobes = [{name='x'}, {name='x'}]",
            "deploy.toml:2: services.a.probes[1].name: the name 'x' is taken by an earlier probe",
        ),
    ],
)
def test_tables_of_the_wrong_kind_are_told(text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


def test_text_that_is_no_toml_names_the_line() -> None:
    with pytest.raises(UsageError) as caught:
        parse("[matrix]\npython = \n", file="deploy.toml")

    assert (caught.value.source, caught.value.message) == ("deploy.toml:2", "the text is no TOML: Invalid value")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{ header = "X-Commit" }', CommitPlace(header="X-Commit")),
        ('{ path = "/version", json = "build.commit" }', CommitPlace(path="/version", json="build.commit")),
    ],
)
def test_where_the_service_tells_its_commit_is_read(written: str, read: CommitPlace) -> None:
    settings = parse(f"[services.api]\ncommit = {written}\n", file="deploy.toml")

    assert settings.services["api"].commit == read


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("{}", "commit: needs 'header' or 'json', and not both: where the service tells its commit"),
        (
            '{ header = "X-Commit", json = "commit" }',
            "commit: needs 'header' or 'json', and not both: where the service tells its commit",
        ),
        ('{ header = "X Commit" }', "commit.header: must be a text such as \"X-Commit\", not 'X Commit'"),
        ('{ field = "commit" }', "commit.field: unknown key; known are path, header, json"),
        ('"X-Commit"', "commit: must be a table, not 'X-Commit'"),
    ],
)
def test_mistakes_in_the_place_of_the_commit_are_told(written: str, mistake: str) -> None:
    found = mistakes(f"[services.api]\ncommit = {written}\n")

    assert mistake in [one.partition(": services.api.")[2] for one in found]
