"""`python -m deploy_suite`: the command line, for repositories that have a package named `deploy` of their own."""

import gc
import os
import sys


def program() -> None:
    """Run the command line and end: all contexts are closed by then, and to free each object takes 0.05 s more."""
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def main() -> int:
    """Run the command line; an interruption while its modules load leaves no traceback either."""
    # Who installs by uv and forbids bytecode (PYTHONDONTWRITEBYTECODE) would compile most of the suite in every
    # run: 0.4 s. The suite imports nothing of the user's, so that bytecode is written among its own files alone.
    sys.dont_write_bytecode = False
    # Nearly all that a start makes stays: to look through it again and again for garbage takes a fifteenth of it.
    gc.set_threshold(100_000, 20, 20)
    try:
        import signal  # noqa: PLC0415  nothing is imported before an interruption is heard

        # Modules that are half loaded turn an interruption into errors of their own; nothing is to be cleaned up yet,
        # so the process may end as any other does, until the command line listens.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        from deploy_suite.entry import bootstrap, utf8  # noqa: PLC0415  before anything is read

        utf8.enforce()
        bootstrap.enter("-m", "deploy_suite", *sys.argv[1:])
        from deploy_suite.entry import cli  # noqa: PLC0415  loading takes long enough to be interrupted

        return cli.main()
    except KeyboardInterrupt:
        print("deploy-suite: interrupted", file=sys.stderr)  # noqa: T201
        return 130


if __name__ == "__main__":
    program()
