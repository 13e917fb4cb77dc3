"""Models that an entry point imports before Django has loaded its apps: which line has to move."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location

_RAISED: Final = "AppRegistryNotReady"
_SETS_UP: Final = {"asgi.py": "get_asgi_application()", "wsgi.py": "get_wsgi_application()"}


def told(finding: Finding, places: Iterable[Location]) -> Finding:
    """Return *finding* at the line of the entry point that leads to the models.

    Shape: *places* are the lines of the project's own that led to the exception. Unchanged where it is another one, or
    none of them is of an asgi.py or wsgi.py.
    Source: https://channels.readthedocs.io/en/stable/deploying.html#configuring-the-asgi-application
    """
    entry = next((one for one in places if PurePosixPath(one.file).name in _SETS_UP), None)
    if entry is None or not any(_RAISED in line for line in finding.evidence):
        return finding
    call = _SETS_UP[PurePosixPath(entry.file).name]
    return replace(
        finding,
        location=entry,
        remedy=f"in {entry.file}, move the call of `{call}` above line {entry.line}, whose import leads to the models",
        certainty="",
    )
