"""What counts as a difference between what was said of an outage and what must be said."""

from pathlib import Path
from typing import Any

import pytest

from tests.outages.cases import Cause, Variant, variants
from tests.outages.verdict import differences

CAUSE = Cause(code="missing-requirement:numpy", at="src/search.py", line="import numpy", says=("main.py:3",))
PLACES = {CAUSE: "src/search.py:7"}


def row(**changed: Any) -> dict[str, Any]:
    plain = {
        "code": "missing-requirement:numpy",
        "outcome": "failed",
        "message": "numpy is imported",
        "location": {"file": "src/search.py", "line": 7},
        "evidence": ["main.py:3 → src/search.py:7"],
        "remedy": "",
        "certainty": "",
        "reproduce": "",
        "check": "imports",
        "service": "web",
        "required": True,
    }
    return {**plain, **changed}


def told(*rows: dict[str, Any], code: int = 1) -> list[str]:
    variant = Variant(project="p", name="before", tree=("before",), exit=1, causes=(CAUSE,))
    return list(differences(variant, rows, PLACES, code=code))


def test_a_cause_that_is_named_at_its_place_is_no_difference() -> None:
    assert told(row(), row(code="imports", outcome="passed", location=None)) == []


def test_an_echo_of_the_same_cause_is_no_difference() -> None:
    assert told(row(), row(check="boot", location={"file": "render.yaml", "line": 2})) == []
    assert told(row(), row(code="missing-requirement", check="boot", location=None)) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "missing-requirement:scipy"},
        {"location": {"file": "src/search.py", "line": 8}},
        {"location": None},
        {"outcome": "warning"},
    ],
)
def test_a_cause_elsewhere_or_less_grave_counts_as_not_named_and_as_something_else(changed: dict[str, Any]) -> None:
    first, second = told(row(**changed))

    assert first == "not named: missing-requirement:numpy src/search.py:7 (failed)"
    assert second.startswith("named besides: ")


def test_a_chain_that_is_not_told_is_a_difference() -> None:
    assert told(row(evidence=[])) == ["missing-requirement:numpy src/search.py:7 does not say 'main.py:3'"]


def test_another_warning_is_a_difference() -> None:
    assert told(row(), row(code="x", outcome="warning", message="odd", location=None)) == [
        "named besides: x (no place) (warning, web): odd"
    ]


def test_another_exit_code_is_a_difference_that_says_what_was_skipped() -> None:
    skipped = row(code="not-run", outcome="skipped", message="no Docker", location=None)

    assert told(row(), skipped, code=3) == ["exit code 3, expected 1; skipped: no Docker"]


def test_a_text_that_stands_in_two_lines_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import x\nimport x.y\n")

    with pytest.raises(ValueError, match="stands in 2 lines"):
        Cause(code="c", at="a.py", line="import x").place(tmp_path)


def test_each_project_has_what_went_wrong_and_what_is_right() -> None:
    found = {(one.project, one.name): one for one in variants()}
    projects = {project for project, _ in found}

    assert {"gazelle", "her", "konan", "vision"} <= projects
    for project in projects:
        assert found[project, "before"].causes
        assert (found[project, "after"].causes, found[project, "after"].exit) == ((), 0)
