"""Python's parser is asked by one thread at a time, and passes on what it says."""

import ast
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from deploy_suite.model import syntax_tree


def test_no_two_threads_are_in_the_parser_together(monkeypatch: pytest.MonkeyPatch) -> None:
    real, inside, seen = ast.parse, list[str](), list[int]()

    def slow(source: str, feature_version: tuple[int, int] | None) -> ast.Module:
        inside.append(source)
        time.sleep(0.01)
        seen.append(len(inside))
        inside.pop()
        return real(source, feature_version=feature_version)

    monkeypatch.setattr(syntax_tree, "ast", SimpleNamespace(parse=slow))
    with ThreadPoolExecutor(max_workers=4) as pool:
        trees = list(pool.map(syntax_tree.parse, ["x = 1"] * 8))

    assert (len(trees), seen) == (8, [1] * 8)


def test_a_version_and_an_error_are_passed_on() -> None:
    with pytest.raises(SyntaxError):
        syntax_tree.parse("match x:\n    case _: pass\n", version=(3, 9))

    assert isinstance(syntax_tree.parse(b"match x:\n    case _: pass\n").body[0], ast.Match)
