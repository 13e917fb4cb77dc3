"""Which database the tool is let at: the rehearsal's own, and no other."""

from __future__ import annotations

import os
import shutil
from typing import Any

from .errors import RefusedError

_HERE = ("127.0.0.1", "localhost", "::1")
_POSTGRESQL_PORT = 5432


class Target:
    """The server that may be connected to, and the database on it that connections are led to.

    Shape: `server` has host and port, or is None where the contract has no PostgreSQL; `database` has name, user and
    password, or is None as long as the tool's own choice holds; `reached` is the last database connected to.
    """

    def __init__(self, server: dict[str, Any] | None, committed: dict[str, str] | None = None) -> None:
        """Let the tool at *server* only.

        Shape: *committed* has the folder of the "build" and that of the "commit" with the same files.
        """
        self.server = server
        self._committed = committed
        self._begun = ""
        self.database: dict[str, str] | None = None
        self.file = ""
        self.reached: dict[str, str] | None = None
        self.generation = 0
        self.statements: list[object] = []

    def lead(self, database: dict[str, str] | None, file: str) -> None:
        """Lead the connections that follow to *database*, or to the SQLite file *file*."""
        self.database, self.file = database, file
        self.generation += 1

    def admit(self, dialect: str, host: str | None, port: object, name: str | None) -> None:
        """Note a PostgreSQL address about to be connected to. Raises: RefusedError for another server than ours."""
        shown = host or "localhost"
        number = int(str(port or _POSTGRESQL_PORT))
        if not self._is_ours(shown, number):
            raise RefusedError(dialect, shown, number, name or "")
        chosen = self.database["name"] if self.database else name
        self.reached = {"dialect": "postgresql", "name": chosen or ""}

    def admitted_file(self, path: str) -> str:
        """Return the file that stands in for the SQLite database *path*, which is never opened.

        It begins as the database that the commit holds, where it holds one: so does a deploy.
        """
        stands_in = self.file and path and not path.startswith((":memory:", "file:"))
        own = self._of_commit(path) if stands_in and not os.path.exists(self.file) else ""
        if own:
            shutil.copyfile(own, self.file)
            self._begun = os.path.basename(own)
        self.reached = {"dialect": "sqlite", "name": path, "committed": self._begun}
        return self.file if stands_in else path

    def _of_commit(self, path: str) -> str:
        """Return the file of the commit that *path* is in the build, "" where the commit has none."""
        if self._committed is None:
            return ""
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(self._committed["build"]))
        own = os.path.join(self._committed["commit"], relative)
        return own if not relative.startswith(os.pardir) and os.path.isfile(own) else ""

    def _is_ours(self, host: str, port: int) -> bool:
        if self.server is None:
            return False
        return bool(port == self.server["port"] and (host == self.server["host"] or host in _HERE))
