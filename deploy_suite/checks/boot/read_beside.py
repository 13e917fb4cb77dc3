"""An exception without a known cause → the made-up variable that the failing file reads, to which it may be due."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.boot.tracebacks import last_traceback
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

# What source code, and no value, brings about.
_OF_SOURCE: Final = re.compile(
    r"[\w.]*\b(?:Import|ModuleNotFound|Syntax|Indentation|Tab|Name|UnboundLocal|Attribute|Type)Error\b"
)


def variable(made_up: Iterable[str], place: Location, log: str, *, folder: Path) -> str:
    """Return the one of *made_up* that the file of *place* names, "" where none or the source alone can be wrong."""
    if _OF_SOURCE.match("".join(last_traceback(log)[-1:])):
        return ""
    text = snapshot_files.text(folder, PurePosixPath(place.file)) or ""
    return next((name for name in made_up if f'"{name}"' in text or f"'{name}'" in text), "")
