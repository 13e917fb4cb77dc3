"""What several commands have in common: options, their values, and how an answer is written."""

import argparse
import math
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model import on_disk
from deploy_suite.model.secret import Curtain
from deploy_suite.model.wording import printable

TARGETS: Final = ("render",)
_HERE: Final = "."
_MARKS: Final = (
    *("deploy.toml", "render.yaml", "Procfile", "Dockerfile", "manage.py"),
    *("requirements.txt", "pyproject.toml", "Pipfile", "setup.py"),
)
_FORMATS: Final = ("text", "json")
SAMPLES: Final = 200
_LEAST_SAMPLES: Final = 20
_MOST_SAMPLES: Final = 2000


def add_project(command: argparse.ArgumentParser) -> None:
    """Add --project."""
    command.add_argument(
        "--project", type=_project, default=_HERE, metavar="PATH", help="the project's folder (default: the one around)"
    )


def folder(text: str) -> Path:
    """Return the project's folder *text*. Raises: UsageError."""
    if not on_disk.is_folder(text):
        raise UsageError(f"{text or repr(text)} is no folder", remedy="name the project's folder with --project PATH")
    return Path(text)


def _project(text: str) -> Path:
    """Return the folder that is named; for "here" the project around it, as git and npm look for theirs."""
    if text != _HERE:
        return folder(text)
    try:
        here = Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("the folder in which this runs has been removed", remedy="go to another: cd PATH") from error
    for around in (here, *here.parents):
        if any(on_disk.is_file(around / mark) for mark in _MARKS):
            return around if around != here else Path()
        if on_disk.is_there(around / ".git"):
            break
    return Path()


def add_place(command: argparse.ArgumentParser) -> None:
    """Add --project, --target and --service: which service, where it is deployed."""
    add_project(command)
    command.add_argument("--target", choices=TARGETS, default=TARGETS[0], help="where it is deployed")
    command.add_argument(
        "--service", default="", metavar="NAME|ID", help="the service (default: the manifest's, else the repository's)"
    )


def add_samples(command: argparse.ArgumentParser, *, of: str) -> None:
    """Add --samples, and *of* what they are taken."""
    command.add_argument(
        "--samples", type=samples, default=SAMPLES, metavar="COUNT", help=f"of {of} (default: {SAMPLES}, at least 20)"
    )


def add_window(command: argparse.ArgumentParser) -> None:
    """Add --window: how long what is live is looked at."""
    command.add_argument(
        "--window", type=seconds, default=60.0, metavar="SECONDS", help="how long a fault must last (default: 60)"
    )


def add_format(command: argparse.ArgumentParser) -> None:
    """Add --format."""
    command.add_argument("--format", choices=_FORMATS, default="text", help="form of the answer (default: text)")


def seconds(text: str) -> float:
    """Return a time that an option states. Raises: ValueError when it is none."""
    found = float(text)
    if not 0 < found < math.inf:
        raise ValueError(text)
    return found


def samples(text: str) -> int:
    """Return a number of samples that an option states. Raises: ValueError when it is none."""
    count = int(text)
    if not _LEAST_SAMPLES <= count <= _MOST_SAMPLES:
        raise ValueError(text)
    return count


def write_prose(text: str, curtain: Curtain) -> None:
    """Write *text*, on a terminal with its sentences wrapped to the width; commands and quoted lines stay whole."""
    if sys.stdout.isatty():
        from deploy_suite.reports import prose  # noqa: PLC0415  a file or a pipe need not wait for it

        text = prose.wrapped(text, columns=shutil.get_terminal_size().columns)
    write(text, curtain)


def write(text: str, curtain: Curtain) -> None:
    """Write *text* to standard output, secrets masked, and nothing that steers a terminal.

    Raises: MachineError, and BrokenPipeError at a closed pipe.
    """
    try:
        sys.stdout.write(printable(curtain.masked(text)))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what could not be written is written again at the end
        raise MachineError(
            f"the answer cannot be written to standard output: {error.strerror}",
            remedy="see that there is room where it leads (df -h)",
        ) from error
