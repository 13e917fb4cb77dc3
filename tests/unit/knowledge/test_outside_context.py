"""Code that needs a context of Flask's where there is none."""

import pytest

from deploy_suite.knowledge.diagnosis import diagnose

FRAME = (
    'Traceback (most recent call last):\n  File "/opt/render/project/src/app.py", line 22, in <module>\n    {line}\n'
)


@pytest.mark.parametrize(
    ("line", "message", "kind"),
    [
        ("db.create_all()", "Working outside of application context.\n\nThis typically means that you", "application"),
        ("user = session['user']", "Working outside of request context.\n\nThis typically means", "request"),
        ("db.create_all()", "No application found. Either work inside a view function or push an", "application"),
    ],
)
def test_a_line_that_needs_a_context_is_named_with_the_block_that_gives_it_one(
    line: str, message: str, kind: str
) -> None:
    root = diagnose(f"{FRAME.format(line=line)}RuntimeError: {message}\n").root

    assert root is not None
    assert root.slug == "flask-outside-context"
    assert f"needs Flask's {kind} context" in root.title
    assert "with app.app_context():" in root.fix


def test_what_gunicorn_says_of_it_without_a_traceback_is_known_too() -> None:
    root = diagnose(
        "\nError: Working outside of application context.\n\nThis typically means that you attempted\n"
    ).root

    assert root is not None
    assert root.slug == "flask-outside-context"


def test_another_error_at_run_time_is_none_of_a_context() -> None:
    root = diagnose(f"{FRAME.format(line='work()')}RuntimeError: Working outside of office hours\n").root

    assert root is None or root.slug != "flask-outside-context"
