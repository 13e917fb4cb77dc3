"""The commands that explain: `diagnose` reads a failed deploy's log, `explain` tells about one cause.

The knowledge is imported by the command that applies it: no other need wait for it.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Final

from deploy_suite.entry.options import add_format, folder, write, write_prose
from deploy_suite.errors import UsageError
from deploy_suite.model.secret import Curtain

_INCOMPLETE: Final = 3
_STANDARD_INPUT: Final = "-"
_LONGEST_BUILD_LOG_BYTES: Final = 1 << 26


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `diagnose` and `explain` to the command line."""
    reading = commands.add_parser("diagnose", help="which cause does the log of a failed deploy show?")
    reading.set_defaults(run=_diagnose)
    reading.add_argument("log", nargs="?", default=_STANDARD_INPUT, help="a file, or - for standard input (default)")
    add_format(reading)
    reading.add_argument(
        "--project",
        dest="against",
        type=folder,
        metavar="PATH",
        help="say what the build did otherwise than this project asks",
    )
    reading.add_argument(
        "--revision", default="HEAD", metavar="REV", help="the project's commit that was meant (default: HEAD)"
    )
    telling = commands.add_parser("explain", help="why does a cause happen, and what is there to do?")
    telling.set_defaults(run=_explain)
    telling.add_argument("slug", nargs="?", default="", help="a code of a report, for example numpy-abi")
    telling.add_argument("--list", action="store_true", help="list all causes")


def _diagnose(options: argparse.Namespace, curtain: Curtain) -> int:
    """Print the diagnosis; 3 says that the cause is unknown."""
    if options.log == _STANDARD_INPUT:
        if sys.stdin.isatty():
            sys.stderr.write("diagnose: paste the log, then end it with Ctrl-D (or name a file: diagnose FILE)\n")
            sys.stderr.flush()
        return _diagnosed(sys.stdin.buffer, options, curtain)
    try:
        with Path(options.log).open("rb") as log:
            return _diagnosed(log, options, curtain)
    except OSError as error:
        raise UsageError(
            f"{options.log} cannot be read: {error.strerror}", remedy="name the file with the log, or - and paste it"
        ) from error


def _diagnosed(log: BinaryIO, options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.knowledge.diagnosis import LogVerdict, diagnose_stream  # noqa: PLC0415
    from deploy_suite.reports import diagnosis as reports  # noqa: PLC0415

    render = {"text": reports.render_text, "json": reports.render_json}[options.format]
    if options.against is None:
        found = diagnose_stream(log, masker=curtain.masker)
        shown = render(found)
    else:
        found, comparison = _compared(log, options, curtain)
        shown = render(found, comparison)
    write_prose(shown, curtain) if options.format == "text" else write(shown, curtain)
    return _INCOMPLETE if found.verdict is LogVerdict.UNKNOWN else 0


def _compared(log: BinaryIO, options: argparse.Namespace, curtain: Curtain) -> tuple[Any, Any]:
    """Return a Diagnosis and a Comparison of what was built with what was asked; the log's beginning tells of it."""
    from deploy_suite import deployed  # noqa: PLC0415  targets and manifests, which a log alone does not need
    from deploy_suite.environments import bindings  # noqa: PLC0415
    from deploy_suite.knowledge.diagnosis import diagnose_stream  # noqa: PLC0415
    from deploy_suite.knowledge.encodings import recoded  # noqa: PLC0415
    from deploy_suite.model.secret import Masker  # noqa: PLC0415
    from deploy_suite.project.loading import load  # noqa: PLC0415
    from deploy_suite.wiring import opened  # noqa: PLC0415

    curtain.add(Masker.of(bindings.hidden_answers(options.against)))
    with opened(curtain) as ports, tempfile.TemporaryFile() as copy:
        project = load(options.against, revision=options.revision, ports=ports)
        shutil.copyfileobj(log, copy)
        copy.seek(0)
        text = recoded(copy).read(_LONGEST_BUILD_LOG_BYTES).decode("utf-8", "replace")
        comparison = deployed.compared(text, project=project, ports=ports)
        copy.seek(0)
        found = diagnose_stream(copy, masker=curtain.masker)
    return deployed.explained(found, comparison), comparison


def _explain(options: argparse.Namespace, curtain: Curtain) -> int:
    from deploy_suite.knowledge.explain import explain, listing, near  # noqa: PLC0415

    text = listing() if options.list or not options.slug else explain(options.slug)
    if text is None:
        close = near(options.slug)
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f"no cause is called {options.slug}", remedy=f"{meant}list them: deploy-suite explain --list")
    write_prose(text + "\n", curtain)
    return 0
