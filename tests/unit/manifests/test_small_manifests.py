"""Procfile, .env, .python-version and runtime.txt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy_suite.manifests import dotenv_file, procfile
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.procfile import ProcessLine
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText


def test_a_process_that_is_spread_over_lines_is_none_and_is_told_as_it_was_meant() -> None:
    text = (
        "web:\n gunicorn -w 2\n app:app\n\nworker: celery -A app worker\nclock:\n# nothing\nrelease:flask db upgrade\n"
    )

    assert [(one.name, one.command.text) for one in procfile.parse(text, file="Procfile")] == [
        ("worker", "celery -A app worker"),
        ("release", "flask db upgrade"),
    ]
    assert procfile.spread(text, file="Procfile") == (
        ProcessLine("web", CommandText(text="gunicorn -w 2 app:app", location=Location("Procfile", 1))),
    )


def test_a_procfile_is_read_and_of_two_lines_the_last_counts() -> None:
    text = (
        "web: old\n# note\nrelease:FLASK_APP=app flask db upgrade\r\n\nmy-worker_2:  celery -A a:b worker \nweb: new\n"
    )

    assert procfile.parse(text, file="Procfile") == (
        ProcessLine("release", CommandText(text="FLASK_APP=app flask db upgrade", location=Location("Procfile", 3))),
        ProcessLine("my-worker_2", CommandText(text="celery -A a:b worker", location=Location("Procfile", 5))),
        ProcessLine("web", CommandText(text="new", location=Location("Procfile", 6))),
    )


def test_lines_without_a_name_are_told() -> None:
    text = "gunicorn mysite.wsgi\nweb:\n# note\nok: x\n"

    assert procfile.parse(text, file="Procfile") == (
        ProcessLine("ok", CommandText(text="x", location=Location("Procfile", 4))),
    )
    assert procfile.unread(text, file="Procfile") == (Location("Procfile", 1), Location("Procfile", 2))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\n", {"A": "1"}),
        ("export A = 1 # note\n", {"A": "1"}),
        ("A=a#b\n", {"A": "a#b"}),
        ("A=\nB=\n", {"A": "", "B": ""}),
        ("A= # only a note\n", {"A": ""}),
        ("A='a # $b \\n ${C}'\n", {"A": "a # $b \\n ${C}"}),
        ("A='it\\'s'\n", {"A": "it's"}),
        ('A="a # b\\n\\"c\\"" # note\n', {"A": 'a # b\n"c"'}),
        ('A="two\nlines"\nB=1\n', {"A": "two\nlines", "B": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("ONLY_A_NAME\nexport ALSO\nA=1\n", {"A": "1"}),
        ("U=ada\nURL=postgres://${U}:x@h/d?a=b\n", {"U": "ada", "URL": "postgres://ada:x@h/d?a=b"}),
        ("A=${HOME}-${NO:-fall back}-$A\n", {"A": "${HOME}-fall back-$A"}),
        ("A=`x y`\n", {"A": "x y"}),
        ("# only\n\n", {}),
        ("A.b-c=1\n", {"A.b-c": "1"}),
    ],
)
def test_a_dotenv_file_is_read_as_python_dotenv_reads_it(text: str, values: dict[str, str]) -> None:
    assert dotenv_file.parse(text) == values


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nhunter2 hunter2\n", 2), ('A="hunter2\n', 1), ("=hunter2\n", 1), ("A='x' hunter2\n", 1)]
)
def test_a_line_that_is_no_assignment_is_told_without_its_text(text: str, line: int) -> None:
    with pytest.raises(ManifestError) as caught:
        dotenv_file.parse(text)

    assert caught.value.location == Location(".env.preflight", line)
    assert "hunter2" not in f"{caught.value} {caught.value.remedy}"


NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_values_in_single_quotes_are_read_back(values: dict[str, str]) -> None:
    escaped = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in values.items()}

    assert dotenv_file.parse("".join(f"{name}='{value}'\n" for name, value in escaped.items())) == values
