"""What the doctor finds of a machine with the stand-in, and that nothing makes it wait."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy_suite.adapters.clock import SystemClock
from deploy_suite.model.finding import Outcome
from deploy_suite.releases.doctoring import Item, Patient, examined
from deploy_suite.reports import doctoring as reports
from tests.integration.redeploy_stage import Stage, staged
from tests.standin.stand_in import KEY

pytestmark = pytest.mark.integration


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("DEPLOY_SUITE_PACE", "50")
    with staged(monkeypatch) as stage:
        yield stage


class FastClock(SystemClock):
    """A clock that is ahead."""

    def utc(self) -> str:
        return "2099-01-01T00:00:00+00:00"


def found(stage: Stage, *, most_s: float = 9.0, **more: str | tuple[str, ...]) -> dict[str, Item]:
    patient = replace(Patient(folder=stage.shop.clone, service="shop"), **more)  # type: ignore[arg-type]
    items = examined(patient, stage.ports, most_s=most_s)
    assert not [one for one in items if KEY in repr(one)]
    return {one.name: one for one in items}


def test_all_is_looked_at_and_the_key_is_never_told(stage: Stage) -> None:
    items = found(stage)

    assert list(items) == [
        "git remote",
        "key",
        "API",
        "service",
        "clock",
        "Pythons",
        "uv",
        "Docker",
        "PostgreSQL",
        "disk",
    ]
    assert items["key"] == Item("key", Outcome.PASSED, "RENDER_API_KEY is in the environment")
    assert items["service"].text == f"shop ({stage.shop.record.id}, deployed from main)"
    assert items["API"] == Item("API", Outcome.PASSED, "Render answers")
    assert items["clock"].outcome is items["git remote"].outcome is items["uv"].outcome is Outcome.PASSED


def test_what_is_missing_has_its_remedy(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENDER_API_KEY")
    stage.ports = replace(stage.ports, clock=FastClock())

    items = found(stage, pythons=("3.1",))

    assert [items[name].outcome for name in ("key", "service", "Pythons", "clock")] == [
        Outcome.FAILED,
        Outcome.SKIPPED,
        Outcome.WARNING,
        Outcome.WARNING,
    ]
    assert items["service"].text == "not looked for: there is no key"
    assert items["Pythons"].remedy.endswith(("uv python install 3.1", "uv' python install 3.1"))
    assert items["clock"].remedy == "set it: sudo timedatectl set-ntp true"
    assert "keyring set deploy-suite RENDER_API_KEY" in items["key"].remedy
    assert not reports.is_healthy(tuple(items.values()))


def test_a_target_that_is_silent_does_not_hold_the_others_up(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = {"RENDER_HOST": f"http://127.0.0.1:{silent.getsockname()[1]}/v1/"}
        stage.ports = replace(stage.ports, caller=replace(stage.ports.caller, target_settings=settings))
        began_s = time.monotonic()

        items = found(stage, most_s=3.0)

    assert time.monotonic() - began_s < 12.0  # one call is waited for longer than that
    assert items["service"] == Item(
        "service",
        Outcome.FAILED,
        "no answer within 3 s",
        "see the network of this machine, then run this again",
    )
    assert (items["clock"].outcome, items["API"].outcome) == (Outcome.WARNING, Outcome.FAILED)
    assert items["key"].outcome is Outcome.PASSED


def test_a_target_that_cannot_be_reached_is_no_matter_of_the_clock(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings = {"RENDER_HOST": f"http://127.0.0.1:{closed.getsockname()[1]}/v1/"}
    stage.ports = replace(stage.ports, caller=replace(stage.ports.caller, target_settings=settings))

    items = found(stage, most_s=3.0)

    assert items["API"].outcome is Outcome.FAILED
    assert items["API"].text.startswith("Render's API does not answer (refused: ")
    assert items["API"].remedy == "see https://status.render.com and this machine's network"
    assert items["clock"] == Item("clock", Outcome.SKIPPED, "not compared: the target does not answer")
