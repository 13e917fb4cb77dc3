"""The command `verify`: does what is live answer as it must, and is it the commit that is meant?"""

import argparse
from pathlib import Path
from typing import Final

from deploy_suite.entry.options import TARGETS, add_format, add_project, add_samples, add_window, write
from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.secret import Curtain

# By the values of ProbeVerdict: every start of every command would wait for its import.
_CODES: Final = {"pass": 0, "fail": 1, "inconclusive": 3}
_NEVER_REACHED: Final = 4


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the command line."""
    command = commands.add_parser("verify", help="does what is live answer as it must, with the right commit?")
    command.set_defaults(run=_verify)
    where = command.add_mutually_exclusive_group()
    where.add_argument("--url", default="", help="where the service answers: https://host or http://host:port")
    where.add_argument(
        "--target", choices=TARGETS, default="", help=f"where it is deployed (default, without --url: {TARGETS[0]})"
    )
    add_project(command)
    command.add_argument(
        "--service", default="", metavar="NAME|ID", help="its name, on a target its id too (default: the only one)"
    )
    command.add_argument(
        "--commit", default="", metavar="REV", help="what must serve (default: what the target says is live)"
    )
    command.add_argument(
        "--baseline", type=Path, metavar="FILE", help="the old release's latency, from --save-baseline"
    )
    command.add_argument(
        "--save-baseline", type=Path, metavar="FILE", help="measure the latency of what is live, and keep it there"
    )
    add_samples(command, of="each probe that may be repeated")
    add_window(command)
    add_format(command)


def _verify(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.releases import measuring, subjects  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.releases.verification import Patience  # noqa: PLC0415
    from deploy_suite.reports import verification as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    request = subjects.Request(
        folder=options.project,
        url=options.url,
        target=options.target or ("" if options.url else TARGETS[0]),
        service=options.service,
        revision=options.commit,
        baseline=measuring.parse(_read(options.baseline), file=str(options.baseline)) if options.baseline else None,
        measures=options.save_baseline is not None,
        patience=Patience.within(options.window, samples=options.samples),
    )
    with opened(curtain, command="verify") as ports:
        done = subjects.carried_out(request, ports)
    if options.save_baseline and done.measured:
        _write(options.save_baseline, measuring.render(done.measured))
    render = {"text": reports.render_text, "json": reports.render_json}[options.format]
    write(render(done), curtain)
    return _CODES[done.verdict.value] if done.is_reached else _NEVER_REACHED


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}", source=str(file), remedy="measure one: --save-baseline FILE"
        ) from error


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MachineError(f"{file} cannot be written: {error}", remedy="name a file that can be written") from error
