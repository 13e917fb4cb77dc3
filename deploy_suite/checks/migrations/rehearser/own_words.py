"""The command itself, run as the interpreter would run it, but where all that it imports is there already."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
from typing import Any


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Run the "script" of *order*["call"] or else its "module". Raises: SystemExit when it fails."""
    call = order["call"]
    kept = sys.argv[:]
    sys.argv[:] = [call["script"] or call["module"], *call["argv"]]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            if call["script"]:
                runpy.run_path(call["script"], run_name="__main__")
            else:
                runpy.run_module(call["module"], run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        if stop.code:
            raise
    finally:
        sys.argv[:] = kept
    return {}
