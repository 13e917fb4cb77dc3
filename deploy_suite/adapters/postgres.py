"""Throw-away PostgreSQL databases, on an embedded server or on a disposable one that the caller names."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

from deploy_suite.adapters.postgres_account import account
from deploy_suite.adapters.postgres_administration import Administration
from deploy_suite.adapters.postgres_cluster import ALWAYS_TRUSTED, socket_in, started
from deploy_suite.adapters.postgres_folders import short_folder, sweep
from deploy_suite.adapters.postgres_installations import Installation, chosen, installed
from deploy_suite.adapters.postgres_template import Machinery
from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, Launcher, Runner, Workplace


class PostgresDatabases:
    """Starts servers; an implementation of `Databases`."""

    def __init__(
        self,
        *,
        runner: Runner,
        launcher: Launcher,
        workplace: Workplace,
        record_folder: Callable[[Path], None] = lambda _: None,
    ) -> None:
        """Keep what processes are started with, and report each folder, for the case that this run is killed."""
        sweep()
        self._runner = runner
        self._launcher = launcher
        self._workplace = workplace
        self._record_folder = record_folder

    @staticmethod
    def prepare() -> None:
        """Import what speaks with a server."""
        import deploy_suite.adapters.postgres_statements  # noqa: F401, PLC0415  see `postgres_administration`

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
        """Yield a server that is only starting: who asks it for something waits, whoever connects does too."""
        installation = chosen(self.candidates(), extensions)
        machinery = Machinery(
            runner=self._runner, launcher=self._launcher, workplace=self._workplace, account=account()
        )
        with (
            short_folder(machinery.account, record_folder=self._record_folder) as short,
            ExitStack() as stack,
            ThreadPoolExecutor(1) as pool,
        ):

            def start() -> Administration:
                cluster = started(installation, extensions | ALWAYS_TRUSTED, machinery, short=short)
                with _translated():
                    administration = Administration(stack.enter_context(cluster))
                    return stack.enter_context(closing(administration))

            running = pool.submit(start)
            # What is slow to import is imported while the server starts.
            from deploy_suite.adapters.postgres_front import certificate, opened  # noqa: PLC0415
            from deploy_suite.adapters.postgres_server import EmbeddedServer  # noqa: PLC0415

            with _translated():
                front = stack.enter_context(opened(short, certificate(self._runner, self._workplace)))
            running.add_done_callback(lambda _: front.lead_to(socket_in(short)))
            yield EmbeddedServer(
                installation, extensions, administration=running.result, front=front, runner=self._runner
            )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(f"PostgreSQL cannot be started: {error}") from error
