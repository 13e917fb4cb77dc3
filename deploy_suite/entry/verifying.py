"""The command `verify`: does what is live answer as it must, and is it the commit that is meant?"""

import argparse
import math
import sys
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.probe import Verdict
from deploy_suite.model.secret import Curtain

_TARGETS: Final = ("render",)
_FORMATS: Final = ("text", "json")
_CODES: Final = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
_NEVER_REACHED: Final = 4
_LEAST_SAMPLES: Final = 20
_MOST_SAMPLES: Final = 2000


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify` to the command line."""
    command = commands.add_parser("verify", help="does what is live answer as it must, with the commit that is meant?")
    command.set_defaults(run=_verify)
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", default="", help="where the service answers: https://host or http://host:port")
    where.add_argument("--target", choices=_TARGETS, default="", help="where it is deployed")
    command.add_argument("--project", type=Path, default=Path(), help="the project's folder (default: here)")
    command.add_argument("--service", default="", help="its name, on a target its id too (default: the only one)")
    command.add_argument("--commit", default="", help="what must serve (default: what the target says is live)")
    command.add_argument("--baseline", type=Path, help="the old release's latency, from --save-baseline")
    command.add_argument("--save-baseline", type=Path, help="measure the latency of what is live, and keep it there")
    command.add_argument(
        "--samples", type=_samples, default=200, help="of each probe that may be repeated (default: 200, at least 20)"
    )
    command.add_argument(
        "--window", type=_seconds, default=60.0, metavar="SECONDS", help="how long a fault must last (default: 60)"
    )
    command.add_argument("--format", choices=_FORMATS, default="text", help="form of the answer (default: text)")


def _samples(text: str) -> int:
    count = int(text)
    if not _LEAST_SAMPLES <= count <= _MOST_SAMPLES:
        raise ValueError(text)
    return count


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError(text)
    return seconds


def _verify(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.releases import measuring, subjects  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.releases.verification import Patience  # noqa: PLC0415
    from deploy_suite.reports import verification as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    request = subjects.Request(
        folder=options.project,
        url=options.url,
        target=options.target,
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
    sys.stdout.write(curtain.masked(render(done)))
    sys.stdout.flush()
    return _CODES[done.verdict] if done.is_reached else _NEVER_REACHED


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
