"""Findings about packages that the traced code needs without importing them."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy_suite.checks.base import Built
from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.knowledge import import_names, needs
from deploy_suite.knowledge.distributions import slug_name
from deploy_suite.knowledge.needs import Need
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import app_objects
from deploy_suite.tracing.values import ImportKind, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A place that needs something. Shape: `is_eager` says that every start runs the file."""

    need: Need
    location: Location
    text: str
    is_eager: bool


def uses(trace: Trace, folder: Path, rows: Sequence[Need]) -> tuple[Use, ...]:
    """Return where the traced files use what *rows* are about, each row once."""
    found: dict[Need, Use] = {}
    for module in trace.modules:
        if module.kind in {ImportKind.EAGER, ImportKind.DEFERRED}:
            for use in _in_file(folder, module.file, rows, is_eager=module.kind is ImportKind.EAGER):
                found.setdefault(use.need, use)
    return tuple(found.values())


def _in_file(folder: Path, file: str, rows: Sequence[Need], *, is_eager: bool) -> Iterator[Use]:
    try:
        data = (folder / file).read_bytes()
    except OSError:
        return
    likely = [row for row in rows if any(name.rpartition(".")[2].encode() in data for name in row.uses)]
    source = app_objects.read(folder / file) if likely else None
    if source is None:
        return
    by_name: dict[str, list[Need]] = {}
    for row in likely:
        for name in row.uses:
            by_name.setdefault(name, []).append(row)
    for node in ast.walk(source.tree):
        yield from _at(node, source, by_name, file=file, is_eager=is_eager)


def _at(
    node: ast.AST, source: app_objects.Source, by_name: Mapping[str, Sequence[Need]], *, file: str, is_eager: bool
) -> Iterator[Use]:
    """Return the needs that begin at *node*: rows about arguments begin at calls, the others wherever the name is."""
    named = node.func if isinstance(node, ast.Call) else node
    if not isinstance(named, ast.Name | ast.Attribute) or not isinstance(named.ctx, ast.Load):
        return
    for row in by_name.get(app_objects.dotted(source, named), ()):
        if bool(row.argument) != isinstance(node, ast.Call):
            continue
        text = ast.unparse(node)
        if row.is_met_by(text):
            yield Use(need=row, location=Location(file, named.lineno), text=text[:120], is_eager=is_eager)


def findings(built: Built, trace: Trace, declared: Declared, *, has_failed: bool) -> Iterator[Finding]:
    """Return what the code needs and the environment lacks, as warnings: only importing and booting decide.

    Shape: an import that went through proves that nothing was needed for it; behind one that failed (*has_failed*)
    such a need would show next.
    """
    rows = tuple(row for row in needs.rows() if has_failed or row.met_at == "use")
    folder, packages = built.case.snapshot.folder, built.environment.packages
    yield from lacking(rows, packages, folder=folder, trace=trace, declared=declared, has_failed=has_failed)


def _is_reached(row: Need, packages: Mapping[str, str]) -> bool:
    """Whether what *row* is about can run at all: code that goes on without a package never calls it."""
    tops = {name.partition(".")[0] for name in row.uses}
    owners = {name for top in tops for name in (top, *import_names.distributions(top))}
    return row.met_at != "use" or bool(import_names.canonical(tuple(owners)) & packages.keys())


def lacking(
    rows: Sequence[Need],
    packages: Mapping[str, str],
    *,
    folder: Path,
    trace: Trace,
    declared: Declared,
    has_failed: bool,
) -> Iterator[Finding]:
    """Return what the code needs and *packages* lack of what *rows* are about."""
    open_rows = [row for row in rows if not set(row.needs) & packages.keys() and _is_reached(row, packages)]
    for use in uses(trace, folder, open_rows):
        is_next = has_failed and use.is_eager and use.need.met_at == "import"
        yield Finding(
            code=f"missing-requirement:{slug_name(use.need.needs[0])}",
            outcome=Outcome.WARNING,
            message=f"{use.text.partition('(')[0]} needs {' or '.join(use.need.needs)}, and "
            f"{'none is' if len(use.need.needs) > 1 else 'it is not'} installed",
            location=use.location,
            evidence=(f"{use.location}: {use.text}", f"{use.need.why}: {use.need.source}"),
            remedy=declared.add(use.need.needs[0]),
            certainty="likely the next error once the import comes so far"
            if is_next
            else "certain when that line runs; the service starts without it",
        )
