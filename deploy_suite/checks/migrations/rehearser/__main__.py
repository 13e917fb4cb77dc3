"""The program's start: `python .../rehearser JOB`, where JOB is a file in JSON."""

import os
import sys

# The package is importable for this moment only: what the service imports later must not find its neighbours.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
from rehearser.session import serve  # type: ignore[import-not-found]  # noqa: E402  the folder above is the path

del sys.path[0]
serve(sys.argv[1])
