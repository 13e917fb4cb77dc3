"""What the project's own files use of the standard library that the target's Python no longer has, or not yet."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.knowledge import import_names
from deploy_suite.model import syntax_tree
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.tracing import conditions, sources, standard_library
from deploy_suite.tracing.standard_library import Version
from deploy_suite.tracing.values import ImportKind, Trace

_CERTAIN: Final = frozenset({ImportKind.EAGER})
_LATER: Final = frozenset({ImportKind.CONDITIONAL, ImportKind.DEFERRED})
_ANY: Final = (3, 7)
_TOO_OLD: Final = "python-version-unsupported:too-old"
_ON_FIRST_USE: Final = "certain, but met only when the function that uses it runs"
_SOURCE: Final = "https://docs.python.org/3/whatsnew/{series}.html#removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pythons:
    """The Python that was used here, None for none, and the target's; `stating` says how to be given another one."""

    here: Version | None
    there: Version
    stating: str

    @property
    def series(self) -> str:
        """The target's: "3.14"."""
        return _series(self.there)

    @property
    def before(self) -> Version:
        """The Python for which the code is taken to be written: what it lacks has been met, or is asked for too."""
        return self.here or _ANY

    @property
    def lacking(self) -> str:
        """Say that the target's does not have something."""
        here = f"; Python {_series(self.here)}, used here, has" if self.here else ""
        return f"Python {self.series}, which the target uses, does not have it{here}"


def findings(
    traced: Trace, folder: Path, pythons: Pythons, *, versions: Mapping[str, str], is_whole: bool
) -> Iterator[Finding]:
    """Yield a finding for each module, and each name of one, that *traced* uses and the target's Python lacks.

    Shape: *versions* are the distributions that are installed there, *is_whole* whether these are all of them.
    """
    yield from _modules(traced, pythons, versions=versions, is_whole=is_whole)
    yield from _names(traced, folder, pythons)


def _modules(traced: Trace, pythons: Pythons, *, versions: Mapping[str, str], is_whole: bool) -> Iterator[Finding]:
    had = standard_library.names(pythons.before) | (frozenset() if pythons.here else standard_library.ADDED.keys())
    gone = had - standard_library.names(pythons.there)
    for top in sorted({one.name for one in traced.imports} & gone):
        found = traced.strongest(top)
        providers = import_names.distributions(top)
        if found is None or found.kind not in _CERTAIN | _LATER:
            continue
        if import_names.canonical(providers) & versions.keys():
            continue
        is_eager = found.kind in _CERTAIN
        is_sure = is_eager and is_whole
        instead = f"require {' or '.join(providers)}, or " if providers else ""
        yield Finding(
            code=f"stdlib-removed:{top}" if top in standard_library.REMOVED else _TOO_OLD,
            outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
            message=f"{top} is imported{' when the service starts' if is_eager else ''}, and {pythons.lacking}",
            location=found.chain.last.location if found.chain.hops else None,
            evidence=tuple(filter(None, (found.chain.shown(), _since(top)))),
            remedy=f"{instead}do without {top}, or {pythons.stating}",
            certainty="" if is_sure else _ON_FIRST_USE if not is_eager else "likely: something else may bring it",
            reproduce=f"python{pythons.series} -c 'import {top}'",
        )


def _since(top: str) -> str:
    removed = standard_library.REMOVED.get(top)
    return f"Python {_series(removed)} took it out ({_SOURCE.format(series=_series(removed))})" if removed else ""


def _series(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _names(traced: Trace, folder: Path, pythons: Pythons) -> Iterator[Finding]:
    lost = {
        name: since for name, since in standard_library.LOST_NAMES.items() if pythons.before < since <= pythons.there
    }
    if not lost:
        return
    found: dict[str, Finding] = {}
    for module in traced.modules:
        if module.kind not in _CERTAIN | _LATER:
            continue
        for name, line, text, is_at_import in _used(folder / module.file, lost, pythons.there):
            is_sure = is_at_import and module.kind in _CERTAIN
            if name not in found or (is_sure and found[name].outcome is not Outcome.FAILED):
                place = Location(module.file, line)
                found[name] = _lost(name, lost[name], place, text, is_sure=is_sure, pythons=pythons)
    yield from found.values()


def _lost(name: str, since: Version, place: Location, text: str, *, is_sure: bool, pythons: Pythons) -> Finding:
    module = name.partition(".")[0]
    return Finding(
        code=f"stdlib-removed:{module}",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"{name} is used, and {pythons.lacking}",
        location=place,
        evidence=(f"{place}: {text}", f"Python {_series(since)} took it out ({_SOURCE.format(series=_series(since))})"),
        remedy=f"use what took the place of {name} in {place}, or {pythons.stating}",
        certainty="" if is_sure else _ON_FIRST_USE,
        reproduce=f"python{pythons.series} -c 'from {name.rpartition('.')[0]} import {name.rpartition('.')[2]}'",
    )


def _used(file: Path, lost: Mapping[str, Version], version: Version) -> Iterator[tuple[str, int, str, bool]]:
    """Yield the uses of *lost* names in *file*: name, line, text, and whether importing the file runs it."""
    modules = "|".join(sorted({name.partition(".")[0] for name in lost}))
    try:
        source = sources.read(file, version)
    except OSError:
        return
    if not re.search(rf"\b(?:import|from)\b[^\n]*\b(?:{modules})\b".encode(), source.data):
        return
    tree = source.tree
    if tree is None:
        return
    lines = source.data.decode("utf-8", errors="replace").splitlines()
    reader = _Reader(frozenset(lost), dict(syntax_tree.imported(tree)), version)
    reader.visit(tree)
    for name, line, is_at_import in reader.found:
        if name not in reader.put_back:
            yield name, line, lines[line - 1].strip() if line <= len(lines) else "", is_at_import


class _Reader(ast.NodeVisitor):
    """Reads what of one file runs for certain: not what a `try` covers or a test that nobody can tell may leave out."""

    def __init__(self, names: frozenset[str], stands_for: Mapping[str, str], version: Version) -> None:
        self.found: list[tuple[str, int, bool]] = []
        self.put_back: set[str] = set()
        self._names = names
        self._stands_for = stands_for
        self._version = version
        self._functions = 0

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._functions += 1
        for statement in node.body:
            self.visit(statement)
        self._functions -= 1

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  the names that ast.NodeVisitor calls

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._functions += 1
        self.visit(node.body)
        self._functions -= 1

    def visit_Try(self, node: ast.Try) -> None:
        """What is tried may fail, and what stands in its place is there for just that."""

    visit_TryStar = visit_Try  # type: ignore[assignment]  # noqa: N815  likewise

    def visit_If(self, node: ast.If) -> None:
        taken = conditions.value(node.test, self._version, is_program=True)
        if taken is None:
            return
        for statement in node.body if taken else node.orelse:
            self.visit(statement)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Of two values only one is looked at."""

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """What stands behind `and` and `or` may never be looked at."""
        self.visit(node.values[0])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Annotations are not looked at: since Python 3.14 they are evaluated only when somebody asks."""
        if node.value is not None:
            self.visit(node.value)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._take(f"{node.module}.{alias.name}" if not node.level else "", node)

    def visit_Name(self, node: ast.Name) -> None:
        self._take(self._stands_for.get(node.id, ""), node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        first, dot, rest = syntax_tree.dotted(node).partition(".")
        name = f"{self._stands_for.get(first, '')}{dot}{rest}"
        if isinstance(node.ctx, ast.Store):
            self.put_back.add(name)
        elif not self._take(name, node):
            self.generic_visit(node)

    def _take(self, name: str, node: ast.expr | ast.stmt) -> bool:
        if name not in self._names:
            return False
        self.found.append((name, node.lineno, self._functions == 0))
        return True
