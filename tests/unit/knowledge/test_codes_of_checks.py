"""Whatever preflight finds wrong has a row that explains it: one cause, one slug, one explanation."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_suite.knowledge.catalogue import catalogue
from deploy_suite.knowledge.explain import explain

SUITE = Path(__file__).parents[3] / "deploy_suite"
NO_FAULT = {"PASSED", "SKIPPED"}


def texts(node: ast.expr, scopes: list[ast.AST]) -> Iterator[str]:
    """Yield the texts that *node* may be; of one that is composed, its beginning."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.IfExp():
            yield from (*texts(node.body, scopes), *texts(node.orelse, scopes))
        case ast.Name(id=name):
            for value in (value for scope in scopes for value in assigned(name, scope)):
                yield from texts(value, [])
        case _:
            return


def assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    """Yield what is assigned to *name* anywhere in *scope*."""
    for child in ast.walk(scope):
        match child:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value


def codes() -> Iterator[tuple[str, str]]:
    """Yield the codes with which findings are made, and where; those that a row gives need no proof."""
    for path in sorted(SUITE.rglob("*.py")):
        if "knowledge" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call):
                    continue
                given = {word.arg: word.value for word in call.keywords}
                outcome = given.get("outcome")
                if "code" not in given or (isinstance(outcome, ast.Attribute) and outcome.attr in NO_FAULT):
                    continue
                for text in texts(given["code"], [function, tree]):
                    yield text, f"{path.relative_to(SUITE)}:{call.lineno}"


CODES = {code: place for code, place in codes() if "-" in code}


def test_many_codes_are_found_in_the_sources() -> None:
    assert len(CODES) >= 60


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_of_a_check_is_explained(code: str) -> None:
    slug = code.rstrip(":")

    assert catalogue().row(slug) is not None, CODES[code]
    assert "\nFix:\n" in (explain(slug) or "")
