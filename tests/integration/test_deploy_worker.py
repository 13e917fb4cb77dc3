"""A service without a public URL, deployed for real: good while it runs on, bad when it fails again and again."""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.integration.deploy_stage import BACK, QUICK
from tests.rehearse.stage import Stage
from tests.standin.platform import Times
from tests.standin.stand_in import StandIn

pytestmark = pytest.mark.integration

_MANIFEST = """\
services:
  - type: worker
    name: shop
    runtime: python
    plan: starter
    buildCommand: "true"
    startCommand: python main.py
    autoDeployTrigger: "off"
    envVars:
      - key: PYTHON_VERSION
        value: 3.12.12
"""
_WORKER = """\
import os, time

def work():
    print("release {number}", flush=True)
    time.sleep(0.5)
{then}
    while True:
        time.sleep(0.1)

if __name__ == "__main__":
    work()
"""
_ENDS_THERE = """\
if os.environ.get("SHOP_SEASON"):
    orders = {"summer": 1}
    print(orders[os.environ["SHOP_SEASON"]])
"""


def files(number: int, *, then: str = "") -> Mapping[str, str]:
    return {"render.yaml": _MANIFEST, "main.py": _WORKER.format(number=number, then=textwrap.indent(then, "    "))}


@pytest.fixture(name="stage")
def _stage(tmp_path: Path) -> Iterator[Stage]:
    with StandIn(times=Times(step_s=0.05)) as render:
        service = render.service(kind="background_worker", variables={"SHOP_SEASON": "winter"})
        stage = Stage(render, service, tmp_path / "state")
        service.commit(files(0), "Release 0")
        first = stage.run("deploy", *QUICK)
        assert (first.code, first.answer["verdict"]) == (0, "live"), first.text
        yield stage
        assert render.violations == []


def live(stage: Stage) -> str:
    assert stage.service.hosted.live is not None
    return stage.service.hosted.live.commit


def test_a_worker_that_runs_on_is_verified_by_what_its_target_sees_of_it(stage: Stage) -> None:
    sha = stage.service.commit(files(1), "Release 1")

    done = stage.run("deploy", *QUICK)
    again = stage.run("deploy", *QUICK)
    standing = stage.run("status")

    assert (done.code, done.answer["there"]["verify"]["verdict"], live(stage)) == (0, "pass", sha), done.text
    assert any("has no public URL: that it runs is what Render says" in note for note in done.answer["notes"])
    assert (again.code, again.answer["verdict"]) == (0, "nothing to do"), again.text
    assert standing.answer["verified"] is True, standing.text


def test_a_worker_that_fails_again_and_again_is_taken_back_and_its_log_says_why(stage: Stage) -> None:
    before = live(stage)
    stage.service.commit(files(2, then=_ENDS_THERE), "Sell nothing in winter")

    done = stage.run("deploy", "--samples", "20", "--window", "4")
    back = stage.run("rollback", *BACK)

    assert (done.code, done.answer["verdict"], live(stage)) == (1, "rolled back", before), done.text
    assert "the start command exited with status 1" in done.answer["reason"]
    assert done.answer["there"]["diagnosis"]["seen"]["exception"] == "KeyError: 'winter'"
    assert done.answer["back"]["verify"]["verdict"] == "pass"
    assert back.code == 2, back.text
