"""A service that was started and answers → what a rehearsed import of its entry point would have shown, or a doubt."""

import re
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built, Case, Started
from deploy_suite.checks.dependencies import absent_packages
from deploy_suite.checks.dependencies.rehearsed_import import Rehearsed
from deploy_suite.environments import packages
from deploy_suite.manifests import shell
from deploy_suite.model import on_disk
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.project import Framework
from deploy_suite.tracing.values import ImportKind, Trace

# What an import that goes through may leave: packages built for another NumPy say so, and carry on.
_GRUMBLES: Final = re.compile(r"numpy|compiled against|_ARRAY_API|Traceback", re.IGNORECASE)
_EXTENSIONS: Final = (".abi3.so", ".so")


def is_possible(case: Case) -> bool:
    """Whether an answer of the service shows that its entry point imports.

    It does where the start command starts one program, which comes from that entry point. Django's routes are left
    out: middleware can answer before they are imported.
    """
    contract = case.contract
    entry, start = contract.entry, contract.start
    if contract.kind is not ServiceKind.WEB or start is None or entry is None or case.preferences.allow_network:
        return False
    commands = [one for one in shell.parse(start.text).commands if one.program not in {"", "cd"}]
    return len(commands) == 1 and entry.location == start.location and entry.framework is not Framework.DJANGO


def shown(built: Built, started: Started, trace: Trace) -> Rehearsed | None:
    """Return what a rehearsed import would have shown; None where only that can tell.

    That is so where something was wanted of the outside (which line wants it shows in the import alone), where the log
    may tell of something that went wrong, and where an import inside a function may lack its package.
    """
    is_quiet = started.is_isolated and not started.reached and not _GRUMBLES.search(started.log)
    return Rehearsed(is_by_answer=True) if is_quiet and _has_all(built, trace) else None


def _has_all(built: Built, trace: Trace) -> bool:
    """Whether all is surely there that the start did not import: on requests, or below a program's main guard."""
    kinds = {ImportKind.DEFERRED} if trace.entry.attribute else {ImportKind.DEFERRED, ImportKind.EAGER}
    names = {name for one in trace.imports if one.kind in kinds for name in absent_packages.probes(one)}
    site = packages.site_packages(built.environment.venv)
    return all(_is_there(site, name.partition(".")[0]) for name in names)


def _is_there(site: Path, top: str) -> bool:
    """Whether *site* has the module or the package *top*; of a mere namespace more would have to be known."""
    if on_disk.is_file(site / top / "__init__.py") or on_disk.is_file(site / f"{top}.py"):
        return True
    return any(on_disk.is_file(site / f"{top}{ending}") for ending in _EXTENSIONS) or any(
        site.glob(f"{top}.cpython-*.so")
    )
