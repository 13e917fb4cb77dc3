"""Invoke's tasks for a user's repository: `from deploy_suite.entry.tasks import namespace` in its tasks.py.

Each is made from a command of the command line, with the same options, so that the two cannot differ.
"""

import argparse
import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import Task

from deploy_suite.entry import abrupt, cli, utf8

# Invoke knows no optional words: these must be given, and any other word of a command is an option of its task.
_WORDS: Final = {"diagnose": "log", "explain": "slug"}
# So it takes a word of its own to ask for what needs none.
_INSTEAD_OF_WORD: Final = {"explain": {"list": "--list"}}


def _tasks() -> Collection:
    _, commands = cli.parser()
    summaries = {choice.dest: choice.help or "" for choice in commands._choices_actions}  # noqa: SLF001  see _task
    return Collection(*(_task(name, parser, summaries[name]) for name, parser in commands.choices.items()))


def _task(name: str, parser: argparse.ArgumentParser, doc: str) -> Task[Any]:
    """Return the task that runs the command *name*."""
    left_out = {"help", *_INSTEAD_OF_WORD.get(name, {})}
    # argparse has no public way to ask what a parser takes; these attributes are as old as itself.
    actions = [action for action in parser._actions if action.dest not in left_out]  # noqa: SLF001

    def run(_context: Context, **given: Any) -> None:  # noqa: ANN401  whatever Invoke made of the words
        sys.stdout.flush()
        if code := cli.main([name, *_arguments(name, actions, given)]):
            raise Exit(code=code)

    word = _WORDS.get(name, "")
    parameters = [_parameter(action, is_word=action.dest == word) for action in actions]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = inspect.Signature([context, *sorted(parameters, key=_has_default)])  # type: ignore[attr-defined]
    run.__doc__ = doc
    return Task(
        run,
        name=name,
        positional=[word] if word else [],
        iterable=[_name(action) for action in actions if isinstance(action.default, list)],
        help={_name(action): _help(action) for action in actions},
    )


def _name(action: argparse.Action) -> str:
    """Return what Invoke calls an option: what follows the dashes, which need not be its destination."""
    return action.option_strings[0].removeprefix("--").replace("-", "_") if action.option_strings else action.dest


def _help(action: argparse.Action) -> str:
    """Return what an option is for, and what it takes: Invoke itself writes STRING for whatever that is."""
    takes = ", ".join(action.choices or ()) or action.metavar
    return f"{action.help} [{takes}]" if takes else action.help or ""


def _parameter(action: argparse.Action, *, is_word: bool) -> inspect.Parameter:
    default: object = False if action.nargs == 0 else None
    return inspect.Parameter(
        _name(action),
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if is_word else default,
    )


def _has_default(parameter: inspect.Parameter) -> bool:
    return parameter.default is not inspect.Parameter.empty


def _arguments(name: str, actions: Sequence[argparse.Action], given: Mapping[str, Any]) -> list[str]:
    """Return the command's arguments for what was *given* to its task."""
    arguments = []
    for action in actions:
        value = given.get(_name(action))
        if not action.option_strings:
            arguments += [_INSTEAD_OF_WORD.get(name, {}).get(value, value)] if value else []
        elif value is True:
            arguments.append(action.option_strings[0])
        elif value:
            arguments += [
                f"{action.option_strings[0]}={one}" for one in (value if isinstance(value, list) else [value])
            ]
    return arguments


utf8.enforce()
namespace = _tasks()
abrupt.over()
