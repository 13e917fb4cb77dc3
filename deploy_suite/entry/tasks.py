"""Invoke's tasks for a user's repository: `from deploy_suite.entry.tasks import namespace` in its tasks.py."""

import sys
from collections.abc import Mapping
from typing import Final

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from deploy_suite.entry import cli

_PROJECT: Final = {"project": "the project's folder (default: here)"}
_PLACE: Final = {
    **_PROJECT,
    "target": "where it is deployed: render",
    "service": "its name or id; the manifest's, else the repository's, when left out",
}
_PYTHON: Final = {"python": "another Python than the target would use, for example 3.13"}
_WINDOW: Final = {"window": "how many seconds a fault must last: 60 when left out"}
_FORMAT: Final = {"format": "text or json"}


@task(
    help={
        **_PROJECT,
        "commit": "the commit to check (default: HEAD)",
        "target": "one target; all when left out",
        "service": "one service; all when left out",
        **_PYTHON,
        "pip": "'real' runs pip itself instead of uv in its place",
        "network": "let the service reach the network while it boots",
        "fresh": "reuse no earlier verdict and no environment",
        "build-timeout": "stop a build after so many seconds, earlier than the target would",
        "start-timeout": "give up on a start after so many seconds, earlier than the target would",
        "database-url": "a disposable PostgreSQL server to use instead of the embedded one",
        "live-revision": "the migration at which the target's database is",
        "format": "text, json or github",
    }
)
def preflight(
    _context: Context,
    project: str = ".",
    commit: str = "HEAD",
    target: str = "",
    service: str = "",
    python: str = "",
    pip: str = "uv",
    network: bool = False,  # noqa: FBT001, FBT002  likewise
    fresh: bool = False,  # noqa: FBT001, FBT002
    build_timeout: str = "",
    start_timeout: str = "",
    database_url: str = "",
    live_revision: str = "",
    format: str = "text",  # noqa: A002  the option's name on the command line
) -> None:
    """Would this commit build, migrate, boot and answer on its target? Changes nothing there."""
    given = {
        "--project": project,
        "--commit": commit,
        "--target": target,
        "--service": service,
        "--python": python,
        "--pip": pip,
        "--build-timeout": build_timeout,
        "--start-timeout": start_timeout,
        "--database-url": database_url,
        "--live-revision": live_revision,
        "--format": format,
    }
    _call("preflight", options=given, switches={"--network": network, "--fresh": fresh})


@task(
    help={
        **_PROJECT,
        "entry": "module:app, a module, a file or a start command; the services' own when left out",
        "why": "tell only the ways to this module or package",
        "service": "one service; all when left out",
        **_PYTHON,
        "revision": "a commit instead of the folder as it lies",
        "syntax": "parse every file on the way",
        "times": "build the service's environment and time each import",
        **_FORMAT,
    }
)
def trace(
    _context: Context,
    entry: str = "",
    project: str = ".",
    why: str = "",
    service: str = "",
    python: str = "",
    revision: str = "",
    syntax: bool = False,  # noqa: FBT001, FBT002  as above
    times: bool = False,  # noqa: FBT001, FBT002
    format: str = "text",  # noqa: A002
) -> None:
    """What does starting an entry point import, and what brings each package?"""
    given = {
        "--project": project,
        "--why": why,
        "--service": service,
        "--python": python,
        "--revision": revision,
        "--format": format,
    }
    _call("trace", *filter(None, [entry]), options=given, switches={"--syntax": syntax, "--times": times})


@task(
    help={
        "log": "a file, or - for standard input",
        **_FORMAT,
        "project": "say what the build did otherwise than this project asks",
        "revision": "the project's commit that was meant (default: HEAD)",
    }
)
def diagnose(_context: Context, log: str, format: str = "text", project: str = "", revision: str = "HEAD") -> None:  # noqa: A002  as above
    """Which cause does the log of a failed deploy show, and what is there to do?"""
    against = {"--project": project, "--revision": revision} if project else {}
    _call("diagnose", log, options={"--format": format, **against})


@task(help={"slug": "a code of a report; 'list' for all of them (Invoke knows no optional words)"})
def explain(_context: Context, slug: str) -> None:
    """Why does a cause happen, and what is there to do?"""
    _call("explain", "--list" if slug == "list" else slug)


@task(
    help={
        **_PLACE,
        "samples": "of each probe's latency, before and after: 200 when left out",
        **_WINDOW,
        "network": "let the service reach the network while preflight boots it",
        "database-url": "a disposable PostgreSQL server for preflight to use",
        "no-baseline": "do not compare the latency with that of what was live before",
        "plan": "change nothing; exit code 2 when there is something to do",
        **_FORMAT,
    }
)
def deploy(
    _context: Context,
    project: str = ".",
    target: str = "render",
    service: str = "",
    samples: str = "",
    window: str = "",
    network: bool = False,  # noqa: FBT001, FBT002  as above
    database_url: str = "",
    no_baseline: bool = False,  # noqa: FBT001, FBT002
    plan: bool = False,  # noqa: FBT001, FBT002
    format: str = "text",  # noqa: A002
) -> None:
    """Check, push, deploy and verify what is checked out; go back if it is bad."""
    given = {
        "--project": project,
        "--target": target,
        "--service": service,
        "--samples": samples,
        "--window": window,
        "--database-url": database_url,
        "--format": format,
    }
    _call("deploy", options=given, switches={"--network": network, "--no-baseline": no_baseline, "--plan": plan})


@task(
    help={
        **_PLACE,
        "to": "the deploy or the commit that is to serve again; the last verified one when left out",
        "ignore-schema": "although nobody could prove that its code fits the database",
        **_WINDOW,
        **_FORMAT,
    }
)
def rollback(
    _context: Context,
    project: str = ".",
    target: str = "render",
    service: str = "",
    to: str = "",
    ignore_schema: bool = False,  # noqa: FBT001, FBT002  as above
    window: str = "",
    format: str = "text",  # noqa: A002
) -> None:
    """Put the last verified release back, or the one that is named, and verify it."""
    given = {
        "--project": project,
        "--target": target,
        "--service": service,
        "--to": to,
        "--window": window,
        "--format": format,
    }
    _call("rollback", options=given, switches={"--ignore-schema": ignore_schema})


@task(
    help={
        **_PLACE,
        "commit": "a pushed commit; the head of the service's branch when left out",
        "clear-cache": "build without what earlier builds left",
        "no-wait": "only begin it",
        "hook": "begin it by the deploy hook in RENDER_DEPLOY_HOOK",
        "cancel": "the id of a deploy to stop instead of beginning one",
        **_FORMAT,
    }
)
def redeploy(
    _context: Context,
    target: str = "render",
    service: str = "",
    commit: str = "",
    clear_cache: bool = False,  # noqa: FBT001, FBT002
    no_wait: bool = False,  # noqa: FBT001, FBT002
    hook: bool = False,  # noqa: FBT001, FBT002
    cancel: str = "",
    project: str = ".",
    format: str = "text",  # noqa: A002  as above
) -> None:
    """Let the target deploy a commit, and wait until it is live."""
    given = {
        "--target": target,
        "--service": service,
        "--commit": commit,
        "--cancel": cancel,
        "--project": project,
        "--format": format,
    }
    _call("redeploy", options=given, switches={"--clear-cache": clear_cache, "--no-wait": no_wait, "--hook": hook})


@task(
    help={
        **_PROJECT,
        "url": "where the service answers: https://host or http://host:port",
        "target": "where it is deployed: render; instead of url",
        "service": "its name, on a target its id too; the only one when left out",
        "commit": "what must serve; what the target says is live when left out",
        "baseline": "the old release's latency, from --save-baseline",
        "save-baseline": "measure the latency of what is live, and keep it in this file",
        "samples": "of each probe that may be repeated: 200 when left out, at least 20",
        **_WINDOW,
        **_FORMAT,
    }
)
def verify(
    _context: Context,
    url: str = "",
    target: str = "",
    service: str = "",
    commit: str = "",
    baseline: str = "",
    save_baseline: str = "",
    samples: str = "",
    window: str = "",
    project: str = ".",
    format: str = "text",  # noqa: A002  as above
) -> None:
    """Does what is live answer as it must, with the commit that is meant? Deploys nothing."""
    given = {
        "--url": url,
        "--target": target,
        "--service": service,
        "--commit": commit,
        "--baseline": baseline,
        "--save-baseline": save_baseline,
        "--samples": samples,
        "--window": window,
        "--project": project,
        "--format": format,
    }
    _call("verify", options=given)


@task(
    help={
        **_PLACE,
        "branch": "the branch; the service's, else the one that is followed, when left out",
        "plan": "push nothing; exit code 2 when there is something to push",
        **_FORMAT,
    }
)
def push(
    _context: Context,
    project: str = ".",
    target: str = "render",
    service: str = "",
    branch: str = "",
    plan: bool = False,  # noqa: FBT001, FBT002
    format: str = "text",  # noqa: A002  as above
) -> None:
    """Push what was checked to the branch that is deployed, or say why not."""
    given = {
        "--project": project,
        "--target": target,
        "--service": service,
        "--branch": branch,
        "--format": format,
    }
    _call("push", options=given, switches={"--plan": plan})


@task(
    help={
        **_PLACE,
        **_FORMAT,
    }
)
def status(
    _context: Context,
    project: str = ".",
    target: str = "render",
    service: str = "",
    format: str = "text",  # noqa: A002  as above
) -> None:
    """What is live, and how far is it behind the branch? Exit code 1 when it lags."""
    given = {"--project": project, "--target": target, "--service": service, "--format": format}
    _call("status", options=given)


@task(
    help={
        **_PLACE,
        **_FORMAT,
    }
)
def doctor(
    _context: Context,
    project: str = ".",
    target: str = "render",
    service: str = "",
    format: str = "text",  # noqa: A002  as above
) -> None:
    """Can this machine check and deploy? At most 10 s; exit code 1 when something is missing."""
    given = {"--project": project, "--target": target, "--service": service, "--format": format}
    _call("doctor", options=given)


@task(
    help={
        **_PLACE,
        "since": "from then on: 15m, 2h, 1d, or a time in ISO 8601",
        "follow": "go on until Ctrl-C",
        **_FORMAT,
    }
)
def logs(
    _context: Context,
    project: str = ".",
    target: str = "render",
    service: str = "",
    since: str = "15m",
    follow: bool = False,  # noqa: FBT001, FBT002
    format: str = "text",  # noqa: A002  as above
) -> None:
    """What the live service prints, secrets masked."""
    given = {
        "--project": project,
        "--target": target,
        "--service": service,
        "--since": since,
        "--format": format,
    }
    _call("logs", options=given, switches={"--follow": follow})


@task(
    help={
        **_PROJECT,
        "service": "one service; all when left out",
        **_PYTHON,
        "hashes": "write the hashes too, which pip then insists on",
    }
)
def lock(_context: Context, project: str = ".", service: str = "", python: str = "", hashes: bool = False) -> None:  # noqa: FBT001, FBT002  as above
    """Write down the versions that the target would get now, beside the requirements."""
    given = {"--project": project, "--service": service, "--python": python}
    _call("lock", options=given, switches={"--hashes": hashes})


@task(help={**_PROJECT, "write": "write the files that are not there yet"})
def init(_context: Context, project: str = ".", write: bool = False) -> None:  # noqa: FBT001, FBT002  as above
    """What does a project need for a start? Its files, and how its services tell their commit."""
    _call("init", options={"--project": project}, switches={"--write": write})


def _call(
    command: str, *words: str, options: Mapping[str, str] | None = None, switches: Mapping[str, bool] | None = None
) -> None:
    """Run *command* as the command line does: with the options that have a value, and the switches that are on."""
    given = [word for option, value in (options or {}).items() if value for word in (option, value)]
    turned_on = [switch for switch, is_on in (switches or {}).items() if is_on]
    sys.stdout.flush()
    code = cli.main([command, *words, *given, *turned_on])
    if code:
        raise Exit(code=code)


namespace = Collection(
    preflight, deploy, rollback, push, redeploy, verify, status, logs, doctor, trace, lock, diagnose, explain, init
)
