"""A service that ended on a variable which nothing states → all that its start and its build cannot do without."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Final

from deploy_suite.checks.base import Case
from deploy_suite.checks.config import failing, subject
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.dependencies import requirements
from deploy_suite.checks.dependencies import subject as traces
from deploy_suite.checks.migrations.tools import option
from deploy_suite.checks.variables import needed, stated
from deploy_suite.checks.variables.needed import Wanted
from deploy_suite.environments import django_settings
from deploy_suite.model import on_disk
from deploy_suite.model.project import CommandText, EntryPoint
from deploy_suite.project import entry_points

_MANAGE: Final = "manage.py"


def wanted(case: Case) -> tuple[Wanted, ...]:
    """Return what the sources of *case* cannot do without and nothing states: of its start, then of its build."""
    present = stated.present(case)
    known = traces.known_of(requirements.read(case).names)
    found: dict[str, Wanted] = {}
    for check, entry, variables in _entries(case):
        traced = traces.trace(case, entry, known=known, reads_all=False, variables=variables)
        reads = needed.asked(case, entry, traced)
        for one in reads.required:
            if needed.is_at_start(one) and not one.is_met_by(present | reads.given):
                found.setdefault(one.names[0], Wanted(one, check))
    return tuple(found.values())


def _entries(case: Case) -> Iterator[tuple[str, EntryPoint, Mapping[str, str]]]:
    """Yield what the start and the build import, each with the check that shows it and the variables that it sees."""
    entry = case.contract.entry
    if entry is not None and _is_there(case, entry):
        yield "imports", entry, traces.literals(case)
    read = subject.of(case)
    for call in read.calls.of(Step.BUILD):
        if not call.always_runs or not failing.ends_the_step(call, read.calls):
            continue
        variables = _variables(call, case)
        program = _program(call, case, variables)
        if program is not None and _is_there(case, program):
            yield "environment", program, variables


def _is_there(case: Case, entry: EntryPoint) -> bool:
    return entry.file is not None and on_disk.is_file(case.snapshot.folder / entry.file)


def _variables(call: Call, case: Case) -> Mapping[str, str]:
    """Return the variables that *call* sees, as far as the texts tell; `--settings` is one of them to Django."""
    seen = {**traces.literals(case), **dict(call.command.assignments), **dict(call.written.assignments)}
    settings = option(call.command.words, "--settings", default="")
    return {**seen, django_settings.VARIABLE: settings} if settings else seen


def _program(call: Call, case: Case, variables: Mapping[str, str]) -> EntryPoint | None:
    """Return what *call* makes Python import; a command of Django's begins as its server does, with the settings."""
    words = call.command.words
    if call.folder is None or not call.program.startswith("python"):
        return None
    at = next((at for at, word in enumerate(words) if word.rpartition("/")[2] == _MANAGE), None)
    text = shlex.join(words if at is None else (*words[: at + 1], "runserver"))
    command = CommandText(text=text, location=call.location)
    return entry_points.from_command(command, folder=case.snapshot.folder, root=call.folder, variables=variables)
