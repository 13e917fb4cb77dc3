"""The command `push`: bring what was checked to the branch that is deployed."""

import argparse
from typing import Final

from deploy_suite.entry.options import add_format, add_place, write
from deploy_suite.model.secret import Curtain

_CODES: Final = {"pushed": 0, "nothing to push": 0, "would be pushed": 2, "unknown": 3}
_FAILED: Final = 1


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `push` to the command line."""
    command = commands.add_parser("push", help="push what is checked out to the branch that is deployed")
    command.set_defaults(run=_push)
    add_place(command)
    command.add_argument(
        "--branch", default="", metavar="NAME", help="the branch (default: the service's, else the one it follows)"
    )
    command.add_argument(
        "--plan", action="store_true", help="push nothing; exit code 2 when there is something to push"
    )
    add_format(command)


def _push(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.releases.pushing import PushRequest, push  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.reports import pushing as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    request = PushRequest(
        folder=options.project,
        target=options.target,
        service=options.service,
        branch=options.branch,
        is_plan=options.plan,
    )
    with opened(curtain, command="push") as ports:
        done = push(request, ports)
    render = {"text": reports.render_text, "json": reports.render_json}[options.format]
    write(render(done), curtain)
    return _CODES.get(done.verdict.value, _FAILED)
