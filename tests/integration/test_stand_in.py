"""The stand-in keeps the platform's promises: no request lost, WebSockets passed on, faults as they are meant."""

import json
import socket
import threading
import urllib.request
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.standin import blueprint
from tests.standin.contract import OWN, renders_own
from tests.standin.platform import Times
from tests.standin.stand_in import StandIn, server, wait_for

pytestmark = pytest.mark.integration

FIRST, SECOND = {"main.py": server()}, {"main.py": server(before="print('second')")}
ECHO = """
import os
from websockets.sync.server import serve
from websockets.http11 import Response
from websockets.datastructures import Headers

def plain(connection, request):
    if "Upgrade" not in request.headers:
        return Response(200, "OK", Headers([("Connection", "close"), ("Content-Length", "0")]), b"")

def echo(connection):
    for message in connection:
        connection.send(os.environ["RENDER_GIT_COMMIT"] + message)

serve(echo, "0.0.0.0", int(os.environ["PORT"]), process_request=plain).serve_forever()
"""


def asked(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  the stand-in's own
        return str(answer.read(), "utf-8")


def test_no_request_is_lost_while_releases_change() -> None:
    with StandIn(times=Times(step_s=0.05)) as render:
        shop = render.service()
        shop.deployed(FIRST)
        ends, answers = threading.Event(), Counter[str]()

        def ask() -> None:
            kept = HTTPConnection("127.0.0.1", shop.record.port, timeout=5)
            while not ends.is_set():
                kept.request("GET", "/")
                answer = kept.getresponse()
                answers[f"{answer.status} {answer.read().decode()}"] += 1
            kept.close()

        client = threading.Thread(target=ask)
        client.start()
        wait_for(lambda: answers)
        shop.deployed(SECOND)
        wait_for(lambda: answers[f"200 {shop.deploys[-1].commit}"])
        ends.set()
        client.join()

        assert set(answers) == {f"200 {deploy.commit}" for deploy in shop.deploys}


def test_a_websocket_passes_and_stays_with_its_instance_until_that_ends() -> None:
    with StandIn(times=Times(step_s=0.02, term_delay_s=1.0)) as render:
        shop = render.service()
        first = shop.deployed({"main.py": ECHO})
        assert first.status == "live", first.went_through
        with connect(shop.record.url.replace("http", "ws")) as old:
            second = shop.deployed({"main.py": f"{ECHO}\n"})
            old.send(" a")
            with connect(shop.record.url.replace("http", "ws")) as new:
                new.send(" b")
                assert (old.recv(5), new.recv(5)) == (f"{first.commit} a", f"{second.commit} b")


def test_a_push_deploys_where_auto_deploy_says_so() -> None:
    with StandIn(times=Times(step_s=0.02)) as render:
        on, off = render.service("on", auto_deploy="commit"), render.service("off")
        sha = on.push(FIRST)
        off.push(FIRST)
        wait_for(lambda: on.deploys and on.deploys[-1].is_over)

        assert [(one.commit, one.trigger, one.status) for one in on.deploys] == [(sha, "new_commit", "live")]
        assert (off.deploys, asked(on.record.url)) == ([], sha)


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [("wait", ["deactivated", "canceled", "live"]), ("override", ["canceled", "canceled", "live"])],
)
def test_deploys_that_overlap_follow_the_policy(policy: str, statuses: list[str]) -> None:
    with StandIn(times=Times(step_s=0.3)) as render:
        shop = render.service(policy=policy)
        for sha in [shop.push(FIRST) for _ in range(3)]:
            render.platform.begin(shop.hosted, sha, "manual")
        shop.settle()

        assert [one.status for one in shop.deploys] == statuses


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"build": "exit 3"}, "build_failed"),
        ({"pre_deploy": "exit 3"}, "pre_deploy_failed"),
        ({"start": "exit 3"}, "update_failed"),
    ],
    ids=["build", "pre-deploy", "start"],
)
def test_the_old_instance_serves_on_after_a_failure(settings: dict[str, str], status: str) -> None:
    with StandIn(times=Times(step_s=0.02)) as render:
        shop = render.service()
        first = shop.deployed(FIRST)
        vars(shop.record).update(settings)
        second = shop.deployed(SECOND)

        assert (first.status, second.status, asked(shop.record.url)) == ("live", status, first.commit)


def test_each_fault_is_what_it_is_called() -> None:
    with StandIn() as render:
        shop = render.service()
        seen = {}
        for kind in ("429", "503", "502", "garbage", "reset", "half-closed", "empty"):
            render.fault("retrieve-service", kind)
            seen[kind] = raw(render, f"/v1/services/{shop.record.id}")

    assert {kind: answer[:12] for kind, answer in seen.items()} == {
        "429": "HTTP/1.1 429",
        "503": "HTTP/1.1 503",
        "502": "HTTP/1.1 502",
        "garbage": "HTTP/1.1 200",
        "reset": "reset",
        "half-closed": "HTTP/1.1 200",
        "empty": "",
    }


def raw(render: StandIn, path: str) -> str:
    with socket.create_connection(("127.0.0.1", render.api.port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        read = b""
        try:
            while block := connection.recv(65536):
                read += block
        except ConnectionResetError:
            return "reset"
    return read.decode()


def test_what_the_stand_in_speaks_is_a_part_of_what_render_documents() -> None:
    file = renders_own()
    if file is None:
        pytest.skip("no copy of Render's document is here; DEPLOY_SUITE_RENDER_OPENAPI names one")
    own, whole = (json.loads(one.read_text(encoding="utf-8"))["paths"] for one in (OWN, file))

    ids = {
        (path, method): (one["operationId"], whole.get(path, {}).get(method, {}).get("operationId"))
        for path, methods in own.items()
        for method, one in methods.items()
    }
    assert {place: names for place, names in ids.items() if names[0] != names[1]} == {}


def test_the_sample_services_blueprint_makes_a_service(tmp_path: Path) -> None:
    file = tmp_path / "render.yaml"
    file.write_text(
        "services:\n- {type: web, name: a, runtime: python, startCommand: run, rootDir: x, envVars: "
        "[{key: PYTHON_VERSION, value: 3.12.12}, {key: K, generateValue: true}, {key: ASKED, sync: false}, "
        "{key: DATABASE_URL, fromDatabase: {name: d, property: connectionString}}]}\n"
    )
    service = blueprint.first_service(file, database_url="postgresql://x")

    assert (service["python"], service["root"], blueprint.needs_database(file)) == ("3.12", "x", True)
    assert sorted(service["variables"]) == ["DATABASE_URL", "K", "PYTHON_VERSION"]
