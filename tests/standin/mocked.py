"""`python -m tests.standin.mocked PRISM [DOCUMENT]`: does a mock that others made accept every request that we send?

Prism reads the same OpenAPI document and answers 422 to what does not fit it: https://github.com/stoplightio/prism
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from deploy_suite.errors import DeployError
from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, Intent, LiveService
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Address, Http, HttpRequest, HttpResponse
from deploy_suite.targets.live import LogCursor
from deploy_suite.targets.render import opening
from deploy_suite.targets.render.live import RenderLive
from deploy_suite.wiring import opened
from tests.standin import contract

_SERVICE = LiveService(id="srv-cukouhrtq21c73e9scng", name="shop", kind="web_service", owner="tea-abc")
_DEPLOY = Deploy(id="dep-cph1rs3idesc73a2b2mg", state=DeployState.CANCELED)
_INTENT = Intent(commit="a" * 40, known=frozenset({_DEPLOY.id}))


@dataclass
class Noted:
    """Implements `ports.Http` and keeps what was answered to what."""

    http: Http
    seen: list[tuple[str, str, int]] = field(default_factory=list)

    def prepare(self) -> None:
        """See `ports.Http.prepare`."""
        self.http.prepare()

    def request(
        self, address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        """See `ports.Http.request`."""
        answer = self.http.request(address, request, timeout_s=timeout_s, connect_s=connect_s)
        self.seen.append((request.method, request.path, answer.status))
        return answer


def calls(render: RenderLive) -> tuple[Callable[[], object], ...]:
    """Return every call that the suite makes; what the mock makes up in answer is of no account."""
    return (
        lambda: render.services("shop"),
        lambda: render.service(_SERVICE.id),
        lambda: render.live(_SERVICE),
        lambda: render.deploys(_SERVICE),
        lambda: render.deploy(_SERVICE, _DEPLOY.id),
        lambda: render.intent(_SERVICE, commit=_INTENT.commit),
        lambda: render.find(_SERVICE, replace(_INTENT, after=datetime.now(UTC))),
        lambda: render.carry_out(_SERVICE, _INTENT),
        lambda: render.carry_out(_SERVICE, Intent(clear_cache=True)),
        lambda: render.carry_out(_SERVICE, Intent(back_to=_DEPLOY.id)),
        lambda: render.cancel(_SERVICE, _DEPLOY.id),
        *(lambda mode=mode: render.set_auto_deploy(_SERVICE, mode) for mode in AutoDeploy),
        lambda: render.reason(_SERVICE, _DEPLOY),
        lambda: render.last_push(_SERVICE),
        lambda: render.failures(_SERVICE, datetime.now(UTC)),
        lambda: render.instances(_SERVICE),
        lambda: render.log(_SERVICE, LogCursor(datetime.now(UTC))),
        lambda: render.variables(_SERVICE),
    )


def main(prism: str, document: str = "") -> int:
    """Print a line for each kind of request; return 1 where the mock of *document* refused one.

    Shape: without a *document* the one that the stand-in is checked against, Render's own where there is a copy.
    """
    document = document or str(contract.document())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {"RENDER_HOST": f"http://127.0.0.1:{port}", "RENDER_API_KEY": "rnd_mocked", "DEPLOY_SUITE_PACE": "2"}
    mock = subprocess.Popen(
        (prism, "mock", "-p", str(port), document), stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait(port)
        seen = _seen()
    finally:
        os.killpg(mock.pid, signal.SIGKILL)  # a wrapper may stand between this process and Prism's own
        mock.wait()
    for method, path, status in dict.fromkeys(seen):
        print(f"{status}  {method:<5}  {path}")
    refused = [one for one in seen if one[2] >= 400]
    print(f"{len(seen)} requests, {len(refused)} refused")
    return bool(refused)


def _seen() -> list[tuple[str, str, int]]:
    with opened(Curtain(), command="mocked") as world:
        http = Noted(world.http)
        render = opening.opened(replace(world, http=http))
        for call in calls(render):
            try:
                call()
            except DeployError as error:
                print(f"(made-up answer: {error.message})")
    return http.seen


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the mock does not listen")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
