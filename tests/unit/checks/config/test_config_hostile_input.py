import random
import string
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy_suite.checks.base import Findings
from deploy_suite.model.finding import Outcome

Checked = Callable[..., Findings]

FRAGMENTS = (
    *("pip install -r requirements.txt", "gunicorn app:app", "uvicorn app:app --host", "./build.sh", "bash build.sh"),
    *(
        "&&",
        "||",
        ";",
        "&",
        "|",
        "(",
        ")",
        "{",
        "}",
        "'",
        '"',
        "`",
        "$(",
        "$PORT",
        "${",
        "\n",
        "\\",
        "cd ../..",
        "cd /",
    ),
    *(
        "alembic -c",
        "make",
        "flask db upgrade",
        "set -e",
        "if",
        "then",
        "fi",
        "eval",
        ". ./build.sh",
        "-b",
        "unix:",
        ">",
    ),
)
SOURCES = st.one_of(st.text(string.printable, max_size=120), st.binary(max_size=120))


def command(seed: int) -> str:
    chosen = random.Random(seed)  # noqa: S311  shapes of input, not secrets
    return " ".join(chosen.choice(FRAGMENTS) for _ in range(chosen.randint(1, 12)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(), st.integers(), SOURCES, SOURCES, SOURCES)
def test_any_command_and_any_file_is_read_without_a_fault_of_our_own(
    checked: Checked, build: int, start: int, script: str | bytes, source: str | bytes, config: str | bytes
) -> None:
    names = ("build.sh", "app.py", "requirements.txt", "alembic.ini", "pyproject.toml", "Makefile", "gunicorn.conf.py")
    contents = (script, source, config, config, config, script, source)

    found = checked(dict(zip(names, contents, strict=True)), build=command(build), start=command(start))

    assert all(one.code and one.message and one.remedy for one in found)
    assert all(one.certainty for one in found if one.outcome is Outcome.WARNING)


def test_a_script_that_runs_itself_comes_to_an_end(checked: Checked) -> None:
    files = {"requirements.txt": "gunicorn\n", "app.py": "", "a.sh": "bash b.sh\n", "b.sh": "bash a.sh\n"}

    assert [one.code for one in checked(files, build="bash a.sh", start="gunicorn app:app")] == []


def test_a_script_at_the_root_of_the_machine_is_none_of_the_projects(checked: Checked) -> None:
    files = {"requirements.txt": "gunicorn\n", "app.py": "", "build.sh": "exit 1\n"}

    assert checked(files, build="cd / && ./build.sh", start="cd / && . ./build.sh; gunicorn app:app") is not None


def test_no_password_of_a_command_appears_in_any_finding(checked: Checked) -> None:
    address = "postgres://shop:sentinel-7f3a9c@db.example.org/shop"
    migrate = f"DATABASE_URL={address} alembic upgrade head || true"
    start = f"{migrate}; gunicorn --env DATABASE_URL={address} -b 127.0.0.1:1 app:app"

    found = checked({"requirements.txt": "flask\n", "app.py": ""}, start=start)

    assert len(found) > 2
    assert "sentinel-7f3a9c" not in repr(found)


@pytest.mark.parametrize("word", ["\0", "../../../etc/passwd", "/dev/zero", "~/x", "*.txt", "a" * 5000])
def test_odd_file_names_are_no_fault_of_ours(checked: Checked, word: str) -> None:
    checked(
        {"app.py": ""},
        build=f"pip install -r '{word}' && '{word}'".replace("\0", "x"),
        start=f"gunicorn -c '{word[:50]}' app:app".replace("\0", "x"),
    )


@pytest.mark.parametrize("first", ["#!", "#!/", "#! /usr/bin/ ", "#!/bin/sh "])
def test_a_script_whose_first_line_names_no_program_is_read(checked: Checked, first: str) -> None:
    findings = checked(
        {"start.sh": f"{first}\ngunicorn app:app\n", "requirements.txt": "gunicorn\n"}, start="./start.sh"
    )

    assert all(finding.code for finding in findings)
