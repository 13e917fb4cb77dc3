"""The live service's log on the stand-in, and what must not be read in it."""

import json
from collections.abc import Iterator

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.release import LogLine
from deploy_suite.releases.live_log import LogRequest, told
from deploy_suite.reports.live_log import json_line, text_line
from tests.integration.redeploy_stage import Stage, staged
from tests.standin.stand_in import server

pytestmark = pytest.mark.integration

LEAK = "ghp_" + "q8Zt3LwX5vR7nB2mK9pD4sF6hJ1gC0yT8uE5"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("DEPLOY_SUITE_PACE", "50")
    with staged(monkeypatch) as stage:
        yield stage


def lines(stage: Stage, **more: str | bool) -> list[LogLine]:
    found: list[LogLine] = []
    request = LogRequest(folder=stage.shop.clone, service="shop", **more)  # type: ignore[arg-type]
    assert told(request, stage.ports, tell=found.append) == len(found)
    return found


def test_each_line_comes_once_with_its_source_and_without_its_secrets(stage: Stage) -> None:
    stage.redeploy(commit=stage.shop.push({"main.py": server(before=f"print('hello', '{LEAK}')")}))

    found = lines(stage)

    assert [one.text for one in found if one.text.startswith("hello")] == ["hello ***"]
    assert len({one.id for one in found}) == len(found)
    assert [one.source for one in found if one.text.startswith("hello")] == ["app"]
    assert not [one for one in found if LEAK in text_line(one) or LEAK in json_line(one)]
    assert set(json.loads(json_line(found[0]))) == {"time", "source", "instance", "text"}


def test_what_is_older_than_asked_for_is_left_out(stage: Stage) -> None:
    assert lines(stage, since="1h") != []
    assert lines(stage, since="2099-01-01T00:00:00Z") == []


def test_following_goes_on_with_what_comes_later_until_it_is_interrupted(stage: Stage) -> None:
    found: list[str] = []

    def tell(line: LogLine) -> None:
        if not found:
            stage.redeploy(commit=stage.shop.push({"main.py": server(before="print('later')")}))
        found.append(line.text)
        if line.text == "later":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        told(LogRequest(folder=stage.shop.clone, service="shop", follows=True), stage.ports, tell=tell)

    assert found.count("later") == 1


def test_a_since_that_is_no_time_is_wrong_usage(stage: Stage) -> None:
    with pytest.raises(UsageError, match="neither a span nor a time"):
        lines(stage, since="yesterday")
