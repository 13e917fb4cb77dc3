"""A call of gunicorn, GUNICORN_CMD_ARGS and the configuration file into its settings."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.config import expressions
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model import on_disk, syntax_tree
from deploy_suite.project import app_objects, server_options
from deploy_suite.project.server_options import Arguments

_ARGUMENTS_VARIABLE: Final = "GUNICORN_CMD_ARGS"
_DEFAULT_FILE: Final = "gunicorn.conf.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting and where it was given. Shape: `value` is None where it is given, but cannot be read."""

    value: str | None
    origin: str


def setting(call: Call, subject: Subject, *, options: tuple[str, ...], name: str) -> Setting | None:
    """Return the setting that wins: the command line, then GUNICORN_CMD_ARGS, then the configuration file.

    Shape: *options* are its options, *name* its name in the file. None when nobody gives it.
    Source: https://docs.gunicorn.org/en/stable/configure.html
    """
    own = server_options.parse(raw(call), server_options.GUNICORN)
    if own.has(*options):
        return Setting(value=own.value(*options), origin="the command line")
    preset = _preset(call, subject)
    if preset is not None and preset.has(*options):
        return Setting(value=preset.value(*options), origin=f"variable {_ARGUMENTS_VARIABLE}")
    if preset is None:
        return Setting(value=None, origin=f"variable {_ARGUMENTS_VARIABLE}")
    file = config_file(call, subject)
    settings = _file_settings(file, subject) if file else {}
    if name in settings:
        return Setting(value=settings[name], origin=str(file))
    return None


def raw(call: Call) -> tuple[str, ...]:
    """Return the words after the program with their variables left as they are written."""
    return tuple(word.replace("${", "\0{") for word in call.words)


def shown(text: str) -> str:
    """Return *text* with its variables as they were written."""
    return text.replace("\0{", "${")


def _preset(call: Call, subject: Subject) -> Arguments | None:
    """Return what GUNICORN_CMD_ARGS says, None when that cannot be told."""
    assigned = dict(call.command.assignments).get(_ARGUMENTS_VARIABLE)
    text = assigned if assigned is not None else subject.literal(_ARGUMENTS_VARIABLE)
    if text is None and subject.has_variable(_ARGUMENTS_VARIABLE):
        return None
    try:
        return server_options.parse(shlex.split(text or ""), server_options.GUNICORN)
    except ValueError:
        return None


def config_file(call: Call, subject: Subject) -> PurePosixPath | None:
    """Return the configuration file, whether the commit has it or not; None where no file is named nor there."""
    own = server_options.parse(call.words, server_options.GUNICORN).value("-c", "--config")
    preset = _preset(call, subject)
    named = own or (preset.value("-c", "--config") if preset else "")
    if named.startswith("python:"):
        return None
    path = call.path(named.removeprefix("file:") or _DEFAULT_FILE)
    if named or (path is not None and on_disk.is_file(subject.folder / path)):
        return path
    return None


def _file_settings(file: PurePosixPath, subject: Subject) -> Mapping[str, str | None]:
    source = app_objects.read(subject.folder / file)
    if source is None:
        return {}
    names = expressions.assigned(syntax_tree.statements(source.tree.body))
    found: dict[str, str | None] = {}
    for name, node in names.items():
        value = expressions.evaluate(node, source, subject, names=names)
        found[name] = value.text if value else None
    return found
