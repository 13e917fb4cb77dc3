"""A call of `uv run` into the `uv sync` that it makes before it runs anything."""

import posixpath
from typing import Final

# Options that mean the same to `uv run` and to `uv sync`.
# Source: https://docs.astral.sh/uv/reference/cli/#uv-run, https://docs.astral.sh/uv/reference/cli/#uv-sync
_SHARED: Final = frozenset(
    (
        *("--frozen", "--locked", "--dev", "--no-dev", "--only-dev", "--all-groups", "--no-default-groups"),
        *("--all-extras", "--all-packages", "--no-editable", "--active"),
    ),
)
_SHARED_VALUED: Final = frozenset(
    ("--extra", "--no-extra", "--group", "--no-group", "--only-group", "--package"),
)
_WITHOUT_EFFECT: Final = frozenset(
    ("-q", "--quiet", "-v", "--verbose", "--no-progress", "--no-env-file", "-n", "--no-cache")
)
_WITHOUT_EFFECT_VALUED: Final = frozenset(("--env-file", "--color"))
_BEFORE: Final = frozenset(("exec", "nohup", "time", "command"))
_ENDS_OPTIONS: Final = frozenset(("--", "-m", "--module"))


def as_sync(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the words of the `uv sync` in *words*.

    None where they are no `uv run`, where it leaves the environment as it is, and where it makes one of its own
    (`--isolated`, `--with`) or takes another project or Python: only its run tells what that holds.
    """
    pending = list(words)
    while pending and posixpath.basename(pending[0]) in _BEFORE:
        pending.pop(0)
    if [posixpath.basename(word) for word in pending[:2]] != ["uv", "run"]:
        return None
    options = _options(pending[2:])
    return None if options is None else ("uv", "sync", "--inexact", *options)


def _options(words: list[str]) -> tuple[str, ...] | None:
    found: list[str] = []
    pending = list(words)
    while pending and pending[0].startswith("-") and pending[0] not in _ENDS_OPTIONS:
        word = pending.pop(0)
        name, equals, _ = word.partition("=")
        value = [pending.pop(0)] if not equals and pending and name in _SHARED_VALUED | _WITHOUT_EFFECT_VALUED else []
        if name in _SHARED | _SHARED_VALUED:
            found += [word, *value]
        elif name not in _WITHOUT_EFFECT | _WITHOUT_EFFECT_VALUED:
            return None
    return tuple(found)
