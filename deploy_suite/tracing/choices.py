"""What stands around an import inside a function: the condition under which it runs, and who takes its failure."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from deploy_suite.tracing.statements import catches


class Choice(NamedTuple):
    """The line of the innermost condition around a statement, and whether an ImportError there is handled."""

    line: int
    is_handled: bool


def around(function: ast.AST, line: int) -> Choice | None:
    """Return what decides within *function* whether the statement at *line* runs, None where it always does."""
    parts = [part for part in ast.walk(function) if part is not function and _holds(part, line)]
    conditions = [part.lineno for part in parts if isinstance(part, ast.If | ast.Match)]
    if not conditions:
        return None
    tried = (part for part in parts if isinstance(part, ast.Try))
    return Choice(max(conditions), any(catches(handler) for part in tried for handler in part.handlers))


def _holds(part: ast.AST, line: int) -> bool:
    return any(one.lineno <= line <= (one.end_lineno or 0) for one in _statements(part))


def _statements(part: ast.AST) -> Iterator[ast.stmt]:
    """Yield what runs by the choice of *part*; for a `try` what its handlers answer for."""
    match part:
        case ast.If():
            yield from (*part.body, *part.orelse)
        case ast.Try():
            yield from part.body
        case ast.Match():
            yield from (statement for case in part.cases for statement in case.body)
        case _:
            pass
