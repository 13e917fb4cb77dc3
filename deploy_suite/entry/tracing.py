"""The command that traces: which modules starting an entry point imports, and by which ways."""

import argparse
import re
from typing import Final

from deploy_suite.entry.options import add_format, add_project, write
from deploy_suite.errors import UsageError
from deploy_suite.model.secret import Curtain

_SERIES: Final = re.compile(r"3\.\d{1,2}(?:\.\d+)?")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `trace` to the command line."""
    command = commands.add_parser(
        "trace",
        help="what does starting a service import, and what brings it?",
        description=(
            "Reads the sources and runs nothing, unless --times asks for it. The folder is read as it lies; --revision "
            "reads a commit. The answer is no verdict: the exit code is 0 whatever is missing."
        ),
    )
    command.set_defaults(run=_trace)
    command.add_argument(
        "entry",
        nargs="?",
        default="",
        help="module:app, a module, a file, '-m module' or a start command (default: the services')",
    )
    add_project(command)
    command.add_argument("--why", default="", metavar="MODULE", help="tell only the ways to this module or package")
    command.add_argument("--service", default="", metavar="NAME", help="one service of the project (default: all)")
    command.add_argument(
        "--python", default="", metavar="X.Y", help="trace for another Python than the target would use"
    )
    command.add_argument("--revision", default="", metavar="REV", help="a commit instead of the folder as it lies")
    command.add_argument(
        "--syntax", action="store_true", help="parse every file on the way, to find what Python cannot read"
    )
    command.add_argument(
        "--times",
        action="store_true",
        help="build the service's environment, or take the one kept, and time each import",
    )
    add_format(command)


def _trace(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite import outline  # noqa: PLC0415  no other command needs it
    from deploy_suite.reports import outline_json, outline_text  # noqa: PLC0415  likewise

    if options.python and not _SERIES.fullmatch(options.python):
        raise UsageError(f"{options.python} is no version of Python", remedy="give one like 3.12")
    request = outline.Request(
        folder=options.project,
        entry=options.entry.strip(),
        service=options.service,
        python=options.python,
        revision=options.revision,
        reads_all=options.syntax,
    )
    if options.revision or options.times:
        from deploy_suite.wiring import opened  # noqa: PLC0415  the folder as it lies needs nothing of the world

        with opened(curtain) as ports:
            found = outline.at_commit(request, ports, times=options.times)
    else:
        found = outline.as_it_lies(request)
    text = (
        outline_json.render(found, why=options.why)
        if options.format == "json"
        else "\n".join(outline_text.render(one, why=options.why) for one in found)
    )
    write(text, curtain)
    return 0
