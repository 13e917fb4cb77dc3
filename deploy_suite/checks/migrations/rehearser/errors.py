"""An exception as plain data: what it says, the statement that the server refused, and where it came from."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

_LONGEST = 4000


class RefusedError(Exception):
    """The tool wanted to talk to a database that is not the rehearsal's."""

    def __init__(self, dialect: str, host: str, port: int, name: str) -> None:
        """Keep the address apart; there is no password in it."""
        super().__init__(f"{dialect} at {host}:{port}/{name}")
        self.address = {"dialect": dialect, "host": host, "port": port, "name": name}


def described(error: BaseException) -> dict[str, Any]:
    """Return *error* with what caused it.

    Shape: `frames` are outermost first, each with file, line, function and the source line; `sqlstate` and `statement`
    are "" where no server refused anything; `refused` is the address that was not connected to, or None; `culprit` is
    the file of the Django migration that was being applied, whose own code no traceback goes through.
    """
    chain = list(_chain(error))
    return {
        "type": _name(error),
        "message": str(error)[:_LONGEST],
        "sqlstate": _first(_sqlstate(each) for each in chain),
        "statement": _first(_statement(each) for each in chain)[:_LONGEST],
        "detail": _first(_detail(each) for each in chain)[:_LONGEST],
        "refused": next((each.address for each in chain if isinstance(each, RefusedError)), None),
        "culprit": _first(_culprit(each) for each in chain),
        "frames": [frame for each in reversed(chain) for frame in _frames(each)],
        "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__))[-12 * _LONGEST :],
    }


def _chain(error: BaseException) -> list[BaseException]:
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen:
        seen.append(following)
        hidden = following.__suppress_context__
        following = following.__cause__ or (None if hidden else following.__context__)
    return seen


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ in ("builtins", "__main__") else kind.__module__ + "." + kind.__name__


def _sqlstate(error: BaseException) -> str:
    for carrier in (error, getattr(error, "orig", None)):
        for attribute in ("sqlstate", "pgcode"):
            found = getattr(carrier, attribute, None)
            if isinstance(found, str):
                return found
    return ""


def _statement(error: BaseException) -> str:
    found = getattr(error, "statement", None)
    return found if isinstance(found, str) else ""


def _detail(error: BaseException) -> str:
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    if isinstance(primary, str):
        return primary
    return str(original) if _sqlstate(error) else ""


def _culprit(error: BaseException) -> str:
    found = ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        migration = frame.f_locals.get("migration")
        if frame.f_code.co_name == "apply_migration" and migration is not None:
            module = sys.modules.get(type(migration).__module__)
            found = getattr(module, "__file__", "") or ""
    return found


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _frames(error: BaseException) -> Iterator[dict[str, Any]]:
    for frame in traceback.extract_tb(error.__traceback__):
        text = frame.line or linecache.getline(frame.filename, frame.lineno or 0).strip()
        yield {"file": frame.filename, "line": frame.lineno or 0, "function": frame.name, "text": text}
