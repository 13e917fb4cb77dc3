"""What a program of the suite wrote in the user's process before something killed it."""

from pathlib import Path

import pytest

from deploy_suite.checks.dependencies import rehearsed_import


def test_a_line_that_was_cut_through_or_written_by_another_is_passed_over(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_text('{"event": "ended", "stage": "import"}\n{"x": 1}\n{"event": {}\n[]\n{"event": "err')

    assert rehearsed_import._lines(report) == ({"event": "ended", "stage": "import"},)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("python manage.py migrate && gunicorn -w 2 shop.wsgi", ["gunicorn", "-w", "2", "shop.wsgi"]),
        ("uvicorn app:app --port $PORT; echo ended", ["uvicorn", "app:app", "--port", "$PORT"]),
        ("gunicorn app:app || true", ["gunicorn", "app:app"]),
        ("python app.py", []),
        ("exec gunicorn app:app --log-file=- >log 2>&1 &", ["gunicorn", "app:app", "--log-file=-"]),
        ("gunicorn 'app", ["gunicorn"]),
    ],
)
def test_an_import_finds_the_words_of_its_server_in_argv(start: str, words: list[str]) -> None:
    assert rehearsed_import._server_call(start) == words
