from pathlib import PurePosixPath

import pytest

from deploy_suite.manifests import dockerfile, dockerignore, shell
from deploy_suite.manifests.dockerfile import Dockerfile, Fault, Instruction
from deploy_suite.manifests.dockerfile_words import Pair, expanded, pairs, words


def only(text: str, name: str) -> Instruction:
    found = [one for stage in dockerfile.parse(text).stages for one in stage.instructions if one.name == name]
    assert len(found) == 1
    return found[0]


def shape(parsed: Dockerfile) -> list[tuple[str, str, str, int, list[tuple[str, int]]]]:
    return [
        (stage.base, stage.name, stage.platform, stage.line, [(one.name, one.line) for one in stage.instructions])
        for stage in parsed.stages
    ]


def test_stages_know_their_base_name_platform_and_lines() -> None:
    parsed = dockerfile.parse(
        "# syntax=docker/dockerfile:1\n"
        "ARG PYTHON_VERSION=3.12\n"
        "\n"
        "FROM --platform=linux/amd64 python:${PYTHON_VERSION}-slim AS Builder\n"
        "WORKDIR /app\n"
        "from builder as final\n"
        "cmd python main.py\n"
    )

    assert shape(parsed) == [
        ("python:${PYTHON_VERSION}-slim", "builder", "linux/amd64", 4, [("WORKDIR", 5)]),
        ("builder", "final", "", 6, [("CMD", 7)]),
    ]
    assert [(one.name, one.pairs) for one in parsed.arguments] == [("ARG", (Pair("PYTHON_VERSION", "3.12"),))]
    assert parsed.faults == ()
    assert parsed.stage("BUILDER") is parsed.stages[0]
    assert parsed.stage("1") is parsed.stages[1]
    assert parsed.stage("other") is None


def test_a_command_over_several_lines_keeps_its_lines_and_loses_its_comments() -> None:
    run = only(
        "FROM python\n"
        "RUN apt-get update && \\\n"
        "    # a remark in between\n"
        "\n"
        "    apt-get install -y libpq5 \\  \n"
        " && pip install flask\n"
        "CMD flask run\n",
        "RUN",
    )

    assert run.text == "apt-get update &&     apt-get install -y libpq5  && pip install flask"
    assert [(one.words, run.line + one.line - 1) for one in shell.parse(run.source).commands] == [
        (("apt-get", "update"), 2),
        (("apt-get", "install", "-y", "libpq5"), 5),
        (("pip", "install", "flask"), 6),
    ]


def test_flags_are_taken_off_wherever_the_lines_break() -> None:
    run = only(
        "FROM python\n"
        "RUN --mount=type=cache,target=/root/.cache \\\n"
        "    --mount=type=bind,source=uv.lock,target=uv.lock \\\n"
        "    uv sync --frozen\n",
        "RUN",
    )

    assert run.all_of("mount") == ("type=cache,target=/root/.cache", "type=bind,source=uv.lock,target=uv.lock")
    assert run.text.strip() == "uv sync --frozen"
    assert [(one.words, one.line) for one in shell.parse(run.source).commands] == [(("uv", "sync", "--frozen"), 3)]


@pytest.mark.parametrize(
    ("line", "words_of_it"),
    [
        ('CMD ["gunicorn", "app:app"]', ("gunicorn", "app:app")),
        ("CMD [ 'gunicorn', 'app:app' ]", None),
        ("CMD gunicorn app:app", None),
        ('ENTRYPOINT ["sh", "-c", "exec gunicorn --bind :$PORT"]', ("sh", "-c", "exec gunicorn --bind :$PORT")),
        ('CMD ["gunicorn", 8000]', None),
        ('COPY ["a b", "/to/"]', ("a b", "/to/")),
    ],
)
def test_only_a_list_of_texts_in_double_quotes_is_the_form_without_a_shell(
    line: str, words_of_it: tuple[str, ...] | None
) -> None:
    assert only(f"FROM python\n{line}\n", line.split(maxsplit=1)[0]).exec == words_of_it


def test_heredocs_belong_to_their_instruction() -> None:
    parsed = dockerfile.parse(
        "FROM python\n"
        "RUN <<EOF\n"
        "pip install flask\n"
        "COPY is no instruction here\n"
        "EOF\n"
        "COPY <<-'START' /start.sh\n"
        "\t#!/bin/sh\n"
        "\tflask run --port $PORT\n"
        "\tSTART\n"
        "CMD /start.sh\n"
    )

    assert shape(parsed)[0][4] == [("RUN", 2), ("COPY", 6), ("CMD", 10)]
    run, copy, _ = parsed.stages[0].instructions
    assert [(one.name, one.text, one.line, one.is_literal) for one in run.heredocs] == [
        ("EOF", "pip install flask\nCOPY is no instruction here\n", 3, False)
    ]
    assert [(one.name, one.text, one.line, one.is_literal) for one in copy.heredocs] == [
        ("START", "#!/bin/sh\nflask run --port $PORT\n", 7, True)
    ]


def test_the_escape_directive_changes_what_continues_a_line() -> None:
    parsed = dockerfile.parse("# escape=`\nFROM python\nRUN dir C:\\ `\n  && dir\nCMD x\n")

    assert shape(parsed)[0][4] == [("RUN", 3), ("CMD", 5)]


def test_onbuild_takes_the_heredoc_of_the_instruction_behind_it() -> None:
    parsed = dockerfile.parse("FROM python\nONBUILD RUN <<EOF\npip install flask\nEOF\nCMD x\n")

    assert shape(parsed)[0][4] == [("ONBUILD", 2), ("CMD", 5)]


def test_any_number_of_onbuilds_is_one_instruction() -> None:
    parsed = dockerfile.parse("FROM python\n" + "ONBUILD " * 5000 + "RUN x\n")

    assert shape(parsed)[0][4] == [("ONBUILD", 2)]


def test_what_the_builder_refuses_is_told_with_its_line() -> None:
    parsed = dockerfile.parse("RUN pip install flask\nFROM python\n    pip install gunicorn\n")

    assert parsed.faults == (
        Fault(message="RUN stands before the first FROM", line=1),
        Fault(message="unknown instruction: PIP", line=3),
    )
    assert dockerfile.parse("").faults == (Fault(message="it has no FROM", line=1),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1 B='x y' C=\"z $A\"", (Pair("A", "1"), Pair("B", "x y"), Pair("C", "z $A"))),
        ("PYTHONUNBUFFERED 1", (Pair("PYTHONUNBUFFERED", "1"),)),
        ("GREETING hello  world", (Pair("GREETING", "hello  world"),)),
        ("PATH=/a\\ b:$PATH", (Pair("PATH", "/a b:$PATH"),)),
    ],
)
def test_env_has_two_forms(text: str, found: tuple[Pair, ...]) -> None:
    assert pairs(text, takes_rest=True) == found


def test_arg_may_have_no_value() -> None:
    assert pairs("PORT NAME=x", takes_rest=False) == (Pair("PORT", None), Pair("NAME", "x"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("python:${V}-slim", "python:3.12-slim"),
        ("$V/$W", "3.12/"),
        ("${W:-3.11} ${V:-3.11} ${EMPTY:-x} ${EMPTY-x}", "3.11 3.12 x "),
        ("${V:+set} ${W:+set}", "set "),
        ("${W:-${V}}", "3.12"),
        ("\\$V", "$V"),
        ("${unclosed", ""),
    ],
)
def test_variables_are_replaced_as_the_builder_does(text: str, value: str) -> None:
    assert expanded(text, {"V": "3.12", "EMPTY": ""}) == value


def test_single_quotes_protect_a_variable() -> None:
    assert [expanded(word, {"A": "1"}) for word in words("'$A' \"$A\" $A")] == ["$A", "1", "1"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("node_modules/a/b.js", "node_modules"),
        (".env", ".env*"),
        ("app/__pycache__/x.pyc", "**/__pycache__"),
        ("deep/down/notes.md", "**/*.md"),
        ("README.md", ""),
        ("app/main.py", ""),
        ("docs/keep/this.txt", ""),
        ("docs/other.txt", "docs/*"),
        ("build-3.log", "build-[0-9[].log"),
        ("build-x.log", ""),
    ],
)
def test_the_last_line_that_fits_says_whether_a_file_gets_in(path: str, text: str) -> None:
    ignoring = dockerignore.parse(
        "# comment\n\n/node_modules/\n.env*\n**/__pycache__\n**/*.md\n!README.md\n"
        "docs/*\n!docs/keep\nbuild-[0-9[].log\n"
    )

    rule = ignoring.rule_for(PurePosixPath(path))

    assert (rule.text.strip("/") if rule else "") == text
