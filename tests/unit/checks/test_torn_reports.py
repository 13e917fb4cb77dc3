"""What a program of the suite wrote in the user's process before something killed it."""

from pathlib import Path

from deploy_suite.checks.dependencies import rehearsed_import


def test_a_line_that_was_cut_through_or_written_by_another_is_passed_over(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_text('{"event": "ended", "stage": "import"}\n{"x": 1}\n{"event": {}\n[]\n{"event": "err')

    assert rehearsed_import._lines(report) == ({"event": "ended", "stage": "import"},)
