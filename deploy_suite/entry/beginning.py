"""The command `init`: what a project needs to meet the suite; it changes nothing without --write."""

import argparse

from deploy_suite.entry.options import add_project, write
from deploy_suite.model.secret import Curtain


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `init` to the command line."""
    command = commands.add_parser("init", help="the files and lines of code that a project needs for a start")
    command.set_defaults(run=_init)
    add_project(command)
    command.add_argument("--write", action="store_true", help="write the files that are not there yet")


def _init(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.beginning import beginning, written  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.reports.beginning import render_text  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    with opened(curtain, command="init") as ports:
        advice = beginning(options.project, ports)
        names = written(advice, options.project) if options.write else ()
    write(render_text(advice, written=names), curtain)
    return 0
