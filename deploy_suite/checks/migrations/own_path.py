"""A module of the project's own that the tool does not find → where it is, and what puts that folder on the path."""

import re
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import absent_packages
from deploy_suite.checks.migrations.revisions import alembic_settings
from deploy_suite.checks.migrations.tools import Kind, Tool
from deploy_suite.manifests.alembic_ini import AlembicFile
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.mend import Mend
from deploy_suite.tracing.layout import Layout, Module

_NO_MODULE: Final = re.compile(r"No module named ['\"](?P<module>\w+)['\"]")


def finding(line: str, *, tool: Tool, built: Built) -> Finding | None:
    """Return what the exception's *line* means where the folder in which the tool runs has the module that it misses.

    The console scripts `alembic` and `django-admin` start in their own folder of programs, so the current one is on the
    path only where `prepend_sys_path` or `--pythonpath` says so; with `python -m` it is there.
    Source: https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
    https://docs.djangoproject.com/en/stable/ref/django-admin/#cmdoption-pythonpath
    """
    match = _NO_MODULE.search(line)
    is_script = tool.kind is Kind.ALEMBIC or (tool.kind is Kind.DJANGO and not tool.manage)
    if match is None or not is_script:
        return None
    name = match["module"]
    own = _own(name, tool, built)
    if own is None:
        return None
    file = own.file or f"{own.folders[0]}/"
    return Finding(
        code=f"module-not-on-path:{name}",
        outcome=Outcome.FAILED,
        message=f"{file} is in the commit, but `{tool.program}` does not look for modules in the folder in which it "
        "runs",
        remedy=_remedy(tool),
        mend=_mend(name, alembic_settings(tool, built.case)) if tool.kind is Kind.ALEMBIC else None,
    )


def _own(name: str, tool: Tool, built: Built) -> Module | None:
    """Return the project's own module *name* in the folder of *tool*, None where a package may be meant."""
    layout = Layout(built.case.snapshot.folder)
    own = layout.find((str(tool.folder),), part=name, prefix="")
    if own is None or own.file:
        return own
    is_package = absent_packages.provider(name).is_known
    return own if not is_package and any(map(layout.holds_sources, own.folders)) else None


def _remedy(tool: Tool) -> str:
    if tool.kind is Kind.DJANGO:
        return f"write `python -m django {' '.join(tool.argv)}` in {tool.location.file}"
    if tool.file.suffix == ".toml":
        return f'write prepend_sys_path = ["."] below [tool.alembic] in {tool.file}'
    return f"write prepend_sys_path = . below [alembic] in {tool.file}"


def _mend(name: str, settings: AlembicFile | None) -> Mend | None:
    """Return the line in front of `script_location`, where no list of folders is there to be added to."""
    if settings is None or not settings.script_location or PurePosixPath(settings.file).suffix == ".toml":
        return None
    if settings.import_folders or not settings.location.line:
        return None
    return Mend(
        file=settings.file,
        line=settings.location.line,
        text="prepend_sys_path = .\n",
        is_in_front=True,
        says=f"Alembic finds {name}",
    )
