"""The words of a call into options, or one message that says what was meant."""

import argparse
from collections.abc import Collection, Sequence
from typing import NoReturn

from deploy_suite.errors import UsageError
from deploy_suite.model import on_disk


class Parser(argparse.ArgumentParser):
    """Tells of a wrong call as all else is told of: what is wrong, and what to do."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, remedy=f"see: {self.prog} --help")


def options(
    parser: argparse.ArgumentParser,
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    words: Sequence[str],
) -> argparse.Namespace:
    """Return the options in *words*. Raises: UsageError."""
    named = next((word for word in words if not word.startswith("-")), "")
    if named and named not in commands.choices:
        raise _no_command(named, words, commands.choices, program=parser.prog)
    found, unknown = parser.parse_known_args(words)
    if unknown:
        raise _unknown(unknown, commands.choices[named])
    return found


def _no_command(named: str, words: Sequence[str], known: Collection[str], *, program: str) -> UsageError:
    command = next((word for word in words if word in known), "")
    if command and words[0] != named:
        option = words[0].partition("=")[0]
        return UsageError(
            f"{option!r} stands before the command", remedy=f"write it behind: {program} {command} {option} …"
        )
    return UsageError(f"there is no command {named!r}", remedy=f"{_meant(named, known)}list them: {program} --help")


def _unknown(words: Sequence[str], command: argparse.ArgumentParser) -> UsageError:
    word = next((word for word in words if word.startswith("-")), words[0]).partition("=")[0]
    message = f"{command.prog.rpartition(' ')[2]} takes no {word!r}"
    if on_disk.is_folder(word):
        return UsageError(message, remedy=f"name the project's folder: --project {word}")
    known = [name for action in command._actions for name in action.option_strings]  # noqa: SLF001  no public way
    return UsageError(message, remedy=f"{_meant(word, known)}list its options: {command.prog} --help")


def _meant(word: str, known: Collection[str]) -> str:
    import difflib  # noqa: PLC0415  only a call that went wrong needs it

    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}? " if near else ""
