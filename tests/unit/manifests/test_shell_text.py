"""Shell text into commands."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy_suite.manifests import shell_nodes
from deploy_suite.manifests.shell import Script, SimpleCommand, parse, unwrapped
from deploy_suite.manifests.shell_words import unquoted


def chain(text: str) -> list[tuple[str, str, str]]:
    """Return the operator before, the words and the operator after each command."""
    return [(part.before, " ".join(part.words), part.after) for part in parse(text).commands]


def folders(text: str) -> list[tuple[str, str]]:
    return [(part.program, part.folder if part.folder_is_known else "?") for part in parse(text).commands]


def inner(text: str) -> SimpleCommand:
    (command,) = parse(text).commands
    return unwrapped(command)


def test_a_command_carries_all_that_is_known_of_it() -> None:
    script = parse('cd api && A=1 gunicorn "app:app" -b 0.0.0.0:$PORT --workers ${W:-2} 2>/dev/null || true')

    text = 'A=1 gunicorn "app:app" -b 0.0.0.0:$PORT --workers ${W:-2} 2>/dev/null'
    assert script == Script(
        commands=(
            SimpleCommand(words=("cd", "api"), after="&&", text="cd api", ends_text=False),
            SimpleCommand(
                words=("gunicorn", "app:app", "-b", "0.0.0.0:$PORT", "--workers", "${W:-2}"),
                assignments=(("A", "1"),),
                before="&&",
                after="||",
                folder="api",
                text=text,
                redirects_errors=True,
                ends_text=False,
            ),
            SimpleCommand(words=("true",), before="||", folder="api", text="true"),
        )
    )


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("", []),
        ("# only a comment", []),
        ("a; b", [("", "a", ";"), (";", "b", "")]),
        ("a\n\nb\n", [("", "a", ";"), (";", "b", "")]),
        ("a &\nwait", [("", "a", "&"), ("&", "wait", "")]),
        ("a &", [("", "a", "&")]),
        ("a | b |& c", [("", "a", "|"), ("|", "b", "|"), ("|", "c", "")]),
        ("(a; b) || c", [("", "a", ";"), (";", "b", "||"), ("||", "c", "")]),
        ("{ a && b; } || c", [("", "a", "&&"), ("&&", "b", "||"), ("||", "c", "")]),
        ("a \\\n  --x \\\n  --y", [("", "a --x --y", "")]),
        ("cat <<EOF | b && c\ntext\nEOF\nd", [("", "cat", "|"), ("|", "b", "&&"), ("&&", "c", ";"), (";", "d", "")]),
        ("python <<'PY'\nprint(1)\nPY", [("", "python", "")]),
        ("a 2>/dev/null b >c d", [("", "a b d", "")]),
        (">log 2>&1 a b", [("", "a b", "")]),
        ("a <<EOF b\nx\nEOF", [("", "a b", "")]),
        ('a <<< "x" b', [("", "a b", "")]),
        ("a\r\nb\r\n", [("", "a", ";"), (";", "b", "")]),
        ("\ufeffa", [("", "a", "")]),
        ("[ -f x ] && a", [("", "[ -f x ]", "&&"), ("&&", "a", "")]),
        ("export A=1 B", [("", "export A=1 B", "")]),
        ("A=1 B=2", [("", "", "")]),
        ("A=1; b", [("", "", ";"), (";", "b", "")]),
        ("A=1 >log", [("", "", "")]),
        ("unset A", [("", "unset A", "")]),
        ("(a; b) 2>log || c", [("", "a", ";"), (";", "b", "||"), ("||", "c", "")]),
        ("echo a#b # c", [("", "echo a#b", "")]),
        ("pip install 'a>=1' \"b<2\" c\\>3", [("", "pip install a>=1 b<2 c>3", "")]),
    ],
)
def test_operators_hang_between_commands(text: str, commands: list[tuple[str, str, str]]) -> None:
    assert chain(text) == commands


def test_lines_are_those_of_the_text() -> None:
    text = "#!/bin/sh\n\na && b \\\n  c\nif d; then\n  e\nfi\nbash -c 'f\ng'\nbash <<EOF\nh\nEOF\n"

    assert [(part.program, part.line) for part in parse(text).commands] == [
        ("a", 3),
        ("b", 3),
        ("d", 5),
        ("e", 6),
        ("f", 8),
        ("g", 9),
        ("h", 11),
    ]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ('bash -c "a && b"', [("", "a", "&&"), ("&&", "b", "")]),
        ("x; sh -c 'a; b' || c", [("", "x", ";"), (";", "a", ";"), (";", "b", "||"), ("||", "c", "")]),
        ('exec bash -lc "gunicorn \\"app:app\\" -b :$PORT"', [("", "gunicorn app:app -b :$PORT", "")]),
        ("bash -c 'bash -c \"a | b\"'", [("", "a", "|"), ("|", "b", "")]),
        ("/bin/sh -ec 'a'", [("", "a", "")]),
        ("bash -o errexit -c 'a'", [("", "a", "")]),
        ("bash --norc +x -c 'a' name", [("", "a", "")]),
        ("bash -c", [("", "bash -c", "")]),
        ("bash start.sh", [("", "bash start.sh", "")]),
        ("bash -e start.sh x", [("", "bash -e start.sh x", "")]),
    ],
)
def test_the_text_given_to_a_shell_stands_in_its_place(text: str, commands: list[tuple[str, str, str]]) -> None:
    assert chain(text) == commands


def test_what_surrounds_a_nested_shell_holds_for_its_commands() -> None:
    (command,) = parse("cd api && env A=1 bash -ec 'cd db; x' 2>/dev/null").commands[2:]

    assert command == SimpleCommand(
        words=("x",),
        assignments=(("A", "1"),),
        before=";",
        folder="api/db",
        text="x",
        redirects_errors=True,
        stops_at_errors=True,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd a && b", [("cd", ""), ("b", "a")]),
        ("cd ./a/b/ && cd .. && c", [("cd", ""), ("cd", "a/b"), ("c", "a")]),
        ("cd a && cd .. && c", [("cd", ""), ("cd", "a"), ("c", "")]),
        ("cd /opt/app && a", [("cd", ""), ("a", "/opt/app")]),
        ("cd a; cd -; b", [("cd", ""), ("cd", "a"), ("b", "")]),
        ("pushd a; b; popd; c", [("pushd", ""), ("b", "a"), ("popd", "a"), ("c", "")]),
        ("(cd a && b); c", [("cd", ""), ("b", "a"), ("c", "")]),
        ("{ cd a && b; }; c", [("cd", ""), ("b", "a"), ("c", "a")]),
        ('cd "$HOME" && a', [("cd", ""), ("a", "?")]),
        ('cd "$(dirname "$0")"\na\ncd /x\nb', [("cd", ""), ("a", "?"), ("cd", "?"), ("b", "/x")]),
        ("cd && a", [("cd", ""), ("a", "?")]),
        ("if x; then cd a; b; fi; c", [("x", ""), ("cd", ""), ("b", "a"), ("c", "?")]),
        ("f() { cd a; }\nb\nf\nc", [("cd", ""), ("b", ""), ("f", ""), ("c", "?")]),
        ("cd a | b; c", [("cd", ""), ("b", "a"), ("c", "")]),
        ("cd a || exit 1\nb", [("cd", ""), ("exit", "a"), ("b", "a")]),
    ],
)
def test_literal_folders_are_followed_and_others_are_unknown(text: str, expected: list[tuple[str, str]]) -> None:
    assert folders(text) == expected


@pytest.mark.parametrize(
    ("text", "at_each"),
    [
        ("a", [False]),
        ("set -e\na", [False, True]),
        ("set -euo pipefail; a", [False, True]),
        ("set -o errexit && a", [False, True]),
        ("set -o pipefail; a", [False, False]),
        ("set -e; a; set +e; b", [False, True, True, False]),
        ("#!/bin/bash -e\na", [True]),
        ("#!/usr/bin/env bash\na", [False]),
        ("#!/usr/bin/env -S bash -eu\na", [True]),
        ("#! /bin/sh -o errexit\na", [True]),
        ("(set -e; a); b", [False, True, False]),
        ("set -- -e; a", [False, False]),
        ("set; a", [False, False]),
        ("set -o; a", [False, False]),
    ],
)
def test_it_is_known_where_errors_stop_the_script(text: str, at_each: list[bool]) -> None:
    script = parse(text)

    assert [part.stops_at_errors for part in script.commands] == at_each


def test_conditions_and_branches_are_marked() -> None:
    text = "if a; then b; elif c; then d; else e; fi\n! f\nwhile g; do h; done\nfor x in 1; do i; done\nk() { l; }\n"

    assert [(part.program, part.is_condition, part.is_conditional) for part in parse(text).commands] == [
        ("a", True, False),
        ("b", False, True),
        ("c", True, True),
        ("d", False, True),
        ("e", False, True),
        ("f", True, False),
        ("g", True, False),
        ("h", False, True),
        ("i", False, True),
        ("l", False, True),
    ]


@pytest.mark.parametrize(
    ("text", "is_quiet"),
    [
        ("a 2>/dev/null", [True]),
        ("a 2> /dev/null", [True]),
        ("a &>/dev/null", [True]),
        ("a > /dev/null 2>&1", [True]),
        ("a > /dev/null", [False]),
        ("a 2>&1", [False]),
        ("a > log 2>&1", [False]),
        ("a 2>/dev/null b", [True]),
        ("a 2>>/dev/null", [True]),
        ("a && b 2>/dev/null", [False, True]),
        ("a | b 2>/dev/null", [False, True]),
        ("{ a; b; } 2>/dev/null", [True, True]),
        ("(a; b) >/dev/null 2>&1", [True, True]),
    ],
)
def test_silenced_errors_belong_to_the_command_they_are_written_at(text: str, is_quiet: list[bool]) -> None:
    assert [part.redirects_errors for part in parse(text).commands] == is_quiet


@pytest.mark.parametrize(
    ("text", "is_certain"),
    [
        ("a && b", True),
        ("source .venv/bin/activate && a", True),
        ("bash start.sh", True),
        ("eval $(a)", False),
        (". ./env.sh", False),
        ("source $HOME/.local/bin/env", False),
        ("$COMMAND --x", False),
        ('bash -c "$COMMAND"', False),
        ("curl https://example.org | sh", False),
        ("curl https://example.org | bash -s -- -y", False),
        ('echo "open', False),
        ("a\n&& b", False),
        ("if a; then", False),
        ("A=1 >log; b", False),
    ],
)
def test_what_cannot_be_known_without_running_it_is_said(text: str, *, is_certain: bool) -> None:
    assert parse(text).is_certain is is_certain


def test_a_very_long_text_is_not_read() -> None:
    assert parse("a;" * 300_000) == Script(commands=(), is_certain=False)


def test_shells_within_shells_are_followed_to_a_bound() -> None:
    text = "a"
    for _ in range(8):
        text = f"bash -c {shlex.quote(text)}"

    script = parse(text)

    assert [part.program for part in script.commands] == ["bash"]
    assert not script.is_certain


def test_functions_are_named() -> None:
    assert parse("f() { a; }\nfunction g { b; }\nf").functions == {"f", "g"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exec gunicorn a", "gunicorn a"),
        ("exec -a web gunicorn a", "gunicorn a"),
        ("env -u B A=1 gunicorn a", "gunicorn a"),
        ("nohup setsid gunicorn a", "gunicorn a"),
        ("time -p gunicorn a", "gunicorn a"),
        ("timeout -k 5 60 gunicorn a", "gunicorn a"),
        ("nice -n 10 gunicorn a", "gunicorn a"),
        ("python -m gunicorn a", "gunicorn a"),
        ("python3.12 -u -X dev -W ignore -m gunicorn a", "gunicorn a"),
        (".venv/bin/python -mgunicorn a", "gunicorn a"),
        ("python -um gunicorn a", "gunicorn a"),
        ("poetry run gunicorn a", "gunicorn a"),
        ("poetry -q run python -m gunicorn a", "gunicorn a"),
        ("python -m poetry run gunicorn a", "gunicorn a"),
        ("pipenv run gunicorn a", "gunicorn a"),
        ("pdm run -p x gunicorn a", "gunicorn a"),
        ("uv run gunicorn a", "gunicorn a"),
        ("uv run --no-dev --with x --extra=y -- gunicorn a", "gunicorn a"),
        ("uv run -m gunicorn a", "gunicorn a"),
        ("uv run --module gunicorn a", "gunicorn a"),
        ("uv run main.py --x", "python main.py --x"),
        ("ddtrace-run gunicorn a", "gunicorn a"),
        ("newrelic-admin run-program gunicorn a", "gunicorn a"),
        ("opentelemetry-instrument --service_name x gunicorn a", "gunicorn a"),
        ("dotenv -f .env run -- gunicorn a", "gunicorn a"),
        ("/usr/bin/env gunicorn a", "gunicorn a"),
        ("gunicorn a", "gunicorn a"),
        ("python main.py -m x", "python main.py -m x"),
        ("python -c 'import a' -m x", "python -c import a -m x"),
        ("python", "python"),
        ("uv sync --frozen", "uv sync --frozen"),
        ("uv pip install x", "uv pip install x"),
        ("poetry install", "poetry install"),
        ("pipenv install --deploy", "pipenv install --deploy"),
        ("exec", "exec"),
        ("uv run --directory", "uv run --directory"),
        ("python --version", "python --version"),
        ("python -", "python -"),
        ("python -u main.py", "python -u main.py"),
        ("python -m", "python -m"),
        ("poetry -C", "poetry -C"),
        ("bin/exec gunicorn", "bin/exec gunicorn"),
    ],
)
def test_wrappers_are_taken_off(text: str, words: str) -> None:
    assert " ".join(inner(text).words) == words


def test_the_folder_of_a_wrapper_is_followed() -> None:
    command = inner("A=1 env -C api B=2 uv run --directory db poetry -C x run alembic upgrade head")

    assert command.words == ("alembic", "upgrade", "head")
    assert (command.assignments, command.folder) == ((("A", "1"), ("B", "2")), "api/db/x")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a", "a"),
        ("'a b'", "a b"),
        ('"a b"', "a b"),
        ("a\\ b", "a b"),
        ("a'b'\"c\"", "abc"),
        ('"a\\"b\\\\c\\$d\\e"', 'a"b\\c$d\\e'),
        ("$'a\\tb\\x41\\''", "a\tbA'"),
        ('$"a"', "a"),
        ("${A:-b c}", "${A:-b c}"),
        ('"${A:-"b"}"', '${A:-"b"}'),
        ("$(echo 'a)' b)", "$(echo 'a)' b)"),
        ("`a b`", "`a b`"),
        ('"`a b` c"', "`a b` c"),
        ("`open", "`open"),
        ("$'\\101'", "A"),
        ("$(a \\) b)", "$(a \\) b)"),
        ("--bind=0.0.0.0:${PORT}", "--bind=0.0.0.0:${PORT}"),
        ("a\\\nb", "ab"),
        ("'open", "open"),
        ('"open', "open"),
        ("${open", "${open"),
    ],
)
def test_words_lose_quotes_and_keep_variables(source: str, text: str) -> None:
    assert unquoted(source) == text


# The grammar takes a bare "==" at the end for a syntax error; the script then says that it is not certain.
WORD = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r")).filter(lambda word: word not in {"==", "=~"})
WORDS = st.lists(WORD, min_size=1, max_size=5)


@settings(deadline=None)
@given(WORDS)
def test_words_that_were_quoted_are_read_back(words: list[str]) -> None:
    (command,) = parse(shlex.join(["run", *words])).commands

    assert command.words == ("run", *words)


NAMES = st.sampled_from(["a", "b", "c"])
SCRIPTS = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "|", ";", "&", "\n"]), inner).map(" ".join),
        inner.map("( {} )".format),
        inner.map("{{ {}\n}}".format),
        inner.map("if {}\nthen x\nfi".format),
        inner.map(lambda text: f"bash -c {shlex.quote(text)}"),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(SCRIPTS)
def test_every_command_of_a_nested_script_is_found_once_and_in_order(text: str) -> None:
    written = [word for word in text.replace("'", " ").replace('"', " ").split() if word in {"a", "b", "c", "x"}]

    script = parse(text)

    assert [part.program for part in script.commands] == written
    assert [part.before for part in script.commands[1:]] == [part.after for part in script.commands[:-1]]


@pytest.mark.parametrize("text", ["\x80b\x81", "\U00069eef", "要件.txt", "\x85\u2028", "é"])
def test_characters_on_which_the_grammar_would_end_the_process_are_read_as_they_are(text: str) -> None:
    assert max((shell_nodes.root(text).text or b"").decode()) <= "\xff"
    assert parse(f"pip install -r {text}").commands[0].words == ("pip", "install", "-r", text)
