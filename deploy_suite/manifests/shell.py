"""Shell text into the simple commands in it, with how they hang together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleCommand:
    """One program call.

    Shape: `words` are unquoted; a variable stays as written ("$PORT", "${PORT:-8000}"). `before` is the operator
    between the previous command and this one ("&&", "||", ";", "|", "&", "" for the first); `after` the one that
    follows. `folder` is where a chain of literal `cd`s before it leads, relative to the start, "" for the start
    itself. `line` counts from 1 within the text; `text` is the source of this command.
    `redirects_errors` says that its standard error goes to /dev/null.
    """

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    folder: str = ""
    line: int = 1
    text: str = ""
    redirects_errors: bool = False

    @property
    def program(self) -> str:
        """The first word, "" for a bare assignment."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A parsed text.

    Shape: `commands` in the order of the text; those of `bash -c "…"`, `sh -c`, subshells, `{ …; }`, `if`, loops and
    functions included, with their own lines where these are known. `stops_at_errors` tells whether `set -e`
    (`-o errexit`, a `#!/bin/bash -e` line) is in force. `is_certain` is false where the text has parts that cannot be
    read without running it (eval, sourced files, syntax errors).
    """

    commands: tuple[SimpleCommand, ...]
    stops_at_errors: bool = False
    is_certain: bool = True


def parse(text: str) -> Script:
    """Return the commands in *text*; never raises."""
    raise NotImplementedError


def unwrapped(command: SimpleCommand) -> SimpleCommand:
    """Return what *command* runs in the end: without `exec`, `env A=b`, `nohup`, `time`, `poetry run`, `pipenv run`,
    `uv run`, `python -m` (the module then is the program, as in `python -m gunicorn …`)."""
    raise NotImplementedError
