"""A project whose variables no file states into the one that must name its database at the target."""

import re
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model.contract import Prompted, Variable
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.variables import database_urls

_LISTS: Final = ("requirements.txt", "pyproject.toml", "Pipfile")
_DRIVER: Final = re.compile(r"(?im)^[\s\"']*psycopg(?:2(?:-binary)?)?\b")


def variables(folder: Path, root: PurePosixPath) -> tuple[Variable, ...]:
    """Return the variable without which Django's settings go on, where a driver of PostgreSQL is listed.

    What they go on with is a file beside the sources, gone with the next deploy, or a database of the desk: nobody
    lists the driver for that. One that they cannot do without is told by the check that ends for want of it.
    """
    if not any(_DRIVER.search(snapshot_files.text(folder, root / name) or "") for name in _LISTS):
        return ()
    name = database_urls.of_settings(folder / root)
    return (Variable(name=name, source=Prompted()),) if name else ()
