"""The command `redeploy`: let a target deploy a commit, and wait until it is live."""

import argparse
from typing import Final

from deploy_suite.entry.interruption import INTERRUPTED
from deploy_suite.entry.options import add_format, add_place, write
from deploy_suite.errors import UsageError
from deploy_suite.model.secret import Curtain

# By the values of ReleaseVerdict: every start of every command would wait for its import.
_CODES: Final = {"live": 0, "under way": 0, "inconclusive": 3}
_FAILED: Final = 1


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `redeploy` to the command line."""
    command = commands.add_parser("redeploy", help="let the target deploy a commit, and wait until it is live")
    command.set_defaults(run=_redeploy)
    add_place(command)
    command.add_argument(
        "--commit", default="", metavar="REV", help="a pushed commit (default: the head of the service's branch)"
    )
    command.add_argument("--clear-cache", action="store_true", help="build without what earlier builds left")
    command.add_argument(
        "--now", action="store_true", help="ask at once, also where a push has begun a deploy of it, or is about to"
    )
    command.add_argument("--no-wait", action="store_true", help="only begin it")
    command.add_argument("--hook", action="store_true", help="begin it by the deploy hook in RENDER_DEPLOY_HOOK")
    command.add_argument("--cancel", default="", metavar="DEPLOY", help="stop this deploy instead of beginning one")
    add_format(command)


def _redeploy(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.releases import requests  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.reports import redeployment as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    if options.clear_cache and options.hook:
        raise UsageError("a deploy hook clears no cache", remedy="leave out --hook or --clear-cache")
    request = requests.Request(
        folder=options.project,
        target=options.target,
        service=options.service,
        revision=options.commit,
        clears_cache=options.clear_cache,
        waits=not options.no_wait,
        by_hook=options.hook,
        is_now=options.now,
        cancel=options.cancel,
    )
    with opened(curtain, command="redeploy") as ports:
        done = requests.carried_out(request, ports)
    render = {"text": reports.render_text, "json": reports.render_json}[options.format]
    write(render(done), curtain)
    if done.is_interrupted:
        return INTERRUPTED
    if options.cancel:
        return 0
    return _CODES.get(done.verdict.value, _FAILED)
