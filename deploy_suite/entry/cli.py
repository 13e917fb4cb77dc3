"""The command line: arguments in, a report and an exit code out."""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy_suite.entry import (
    beginning,
    calling,
    deploying,
    escaping,
    explaining,
    guide,
    interruption,
    locking,
    preflighting,
    pushing,
    redeploying,
    shortages,
    standing,
    tracing,
    verifying,
)
from deploy_suite.errors import DeployError
from deploy_suite.model.secret import Curtain, Masker, Secret
from deploy_suite.model.wording import printable

_WRONG_USAGE: Final = 2
_UNEXPECTED: Final = 5
_UNREAD: Final = 141
_INTERRUPTED: Final = "interrupted; what was started has been stopped"
_EPILOGUE: Final = """exit codes (`deploy-suite COMMAND --help` says what they mean there):
  0    passed, perhaps with warnings; live and verified; nothing to do
  1    the project would fail as it is; not live, taken back, not pushed; lags
  2    wrong usage: no repository, no service, an unknown option, a mistake in
       deploy.toml; of --plan: there is something to do
  3    incomplete: something that must be checked cannot be checked on this
       machine, or nothing sure is known of what is live
  4    this machine fell short: no package index, disk full, a tool missing;
       no answer from what is live; another deploy is under way
  5    a fault of the suite itself
  130  interrupted
  141  nobody reads what is written any more (`| head`)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback leaves this function."""
    code = _guarded(arguments)
    if code == interruption.INTERRUPTED:
        interruption.over()
    return code


def _guarded(arguments: Sequence[str] | None) -> int:
    curtain = Curtain()
    try:
        _open_what_is_closed()
        if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be no text, and a terminal know few letters
            sys.stdout.reconfigure(errors=escaping.HANDLER)
        interruption.listen()
        warnings.simplefilter("ignore", SyntaxWarning)  # of the project's files, which are only read here
        words = sys.argv[1:] if arguments is None else arguments
        if not words:
            parser()[0].print_help(sys.stderr)
            return _WRONG_USAGE
        options = calling.options(*parser(), words)
        curtain.add(Masker.of(_secrets(options)))
        return int(options.run(options, curtain))
    except DeployError as error:
        _tell(curtain.masked(_worded(error)))
        return error.exit_code
    except KeyboardInterrupt:
        _tell(_INTERRUPTED)
        return interruption.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more at its end
        return _UNREAD
    except Exception as error:  # noqa: BLE001  the last door: what comes through is a fault of ours
        lack = shortages.told(error)
        _tell(curtain.masked(_worded(lack)) if lack else _unexpected(curtain))
        return lack.exit_code if lack else _UNEXPECTED


class _Version(argparse.Action):
    """Prints the installed version, which is looked up for nobody else."""

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415  no command needs it

        sys.stdout.write(f"deploy-suite {version('deploy-suite')}, Python {sys.version.split()[0]}\n")
        parser.exit()


def parser() -> tuple[argparse.ArgumentParser, "argparse._SubParsersAction[argparse.ArgumentParser]"]:
    """Return the parser of the command line, and its commands."""
    whole: argparse.ArgumentParser = calling.Parser(
        prog="deploy-suite",
        description="Preflight and deployment of Python web services.",
        epilog=_EPILOGUE,
        formatter_class=guide.Summaries,
    )
    whole.add_argument("--version", action=_Version, nargs=0, help="show the version of the suite and exit")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", title="commands")
    # In the order in which a newcomer meets them.
    beginning.add_command(commands)
    preflighting.add_command(commands)
    tracing.add_command(commands)
    locking.add_command(commands)
    explaining.add_commands(commands)
    deploying.add_commands(commands)
    pushing.add_commands(commands)
    redeploying.add_commands(commands)
    verifying.add_commands(commands)
    standing.add_commands(commands)
    guide.add(commands)
    return whole, commands


def _secrets(options: argparse.Namespace) -> list[Secret]:
    """Return the secrets that an error could quote, whatever stage it comes from."""
    if not hasattr(options, "database_url"):
        return []
    from deploy_suite.environments import bindings  # noqa: PLC0415  only what rehearses takes secrets

    given = [Secret(options.database_url)] if options.database_url else []
    return [*given, *bindings.hidden_answers(getattr(options, "project", Path()))]


def _worded(error: DeployError) -> str:
    where = f"{error.source}: " if error.source else ""
    return f"{where}{error.message}" + (f"\n  fix: {error.remedy}" if error.remedy else "")


def _unexpected(curtain: Curtain) -> str:
    """Keep the traceback in a file, for a person to send along, and say in one sentence what happened."""
    error, account = sys.exc_info()[1], curtain.masked(traceback.format_exc())
    along = ""
    with (
        contextlib.suppress(OSError),  # no folder may have room for it
        tempfile.NamedTemporaryFile("w", prefix="deploy-suite-", suffix=".log", delete=False, encoding="utf-8") as log,
    ):
        log.write(account)
        along = f" and send {log.name} along"
    return curtain.masked(f"a fault of the suite itself: {type(error).__name__}: {error}") + (
        f"\n  fix: please report it{along}"
    )


def _tell(text: str) -> None:
    with contextlib.suppress(OSError):  # a full disk below standard error must not change the exit code
        print(f"deploy-suite: {printable(text)}", file=sys.stderr, flush=True)  # noqa: T201


def _open_what_is_closed() -> None:
    """Give a process that was started without one of the standard streams one that leads nowhere.

    Else the next file that is opened takes the stream's number, and what is written to the stream.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))
