"""A server error of which the log says nothing → the exception, from asking the application in a process of its own.

Django prints the exceptions of its views only while DEBUG is on, unless the project's LOGGING says otherwise.
https://docs.djangoproject.com/en/stable/ref/logging/#default-logging-configuration
"""

import json
from typing import Final

from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.boot.tracebacks import last_traceback
from deploy_suite.model.project import Framework

_LIMIT_S: Final = 30.0
_OUTPUT_BYTES: Final = 1024 * 1024
# The client of Django's tests hands on what a view raises; it opens no port and, by itself, touches no database.
# https://docs.djangoproject.com/en/stable/topics/testing/tools/#django.test.Client
_PROGRAM: Final = """
import importlib, json, os, sys
asked = json.loads(sys.stdin.read())
sys.path[:0] = asked["folders"]
try:
    importlib.import_module(asked["module"])
    from django.test import Client
except BaseException:  # the service did without: that is not why it failed
    sys.exit(0)
headers = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in asked["headers"].items()}
Client(**headers).get(asked["path"], follow=True)
"""


def log(stage: Stage, path: str, said: str) -> str:
    """Return *said*, what the service printed while GET *path* failed, or the traceback that it kept to itself.

    The application is asked once more, on the same throw-away database, and nothing outside is let through.
    """
    entry = stage.contract.entry
    is_silent = entry is not None and entry.framework is Framework.DJANGO and not last_traceback(said)
    if entry is None or not is_silent or not stage.network.is_isolated:
        return said
    environment = stage.built.environment
    question = {
        "folders": [str(environment.top / folder) for folder in entry.search_path],
        "module": entry.module,
        "headers": dict(stage.visitor_headers()),
        "path": path,
    }
    command = stage.program((str(environment.python), "-c", _PROGRAM), stdin=json.dumps(question))
    done = stage.ports.runner.run(command, timeout_s=_LIMIT_S, output_limit_bytes=_OUTPUT_BYTES, network=stage.network)
    return done.err if not done.ok and last_traceback(done.err) else said
