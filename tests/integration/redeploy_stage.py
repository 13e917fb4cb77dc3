"""The suite's way to the stand-in, with everything that is said written down."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any, Final

import pytest

from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports
from deploy_suite.releases.redeploying import redeploy
from deploy_suite.releases.redeployment import Redeployment
from deploy_suite.targets.live import LiveTarget, Pace
from deploy_suite.targets.render import opening
from deploy_suite.targets.render.api import place as places
from deploy_suite.targets.render.api.door import Door
from deploy_suite.targets.render.live import RenderLive
from deploy_suite.wiring import opened
from tests.standin.platform import Times
from tests.standin.stand_in import StandIn, StandInService, server

# As the platform's pace, but a hundred times as fast where only waiting is meant.
PACE = Pace(
    connect_s=1.0,
    call_s=0.6,
    patience_s=5.0,
    pause_first_s=0.02,
    pause_most_s=0.3,
    lookup_s=1.0,
    push_s=10.0,
    queued_s=20.0,
    poll_s=0.05,
    heartbeat_s=0.4,
    lost_s=5.0,
    follow_s=60.0,
)
IMPATIENT = replace(PACE, patience_s=0.5, lost_s=1.0)
HEALTHY = {"main.py": server()}


class Moments:
    """What a thread of this process gets of the time that goes by: on a busy machine less than all.

    One thread only wakes, again and again; where it wakes late, so does whoever is to give a sign of life.
    """

    def __init__(self) -> None:
        """Begin to count."""
        self._woke: deque[float] = deque(maxlen=200_000)
        threading.Thread(target=self._count, daemon=True).start()

    def between(self, earlier: float, later: float) -> float:
        """Return how much of the time between two moments, in seconds, a thread could use."""
        woken = sum(earlier < one <= later for one in tuple(self._woke))
        return min(later - earlier, (woken + 1) * _MOMENT_S)

    def _count(self) -> None:
        while True:
            time.sleep(_MOMENT_S)
            self._woke.append(time.monotonic())


_MOMENT_S: Final = 0.02
MOMENTS: Final = Moments()


@dataclass
class Heard:
    """Implements `ports.Progress`: keeps what is said, and when."""

    curtain: Curtain
    lines: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=lambda: [time.monotonic()])

    def began(self, step: str) -> None:
        self._note(f"{step} …")

    def waiting(self, text: str) -> None:
        self._note(text)

    def ended(self, step: str, _seconds: float, outcome: str) -> None:
        self._note(f"{step}: {outcome}")

    def said(self, source: str, text: str) -> None:
        self._note(f"{source} | {text}")

    def longest_silence_s(self) -> float:
        """Return the longest time in which nothing was said, as far as the machine let anybody speak."""
        return max(MOMENTS.between(earlier, later) for earlier, later in pairwise((*self.times, time.monotonic())))

    def listen(self) -> None:
        """Take what comes from now on for what was to be heard: the test's own doings are nobody's silence."""
        self.lines.clear()
        self.times[:] = [time.monotonic()]

    def _note(self, line: str) -> None:
        self.lines.append(self.curtain.masked(line))
        self.times.append(time.monotonic())


@dataclass
class Stage:
    """A stand-in with one service that is live, and the suite's target on it."""

    render: StandIn
    shop: StandInService
    target: LiveTarget
    ports: Ports
    heard: Heard

    def redeploy(self, *, commit: str = "", waits: bool = True, clear_cache: bool = False) -> Redeployment:
        self.heard.listen()
        service = self.target.service(self.shop.record.id)
        intent = self.target.intent(service, commit=commit, clear_cache=clear_cache)
        return redeploy(self.target, service, intent, ports=self.ports, waits=waits)

    def begun_by_request(self) -> list[str]:
        return [one.commit for one in self.shop.deploys if one.trigger in {"api", "deploy_hook"}]


@contextmanager
def staged(
    monkeypatch: pytest.MonkeyPatch, *, pace: Pace = PACE, by_hook: bool = False, **more: Any
) -> Iterator[Stage]:
    with StandIn(times=Times(**{"step_s": 0.05, **more})) as render:
        shop = render.service()
        assert shop.deployed(HEALTHY).status == "live"
        for name, value in render.settings.items():
            monkeypatch.setenv(name, value)
        if by_hook:
            monkeypatch.setenv("RENDER_DEPLOY_HOOK", shop.hook)
        curtain = Curtain()
        heard = Heard(curtain)
        with opened(curtain, command="redeploy") as world:
            ports = replace(world, progress=heard)
            yield Stage(render, shop, paced(ports, pace, by_hook=by_hook), ports, heard)
        assert render.violations == []


def paced(ports: Ports, pace: Pace, *, by_hook: bool = False) -> RenderLive:
    """Return Render as the command line opens it, but at *pace*."""
    target = opening.opened(ports, by_hook=by_hook)
    place, key = places.place(ports.caller.target_settings["RENDER_HOST"]), ports.credentials.secret("RENDER_API_KEY")
    door = partial(Door, http=ports.http, clock=ports.clock, pace=pace)
    hook_door = door(target.hook.place, None) if target.hook else None
    return replace(target, pace=pace, api=door(place, key) if key else None, hook_door=hook_door)
