"""The commands `deploy` and `rollback`: one transaction each, with an exit code that says how it ended."""

import argparse
from typing import Final

from deploy_suite.entry.interruption import INTERRUPTED
from deploy_suite.entry.options import SAMPLES, add_format, add_place, add_samples, add_window, write
from deploy_suite.model.environment import Preferences
from deploy_suite.model.secret import Curtain, Secret

# By the values of ReleaseVerdict: every start of every command would wait for its import.
_CODES: Final = {"live": 0, "nothing to do": 0, "inconclusive": 3, "under way": 3}
# Of a rollback: the deploy that was under way was stopped or taken back, so what was live before serves.
_IS_BACK: Final = {"rolled back": 0, "canceled": 0}
_FAILED: Final = 1
_PENDING: Final = 2


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the two to the command line."""
    deploy = _added(commands, "deploy", "check, push, deploy and verify a commit; take back what is bad")
    deploy.set_defaults(run=_deploy)
    deploy.add_argument(
        "--branch",
        default="",
        metavar="NAME",
        help="the branch on which it belongs, where none is checked out, as in CI",
    )
    add_samples(deploy, of="each probe's latency, before and after")
    deploy.add_argument(
        "--network", action="store_true", help="let the service reach the network while preflight boots it"
    )
    deploy.add_argument(
        "--database-url", default="", metavar="URL", help="a disposable PostgreSQL server for preflight to use"
    )
    deploy.add_argument(
        "--plan", action="store_true", help="change nothing; say what would be done, exit code 2 when that is something"
    )
    deploy.add_argument(
        "--no-baseline", action="store_true", help="do not compare the latency with that of what was live before"
    )
    rollback = _added(commands, "rollback", "put the last verified release back, or another one")
    rollback.set_defaults(run=_rollback, samples=SAMPLES)  # of a deploy that it brings to its end first
    rollback.add_argument(
        "--to", default="", metavar="DEPLOY|COMMIT", help="a release that was live (default: the last verified)"
    )
    rollback.add_argument(
        "--ignore-schema",
        action="store_true",
        help="go back although nobody could prove that the old code fits the database",
    )


def _added(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary)
    add_place(command)
    add_window(command)
    add_format(command)
    return command


def _deploy(options: argparse.Namespace, curtain: Curtain) -> int:
    if options.plan:
        return _plan(options, curtain)
    return _run(options, curtain, command="deploy")


def _rollback(options: argparse.Namespace, curtain: Curtain) -> int:
    return _run(options, curtain, command="rollback")


def _plan(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.outlook import PlanRequest, planned  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.reports import planning as reports  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    request = PlanRequest(
        folder=options.project,
        target=options.target,
        service=options.service,
        branch=options.branch,
        preferences=_preferences(options),
    )
    with opened(curtain, command="deploy") as ports:
        plan = planned(request, ports)
    render = {"text": reports.render_text, "json": reports.render_json}[options.format]
    write(render(plan), curtain)
    return _PENDING if plan.is_pending else 0


def _preferences(options: argparse.Namespace) -> Preferences:
    database_url = getattr(options, "database_url", "")
    return Preferences(
        allow_network=getattr(options, "network", False),
        database_url=Secret(database_url) if database_url else None,
    )


def _run(options: argparse.Namespace, curtain: Curtain, *, command: str) -> int:
    from deploy_suite import rollout  # noqa: PLC0415  no other command need wait for it
    from deploy_suite.releases.verification import Patience  # noqa: PLC0415
    from deploy_suite.reports import rollout as reports  # noqa: PLC0415
    from deploy_suite.way_back import ProvenSchemas  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    request = rollout.Request(
        folder=options.project,
        target=options.target,
        service=options.service,
        branch=getattr(options, "branch", ""),
        to=getattr(options, "to", ""),
        ignores_schema=getattr(options, "ignore_schema", False),
        compares=not getattr(options, "no_baseline", False),
        patience=Patience.within(options.window, samples=options.samples),
        preferences=_preferences(options),
    )
    with opened(curtain, command=command) as ports:
        go = {"deploy": rollout.deploy, "rollback": rollout.rollback}[command]
        done = go(request, ports, schemas=ProvenSchemas(request.preferences))
    render = {"text": reports.render_text, "json": reports.render_json}[options.format]
    write(render(done), curtain)
    codes = _CODES | _IS_BACK if command == "rollback" else _CODES
    return INTERRUPTED if done.is_interrupted else codes.get(done.verdict.value, _FAILED)
