"""What a service tried to reach outside → a warning where that matters, else a note."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.boot import excuses, outside
from deploy_suite.checks.boot.explaining import NETWORK_REMEDY
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.model.contract import Bindings
from deploy_suite.model.finding import Outcome
from deploy_suite.ports import Reach
from tests.unit.checks.gunicorn_case import case

NEAR = Reach("postgres", 5432)
API, MODEL, RAW = Reach("api.example.com"), Reach("cdn-lfs.huggingface.co"), Reach("raw.githubusercontent.com")


@pytest.mark.parametrize(
    ("reached", "has_failed", "packages", "outcome"),
    [
        (API, False, (), Outcome.NOTE),
        (API, True, (), Outcome.WARNING),
        (NEAR, True, (), Outcome.WARNING),
        (MODEL, False, (), Outcome.WARNING),
        (RAW, False, ("httpx",), Outcome.NOTE),
        (RAW, False, ("nltk",), Outcome.WARNING),
    ],
)
def test_a_host_that_a_start_does_without_is_a_note_unless_it_keeps_models(
    reached: Reach, *, has_failed: bool, packages: tuple[str, ...], outcome: Outcome
) -> None:
    found = outside.finding([reached], has_failed=has_failed, packages=packages)

    assert found is not None
    assert (found.code, found.outcome) == ("network-at-start", outcome)


def test_an_address_that_was_made_up_here_is_none_that_the_service_wanted(tmp_path: Path) -> None:
    network = SimpleNamespace(reached_for=lambda: [Reach("preflight-dummy.invalid", 443), API])
    subject = case(tmp_path, {})
    stage = SimpleNamespace(network=network, contract=subject.contract, built=SimpleNamespace(case=subject))

    assert outside.reached(cast("Stage", stage)) == (API,)


def test_a_request_that_fetches_what_is_no_model_is_a_note() -> None:
    (prices,) = outside.on_requests([("/prices", RAW)], packages=("httpx",))
    (corpus,) = outside.on_requests([("/words", RAW)], packages=("nltk",))

    assert (prices.outcome, corpus.outcome) == (Outcome.NOTE, Outcome.WARNING)
    assert "nltk.downloader" in corpus.remedy


def test_a_bare_name_is_no_matter_of_the_way_out() -> None:
    found = outside.finding([NEAR], has_failed=True, packages=())

    assert found is not None
    assert found.message == "while it started, the service tried to reach postgres:5432; a preflight lets nothing out"
    assert found.remedy == f"if that is why it failed, {outside.NAMING_REMEDY}"
    assert (outside.are_near(["db", "cache"]), outside.are_near(["db", "api.example.com"])) == (True, False)


def test_a_name_that_was_only_looked_up_is_told_without_a_port() -> None:
    assert [str(NEAR), str(API)] == ["postgres:5432", "api.example.com"]


def test_a_start_that_fails_for_a_model_is_told_to_ship_it_or_to_be_let_out() -> None:
    model, other = Reach(host="huggingface.co"), Reach(host="api.example.com")

    assert "while the service is built" in outside.remedy([other, model], packages=())
    assert "--network" in outside.remedy([model], packages=())
    assert outside.remedy([other], packages=()) == NETWORK_REMEDY


@pytest.mark.parametrize("lines_behind", [0, 200])
def test_a_server_that_says_much_after_the_failure_hides_no_closed_way_out(tmp_path: Path, lines_behind: int) -> None:
    log = 'Traceback (most recent call last):\n  File "app.py", line 9, in <module>\n    tokens = client.tokens()\n'
    log += (
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.example.com', port=443): Max retries "
        "exceeded with url: /token (Caused by NameResolutionError(\"Failed to resolve 'api.example.com' ([Errno -2] "
        'Name or service not known)"))\n'
    )
    log += "[2026-11-22 14:00:00 +0000] [7] [INFO] Worker exiting (pid: 7)\n" * lines_behind
    subject = case(tmp_path, {"app.py": ""})
    environment = SimpleNamespace(packages={})
    built = SimpleNamespace(
        case=subject, bindings=Bindings(values={}, dummies=frozenset()), server=None, environment=environment
    )
    network = SimpleNamespace(reached_for=lambda: [API])
    stage = SimpleNamespace(contract=subject.contract, built=built, network=network)
    root = diagnose(log).root
    assert root is not None
    assert root.family == "outbound-network-blocked"

    excuse = excuses.surroundings(cast("Stage", stage), log, root)

    assert excuse is not None
    assert excuse.why == "it wanted to reach api.example.com, and nothing outside is let through"
