"""Names that functions of the project ask for in vain: the start goes well, and the first call of one fails."""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import meant_imports
from deploy_suite.model import python_series
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing import late_names, sources
from deploy_suite.tracing.handlers import Handlers, Reached
from deploy_suite.tracing.late_names import Late
from deploy_suite.tracing.values import ImportKind, Trace

_SEEN_THROUGH_BY = "ruff check --select F821"


def findings(case: Case, traced: Trace) -> Iterator[Finding]:
    """Yield one finding for each file: a warning where a request leads to one of the names, else a note."""
    version = python_series.numbers(case.python)
    folder = case.snapshot.folder
    found = {
        module.file: names
        for module in traced.modules
        if module.file.endswith(".py") and module.kind is not ImportKind.TYPING
        if (names := late_names.names(sources.read(folder / module.file, version)))
    }
    if not found:
        return
    texts = {file: snapshot_files.data(folder, PurePosixPath(file)) or b"" for file in traced.files}
    handlers = Handlers(traced, folder, version)
    for file, names in found.items():
        sure = [one for one in names if not _comes_from_elsewhere(one.name, file, texts)]
        led = [(one, handlers.reaching(file, one.line)) for one in sure]
        for is_reached, same in groupby(
            sorted(led, key=lambda each: not _counts(*each)), key=lambda each: _counts(*each)
        ):
            several = list(same)
            yield _finding([one for one, _ in several], file, several[0][1] if is_reached else None, traced, folder)


def _counts(late: Late, reached: Reached | None) -> bool:
    return reached is not None and not late.is_caught


def _comes_from_elsewhere(name: str, file: str, texts: dict[str, bytes]) -> bool:
    return any(late_names.may_reach_in(text, name) for other, text in texts.items() if other != file)


def _finding(found: Sequence[Late], file: str, reached: Reached | None, traced: Trace, folder: Path) -> Finding:
    names = ", ".join(one.name for one in found)
    is_one = len(found) == 1
    return Finding(
        code="app-name-error",
        outcome=Outcome.WARNING if reached else Outcome.NOTE,
        message=f"{names} {'is' if is_one else 'are'} used inside a function, and nothing in {file} defines or imports "
        f"{'it' if is_one else 'them'}",
        location=Location(file, found[0].line),
        evidence=tuple(f"{file}:{one.line}: NameError: name {one.name!r} is not defined" for one in found),
        remedy=_remedy(found, file, traced, folder),
        certainty=_certainty(found, reached),
        reproduce=f"{_SEEN_THROUGH_BY} {file}",
    )


def _certainty(found: Sequence[Late], reached: Reached | None) -> str:
    if reached is not None:
        name = f"{reached.name} ({reached.location})" if reached.name else str(reached.location)
        return f"the service starts all the same; {name} leads there and fails where it comes to that line"
    if all(one.is_caught for one in found):
        return "the service starts all the same; what fails there is caught, and the code goes on without"
    return "the service starts all the same, and no route was seen to lead to that function"


def _remedy(found: Sequence[Late], file: str, traced: Trace, folder: Path) -> str:
    """Return the imports to add where all are known: those of other files, or of modules that Python brings."""
    looked = [meant_imports.find(one.name, file, traced.files, folder) for one in found]
    meant = [one for one in looked if one]
    if len(meant) == len(found):
        return meant_imports.remedy(meant, file)
    if all(one.name in sys.stdlib_module_names for one in found):
        return f"add to {file}: {'; '.join(f'`import {one.name}`' for one in found)}"
    return f"import or define {', '.join(one.name for one in found)} in {file}"
