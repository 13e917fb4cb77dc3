"""A project whose variables no file states into the one that must name its database at the target."""

from pathlib import Path, PurePosixPath

from deploy_suite.model.contract import Prompted, Variable
from deploy_suite.tracing.variables import database_urls


def variables(folder: Path, root: PurePosixPath) -> tuple[Variable, ...]:
    """Return the variable without which the code goes on, where a driver of PostgreSQL is listed.

    What they go on with is a file beside the sources, gone with the next deploy, or a database of the desk: nobody
    lists the driver for that. One that they cannot do without is told by the check that ends for want of it.
    """
    if not database_urls.lists_postgresql(folder, root):
        return ()
    near = [one.name for one in database_urls.near(folder, root)]
    names = near or filter(None, (database_urls.of_settings(folder / root),))
    return tuple(Variable(name=name, source=Prompted()) for name in names)
