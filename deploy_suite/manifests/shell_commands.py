"""What a shell text consists of: its simple commands, and what one of them runs in the end."""

from dataclasses import dataclass, replace

from deploy_suite.manifests import shell_wrappers
from deploy_suite.manifests.shell_place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleCommand:
    """One program call.

    Shape: `words` are unquoted; a variable stays as written ("$PORT", "${PORT:-8000}"). `before` is the operator
    between the previous command and this one ("&&", "||", ";", "|", "&", "" for the first); `after` the one that
    follows. `folder` is where a chain of literal `cd`s before it leads, relative to the start, "" for the start
    itself, absolute where a `cd` is; it says nothing where `folder_is_known` is false (`cd "$X"`).
    `line` counts from 1 within the text; `text` is the source of this command.
    `redirects_errors` says that its standard error goes to /dev/null.
    `stops_at_errors` says that `set -e` is in force where it stands; `is_condition` that its failure is only looked at
    (`if`, `while`, `!`); `ends_text` that the text fails when it does, as far as can be told; `is_conditional` that it
    runs in some cases only (branches, loops, functions).
    `export A=b` has the words ("export", "A=b") and the assignment too; `[ … ]` and `[[ … ]]` are commands.
    """

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    folder: str = ""
    line: int = 1
    text: str = ""
    redirects_errors: bool = False
    folder_is_known: bool = True
    stops_at_errors: bool = False
    is_condition: bool = False
    is_conditional: bool = False
    ends_text: bool = True

    @property
    def program(self) -> str:
        """The first word, "" for a bare assignment."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A parsed text.

    Shape: `commands` in the order of the text; those of `bash -c "…"` (in place of the call), `sh -c`, subshells,
    `{ …; }`, `if`, loops and functions included, with their own lines where these are known; those of `$(…)` are not.
    `is_certain` is false where the text has parts that cannot be read without running it (eval, sourced files,
    programs named by a variable, syntax errors). `functions` are the names that the text defines itself.
    """

    commands: tuple[SimpleCommand, ...]
    is_certain: bool = True
    functions: frozenset[str] = frozenset()


def unwrapped(command: SimpleCommand) -> SimpleCommand:
    """Return what *command* runs in the end.

    Without `exec`, `env A=b`, `nohup`, `time`, `poetry run`, `pipenv run`, `uv run` and their like, and without
    `python -m`: the module then is the program, as in `python -m gunicorn …`.
    """
    inner = shell_wrappers.unwrapped(shell_wrappers.Call(command.words, command.assignments))
    place = Place(command.folder, is_known=command.folder_is_known)
    for folder in inner.folders:
        place = place.moved(folder)
    return replace(
        command,
        words=inner.words,
        assignments=inner.assignments,
        folder=place.folder,
        folder_is_known=place.is_known,
    )
