"""What the command line tells a person who does not know it yet."""

import pytest

from deploy_suite.entry import cli
from deploy_suite.knowledge import explain


def test_no_words_at_all_list_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main([])

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "would this commit build, migrate, boot and answer" in err


def test_each_command_is_told_in_one_line_of_a_plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    parser, commands = cli.parser()

    shown = parser.format_help().splitlines()

    listed = shown[shown.index("commands:") + 1 :][: len(commands.choices)]
    assert [line.split()[0] for line in listed] == list(commands.choices)
    assert [line for line in shown if len(line) > 80] == []


def test_what_python_says_of_the_projects_own_lines_is_not_put_into_the_report(
    recwarn: pytest.WarningsRecorder,
) -> None:
    cli.main([])
    compile("port = 1\nassert port is 1\n", "app.py", "exec")

    assert list(recwarn) == []


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("deploy-suite ")


@pytest.mark.parametrize("name", sorted(cli.parser()[1].choices))
def test_the_help_of_a_command_says_what_it_does_shows_examples_and_fits_its_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    command = cli.parser()[1].choices[name]

    shown = command.format_help()

    assert command.description
    assert f"  deploy-suite {name}" in shown
    assert "exit code: 0 " in shown
    assert [line for line in shown.splitlines() if len(line) > 80] == []


def test_the_help_stays_readable_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    shown = cli.parser()[1].choices["preflight"].format_help().splitlines()

    description = shown.index("Takes a commit through the contract of its target on this")
    assert not shown[description + 1].startswith(" ")
    example = shown.index("  deploy-suite preflight --commit main --format json")
    assert shown[example + 1] == "      another commit, for a program to read"


@pytest.mark.parametrize("name", sorted(cli.parser()[1].choices))
def test_the_examples_of_a_command_are_calls_that_it_takes(name: str) -> None:
    lines = (cli.parser()[1].choices[name].epilog or "").splitlines()
    shown = [line.removeprefix("  deploy-suite ").partition("  ")[0] for line in lines if line.startswith("  ")]

    calls = [one.partition(" | ")[0].split() for one in shown]

    assert calls
    assert all(callable(cli.parser()[0].parse_args(call).run) for call in calls)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["prefligth"],
            "there is no command 'prefligth'\n  fix: did you mean preflight? list them: deploy-suite --help",
        ),
        (["frobnicate", "--x"], "there is no command 'frobnicate'\n  fix: list them: deploy-suite --help"),
        (
            ["preflight", "--comit=HEAD~1"],
            (
                "preflight takes no '--comit'\n"
                "  fix: did you mean --commit? list its options: deploy-suite preflight --help"
            ),
        ),
        (
            ["preflight", "--python", "3.12", "HEAD"],
            "preflight takes no 'HEAD'\n  fix: list its options: deploy-suite preflight --help",
        ),
        (
            ["--project=.", "shop", "preflight"],
            "'--project' stands before the command\n  fix: write it behind: deploy-suite preflight --project …",
        ),
        (["preflight", "/"], "preflight takes no '/'\n  fix: name the project's folder: --project /"),
        (
            ["preflight", "--build-timeout", "soon"],
            "argument --build-timeout: invalid seconds value: 'soon'\n  fix: see: deploy-suite preflight --help",
        ),
    ],
)
def test_a_mistyped_call_is_told_in_one_message_with_what_was_meant(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(words)

    assert (code, *capsys.readouterr()) == (2, "", f"deploy-suite: {told}\n")


@pytest.mark.parametrize("length", [300, 5000])
def test_a_word_that_is_longer_than_any_name_is_told_as_any_other(
    length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["preflight", "n" * length])

    assert code == 2
    assert capsys.readouterr().err.startswith("deploy-suite: preflight takes no 'nnn")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("missing-env", ("missing-env-var",)),
        ("MISSING_ENV_VAR", ("missing-env-var",)),
        ("numpyabi", ("numpy-abi",)),
        ("what-is-that-of", ()),
    ],
)
def test_a_slug_that_is_none_leads_to_those_that_are_near(asked: str, meant: tuple[str, ...]) -> None:
    assert explain.near(asked)[:1] == meant
