"""Throw-away PostgreSQL databases, on an embedded server or on a disposable one that the caller names."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module

from deploy_suite.adapters.postgres_account import account
from deploy_suite.adapters.postgres_cluster import ALWAYS_TRUSTED, Machinery, started, sweep
from deploy_suite.adapters.postgres_installations import Installation, chosen, installed
from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, Launcher, Runner, Workplace


class PostgresDatabases:
    """Starts servers; an implementation of `Databases`."""

    def __init__(self, *, runner: Runner, launcher: Launcher, workplace: Workplace) -> None:
        """Keep what processes are started with; remove what servers of killed runs left."""
        sweep()
        self._runner = runner
        self._launcher = launcher
        self._workplace = workplace

    def serve(
        self, *, foreign: Secret | None, extensions: frozenset[str] = frozenset()
    ) -> AbstractContextManager[DatabaseServer]:
        """Start a server that has as many of *extensions* as one of this machine can, or use the one at *foreign*."""
        if foreign is not None:
            from deploy_suite.adapters.postgres_foreign import served  # noqa: PLC0415  rarely wanted

            return served(foreign, self._workplace.cache / "postgres" / "foreign")
        return self._embedded(extensions)

    def candidates(self) -> tuple[Installation, ...]:
        """Return the servers of this machine that could be started."""
        return installed(self._runner, self._workplace.cache / "postgres" / "known")

    @contextmanager
    def _embedded(self, extensions: frozenset[str]) -> Iterator[DatabaseServer]:
        with ExitStack() as stack:
            try:
                server = self._started(extensions, stack)
            except OSError as error:
                raise MachineError(f"PostgreSQL cannot be started: {error}") from error
            yield server

    def _started(self, extensions: frozenset[str], stack: ExitStack) -> DatabaseServer:
        threading.Thread(target=_import_what_is_slow, daemon=True).start()
        machinery = Machinery(
            runner=self._runner,
            launcher=self._launcher,
            workplace=self._workplace,
            account=account(),
        )
        installation = chosen(self.candidates(), extensions)
        cluster = stack.enter_context(started(installation, extensions | ALWAYS_TRUSTED, machinery))
        from deploy_suite.adapters import postgres_front  # noqa: PLC0415  see above
        from deploy_suite.adapters.postgres_server import EmbeddedServer  # noqa: PLC0415  see above

        pem = postgres_front.certificate(self._runner, self._workplace)
        front = postgres_front.opened(cluster.socket, cluster.socket_folder, pem) if pem else None
        port = stack.enter_context(front) if front else cluster.port
        return EmbeddedServer(cluster, extensions, port, self._runner)


def _import_what_is_slow() -> None:
    """Import what is needed next, while servers start: then that costs nothing."""
    for name in ("postgres_server", "postgres_front", "http"):
        import_module(f"deploy_suite.adapters.{name}")
