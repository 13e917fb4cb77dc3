"""`python -m tests.standin`: the stand-in as a program, with a service made from a render.yaml.

It prints how to reach it, and serves until it is interrupted.
"""

import argparse
import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from deploy_suite.model.secret import Curtain
from deploy_suite.wiring import opened
from tests.standin import blueprint
from tests.standin.platform import Times
from tests.standin.stand_in import KEY, StandIn


@contextlib.contextmanager
def database(*, is_needed: bool) -> Iterator[str]:
    """Yield the address of a PostgreSQL of its own, "" where none is needed."""
    if not is_needed:
        yield ""
        return
    with opened(Curtain(), command="standin") as ports, ports.databases.serve(foreign=None) as server:
        yield server.create("standin").url().revealed()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    parser.add_argument("--blueprint", type=Path, default=Path("render.yaml"), help="the service to make")
    parser.add_argument("--port", type=int, default=0, help="the API's port (default: any)")
    parser.add_argument("--folder", type=Path, help="keep origin and builds there (default: a temporary folder)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        contextlib.suppress(KeyboardInterrupt),
        database(is_needed=blueprint.needs_database(options.blueprint)) as url,
        StandIn(port=options.port, folder=options.folder, times=Times(start_s=120.0)) as render,
    ):
        service = render.service(**blueprint.first_service(options.blueprint, database_url=url))
        print(f"export RENDER_HOST={render.host} RENDER_API_KEY={KEY}")
        print(f"export RENDER_DEPLOY_HOOK='{service.hook}'")
        print(f"git remote add standin {service.record.origin}")
        print(f"# {service.record.name} ({service.record.id}) serves at {service.record.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
