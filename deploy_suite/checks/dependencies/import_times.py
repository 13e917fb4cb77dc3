"""A service's environment into what it provides and how long each package takes to be imported."""

import re
import tempfile
from collections.abc import Mapping
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies import installed
from deploy_suite.checks.dependencies.outline import Measured
from deploy_suite.environments import bindings as binding
from deploy_suite.knowledge import import_names
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.environment import Environment
from deploy_suite.model.project import EntryPoint
from deploy_suite.ports import Ports

_LIMIT_S: Final = 180.0
_OUTPUT_BYTES: Final = 4 * 1024 * 1024
# https://docs.python.org/3/using/cmdline.html#cmdoption-X: microseconds, own and with all that was imported meanwhile.
_LINE: Final = re.compile(r"import time: +\d+ \| +(?P<microseconds>\d+) \| +(?P<module>[\w.]+)")


def measured(built: Built, ports: Ports, *, entry: EntryPoint) -> Measured:
    """Return what importing *entry* takes in the environment of its service."""
    made, contract = built.environment, built.case.contract
    values = binding.at_run(contract, built.bindings)
    with (
        ports.networks.open(isolated=True) as network,
        tempfile.TemporaryDirectory(prefix="times-", dir=ports.workplace.run_folder) as scratch,
    ):
        command = Command(
            argv=(str(made.python), "-X", "importtime", "-c", _program(made, entry)),
            cwd=made.top / (entry.working_folder or contract.root),
            environment={**made.process_environment(values), "PYTHONPYCACHEPREFIX": scratch},
        )
        # The first run writes bytecode, as installing does on a target; what is wanted is the time of a start.
        ports.runner.run(command, timeout_s=_LIMIT_S, output_limit_bytes=_OUTPUT_BYTES, network=network)
        done = ports.runner.run(command, timeout_s=_LIMIT_S, output_limit_bytes=_OUTPUT_BYTES, network=network)
    return Measured(
        provided=installed.read(made.venv),
        versions=made.packages,
        seconds=_seconds(done),
        notes=() if done.ok else (_note(done),),
    )


def _program(made: Environment, entry: EntryPoint) -> str:
    folders = [str(made.top / path) for path in entry.search_path]
    if entry.attribute or entry.file is None:
        return f"import sys; sys.path[:0] = {folders!r}; import {entry.module}"
    file = str(made.top / entry.file)
    return f"import runpy, sys; sys.path[:0] = {folders!r}; runpy.run_path({file!r}, run_name='preflight_program')"


def _note(done: Completed) -> str:
    last = next((line for line in reversed(done.err.splitlines()) if not line.startswith("import time:")), "")
    return f"the import ended early, so later packages have no times: {last.strip()}"


def _seconds(done: Completed) -> Mapping[str, float]:
    """Return the longest time of each top-level name, and of each dotted name that tells a package."""
    found: dict[str, float] = {}
    for match in _LINE.finditer(done.err):
        module = match["module"]
        seconds = int(match["microseconds"]) / 1_000_000
        for name in {module.partition(".")[0], import_names.known_part(module)}:
            found[name] = max(found.get(name, 0.0), seconds)
    return found
