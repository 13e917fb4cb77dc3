"""The commands `status`, `logs` and `doctor`: what is live, what it says, and whether this machine can deploy."""

import argparse
from typing import Final

from deploy_suite.entry.options import add_format, add_place, write
from deploy_suite.model.secret import Curtain

_LAG_CODES: Final = {"current": 0, "lags": 1, "unknown": 3}


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the three to the command line."""
    status = _added(commands, "status", "what is live, and how far is it behind the branch?")
    status.set_defaults(run=_status)
    logs = _added(commands, "logs", "what the live service prints, secrets masked")
    logs.set_defaults(run=_logs)
    logs.add_argument(
        "--since", default="15m", metavar="WHEN", help="from then on: 15m, 2h, 1d, or a time in ISO 8601 (default: 15m)"
    )
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    doctor = _added(commands, "doctor", "can this machine check and deploy?")
    doctor.set_defaults(run=_doctor)


def _added(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary)
    add_place(command)
    add_format(command)
    return command


def _status(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.releases.standing import standing  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.reports import standing as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    with opened(curtain, command="status") as ports:
        found = standing(options.project, target=options.target, service=options.service, ports=ports)
    write({"text": reports.render_text, "json": reports.render_json}[options.format](found), curtain)
    return _LAG_CODES[found.lag.value]


def _doctor(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.entry.matrix import matrix  # noqa: PLC0415  as above
    from deploy_suite.releases.doctoring import Patient, examined  # noqa: PLC0415
    from deploy_suite.reports import doctoring as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    patient = Patient(
        folder=options.project,
        target=options.target,
        service=options.service,
        pythons=matrix(options.project).pythons,
    )
    with opened(curtain, command="doctor") as ports:
        items = examined(patient, ports)
        ports.runner.give_up()  # what did not answer in time is not waited for
    write({"text": reports.render_text, "json": reports.render_json}[options.format](items), curtain)
    return 0 if reports.is_healthy(items) else 1


def _logs(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.releases.live_log import LogRequest, told  # noqa: PLC0415  as above
    from deploy_suite.reports.live_log import LINES  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    render = LINES[options.format]
    request = LogRequest(
        folder=options.project,
        target=options.target,
        service=options.service,
        since=options.since,
        follows=options.follow,
    )
    with opened(curtain, command="logs") as ports:
        told(request, ports, tell=lambda line: write(render(line), curtain))
    return 0
