"""The command that locks: the versions that each service's target would get now, written to a file."""

import argparse
import re
from typing import Final

from deploy_suite.entry.options import add_project, write
from deploy_suite.errors import UsageError
from deploy_suite.model.secret import Curtain

_VERSION: Final = re.compile(r"3\.\d{1,2}(?:\.\d+)?")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `lock` to the command line."""
    command = commands.add_parser(
        "lock",
        help="write down the versions that the target would get now",
        description=(
            "Asks the package index for the target's Python and platform, and writes the answer to a file beside the "
            "requirements (requirements.lock for requirements.txt). It changes no file that it has not written itself, "
            "and says which words of the build command to change. What uv, Poetry and Pipenv lock is left to them."
        ),
    )
    command.set_defaults(run=_lock)
    add_project(command)
    command.add_argument(
        "--service", action="append", default=[], metavar="NAME", help="a service of the project (default: all)"
    )
    command.add_argument(
        "--python", default="", metavar="X.Y", help="lock for another Python than the target would use"
    )
    command.add_argument("--hashes", action="store_true", help="write the hashes too, which pip then insists on")


def _lock(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite import locking  # noqa: PLC0415  no other command needs it
    from deploy_suite.wiring import opened  # noqa: PLC0415  likewise

    if options.python and not _VERSION.fullmatch(options.python):
        raise UsageError(f"{options.python} is no version of Python", remedy="give one like 3.12")
    request = locking.Request(
        folder=options.project,
        services=tuple(options.service),
        python=options.python,
        with_hashes=options.hashes,
    )
    with opened(curtain) as ports:
        done = locking.lock(request, ports)
    lines = []
    for one in done:
        lines.append(f"{one.service}: {f'wrote {one.file}, {one.count} versions' if one.file else 'wrote nothing'}")
        lines += [f"  {step}" for step in one.steps]
    write("\n".join(lines) + "\n", curtain)
    return 0
