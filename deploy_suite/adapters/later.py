"""Adapters whose libraries take long to import, imported when first used: a reused verdict needs none of them.

Measured: psycopg 0.15 s, httpx 0.06 s, websockets 0.05 s, of the second that such a run may take.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from deploy_suite.model.secret import Secret
from deploy_suite.ports import (
    Address,
    DatabaseServer,
    HttpRequest,
    HttpResponse,
    Launcher,
    Runner,
    Workplace,
)


class LaterHttp:
    """Implements `ports.Http`."""

    def prepare(self) -> None:
        """See `ports.Http.prepare`."""
        from deploy_suite.adapters.http import HttpxHttp  # noqa: PLC0415  see the module's docstring

        HttpxHttp().prepare()

    def request(
        self, address: Address, request: HttpRequest, *, timeout_s: float, connect_s: float | None = None
    ) -> HttpResponse:
        """See `ports.Http.request`."""
        from deploy_suite.adapters.http import HttpxHttp  # noqa: PLC0415  see the module's docstring

        return HttpxHttp().request(address, request, timeout_s=timeout_s, connect_s=connect_s)


class LaterWebSockets:
    """Implements `ports.WebSockets`."""

    def prepare(self) -> None:
        """See `ports.WebSockets.prepare`."""
        import deploy_suite.adapters.websockets  # noqa: F401, PLC0415  see the module's docstring

    def exchange(
        self,
        address: Address,
        path: str,
        *,
        headers: Mapping[str, str],
        frames: Sequence[str],
        receive: int,
        timeout_s: float,
    ) -> Sequence[str]:
        """See `ports.WebSockets.exchange`."""
        from deploy_suite.adapters.websockets import SyncWebSockets  # noqa: PLC0415  see the module's docstring

        return SyncWebSockets().exchange(
            address, path, headers=headers, frames=frames, receive=receive, timeout_s=timeout_s
        )


class LaterDatabases:
    """Implements `ports.Databases`."""

    def __init__(
        self, *, runner: Runner, launcher: Launcher, workplace: Workplace, record_folder: Callable[[Path], None]
    ) -> None:
        """Keep what the adapter is made from."""
        self._runner = runner
        self._launcher = launcher
        self._workplace = workplace
        self._record_folder = record_folder

    def prepare(self) -> None:
        """See `ports.Databases.prepare`."""
        from deploy_suite.adapters.postgres import PostgresDatabases  # noqa: PLC0415  see the module's docstring

        PostgresDatabases.prepare()

    def serve(
        self, *, foreign: Secret | None, extensions: frozenset[str] = frozenset()
    ) -> AbstractContextManager[DatabaseServer]:
        """See `ports.Databases.serve`."""
        from deploy_suite.adapters.postgres import PostgresDatabases  # noqa: PLC0415  see the module's docstring

        databases = PostgresDatabases(
            runner=self._runner,
            launcher=self._launcher,
            workplace=self._workplace,
            record_folder=self._record_folder,
        )
        return databases.serve(foreign=foreign, extensions=extensions)
