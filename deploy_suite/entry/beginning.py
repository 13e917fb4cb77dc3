"""The command `init`: what a project needs to meet the suite; it changes nothing without --write."""

import argparse
import sys
from pathlib import Path

from deploy_suite.model.secret import Curtain


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `init` to the command line."""
    command = commands.add_parser(
        "init", help="what a project needs for a start: its files, and how its services tell their commit"
    )
    command.set_defaults(run=_init)
    command.add_argument("--project", type=Path, default=Path(), help="the project's folder (default: here)")
    command.add_argument("--write", action="store_true", help="write the files that are not there yet")


def _init(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.beginning import beginning, written  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.reports.beginning import render_text  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    with opened(curtain, command="init") as ports:
        advice = beginning(options.project, ports)
        names = written(advice, options.project) if options.write else ()
    sys.stdout.write(curtain.masked(render_text(advice, written=names)))
    sys.stdout.flush()
    return 0
