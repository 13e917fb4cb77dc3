"""The command `preflight`: options in, a report and its exit code out."""

import argparse
import shutil
import sys
from typing import Final

from deploy_suite.entry.options import add_project, seconds, write
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Outcome
from deploy_suite.model.report import Report
from deploy_suite.model.secret import Curtain, Secret
from deploy_suite.reports import text
from deploy_suite.reports.registry import FORMATS

EXIT_CODES: Final = {Outcome.PASSED: 0, Outcome.WARNING: 0, Outcome.FAILED: 1, Outcome.SKIPPED: 3}


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `preflight` to the command line."""
    command = commands.add_parser(
        "preflight",
        help="would this commit build, migrate, boot and answer on its target?",
    )
    command.set_defaults(run=_preflight)
    add_project(command)
    command.add_argument("--commit", default="HEAD", metavar="REV", help="the commit to check (default: HEAD)")
    command.add_argument("--target", action="append", default=[], metavar="NAME", help="a target (default: all)")
    command.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="a service of the project (default: all)"
    )
    command.add_argument(
        "--python", default="", metavar="X.Y", help="check with another Python than the target would use"
    )
    command.add_argument(
        "--pip", choices=("uv", "real"), default="uv", help="what runs where the build says 'pip' (default: uv)"
    )
    command.add_argument("--network", action="store_true", help="let the service reach the network while it boots")
    command.add_argument("--fresh", action="store_true", help="reuse no earlier verdict and no environment")
    command.add_argument(
        "--database-url", default="", metavar="URL", help="a disposable PostgreSQL server, in place of the suite's own"
    )
    command.add_argument(
        "--live-revision", default="", metavar="ID", help="the migration at which the target's database is"
    )
    command.add_argument(
        "--build-timeout", type=seconds, metavar="SECONDS", help="stop a build earlier than the target would"
    )
    command.add_argument(
        "--start-timeout",
        type=seconds,
        metavar="SECONDS",
        help="give up on the pre-deploy command, and on the start, earlier than the target would (each its own time)",
    )
    command.add_argument("--format", choices=tuple(FORMATS), default="text", help="form of the report (default: text)")


def _preflight(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.preflight import Request, preflight  # noqa: PLC0415  other commands start faster without it
    from deploy_suite.wiring import opened  # noqa: PLC0415  likewise

    request = Request(
        folder=options.project,
        revision=options.commit,
        targets=tuple(options.target),
        services=tuple(options.service),
        preferences=Preferences(
            python=options.python,
            real_pip=options.pip == "real",
            allow_network=options.network,
            fresh=options.fresh,
            database_url=Secret(options.database_url) if options.database_url else None,
            live_revision=options.live_revision,
            build_timeout_s=options.build_timeout,
            start_timeout_s=options.start_timeout,
        ),
    )
    with opened(curtain) as ports:
        report = preflight(request, ports)
        # Each finding has been masked. It is told before what was made is removed: of gigabytes that takes a while.
        write(_rendered(report, options.format), Curtain())
    if report.is_interrupted:
        raise KeyboardInterrupt  # what was known by then has been told
    return EXIT_CODES[report.outcome]


def _rendered(report: Report, form: str) -> str:
    """Return *report* in the *form* asked for, on a terminal with its sentences wrapped to the width."""
    if form == "text" and sys.stdout.isatty():
        return text.render(report, columns=shutil.get_terminal_size().columns)
    return FORMATS[form](report)
