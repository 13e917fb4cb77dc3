"""How a service on the stand-in stands: what is live, and what the branch has beyond."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_suite.model.release import ReleaseVerdict
from deploy_suite.releases.standing import Lag, Standing, standing
from deploy_suite.reports import standing as reports
from tests.integration.redeploy_stage import Stage, staged
from tests.standin.stand_in import server

pytestmark = pytest.mark.integration

SECOND = {"main.py": server(before="print('second')")}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("DEPLOY_SUITE_PACE", "50")
    with staged(monkeypatch) as stage:
        yield stage


def found(stage: Stage, *, folder: Path | None = None) -> Standing:
    return standing(folder or stage.shop.clone, target="render", service="shop", ports=stage.ports)


def test_a_head_that_is_live_is_current(stage: Stage) -> None:
    here = found(stage)

    assert (here.lag, here.missing, here.unpushed, here.notes) == (Lag.CURRENT, (), 0, ())
    assert here.live
    assert here.live.commit == here.head
    assert [one.id for one in here.deploys] == [here.live.id]
    assert re.search(
        r"  live: \w{7} .*, \d+ \w+ ago, not verified from this machine\n  that is the head of main\n",
        reports.render_text(here),
    )


def test_what_was_pushed_and_not_deployed_is_counted_and_so_is_what_was_not_pushed(stage: Stage) -> None:
    stage.shop.push(SECOND, "Say second")
    stage.shop.push({"more.py": ""}, "Add more")
    stage.shop.commit({"mine.py": ""}, "Keep it here")

    lagging = found(stage)
    document = json.loads(reports.render_json(lagging))

    assert (lagging.lag, lagging.unpushed, lagging.astray) == (Lag.LAGS, 1, 0)
    assert [one.subject for one in lagging.missing or ()] == ["Say second", "Add more"]
    assert (document["lag"], document["behind"], document["unpushed"]) == ("lags", 2, 1)
    assert "  behind main (" in reports.render_text(lagging)


def test_after_a_redeploy_it_is_current_again_and_a_failed_one_leaves_it_behind(stage: Stage) -> None:
    done = stage.redeploy(commit=stage.shop.push(SECOND))
    after = found(stage)
    failed = stage.redeploy(commit=stage.shop.push({"main.py": "import numpyy\n"}, "Break it"))
    broken = found(stage)

    assert (done.verdict, after.lag) == (ReleaseVerdict.LIVE, Lag.CURRENT)
    assert (failed.verdict, broken.lag) == (ReleaseVerdict.FAILED, Lag.LAGS)
    assert [one.subject for one in broken.missing or ()] == ["Break it"]
    assert "    start failed " in reports.render_text(broken)


def test_elsewhere_than_in_the_repository_the_branch_cannot_be_seen(stage: Stage, tmp_path: Path) -> None:
    elsewhere = found(stage, folder=tmp_path)

    assert (elsewhere.lag, elsewhere.missing, len(elsewhere.notes)) == (Lag.UNKNOWN, None, 1)
    assert elsewhere.live
