"""Builds the real adapters; nothing else knows which they are."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from deploy_suite.adapters import workplace
from deploy_suite.adapters.caller import caller
from deploy_suite.adapters.clock import SystemClock
from deploy_suite.adapters.console import Console
from deploy_suite.adapters.credentials import SystemCredentials
from deploy_suite.adapters.git import SystemGit
from deploy_suite.adapters.git_submodules import Submodules
from deploy_suite.adapters.interpreters import SystemInterpreters
from deploy_suite.adapters.later import LaterDatabases, LaterHttp, LaterWebSockets
from deploy_suite.adapters.ledger import LocalLedger, state_folder
from deploy_suite.adapters.networks import LocalNetworks
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.adapters.supervision import Roster, end_forking
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports


@contextmanager
def opened(curtain: Curtain, *, command: str = "preflight") -> Iterator[Ports]:
    """Yield the world for one run of *command*; leaving ends and removes all that the run started and made."""
    _settle_home()
    progress = Console(curtain, command=command)
    roster = Roster()
    with ExitStack() as stack:
        stack.callback(end_forking)
        place = stack.enter_context(workplace.opened(progress))
        runner = WardenedRunner(place.record_process, roster)
        launcher = WardenedLauncher(place.record_process, roster)
        yield Ports(
            clock=SystemClock(),
            runner=runner,
            launcher=launcher,
            networks=LocalNetworks(place.record_process, record_folder=place.record_folder),
            http=LaterHttp(),
            websockets=LaterWebSockets(),
            databases=LaterDatabases(
                runner=runner, launcher=launcher, workplace=place, record_folder=place.record_folder
            ),
            interpreters=SystemInterpreters(cache=place.cache / "interpreters.json"),
            git=SystemGit(Submodules(place, progress)),
            workplace=place,
            progress=progress,
            credentials=SystemCredentials(),
            ledger=LocalLedger(state_folder(os.environ)),
            caller=caller(),
            curtain=curtain,
        )


def _settle_home() -> None:
    """Give a user whom no home is known of, as in a container under a bare number, the one that login would: /.

    Source: https://man7.org/linux/man-pages/man1/login.1.html
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/"
