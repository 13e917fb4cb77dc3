"""A command line that stands in one word, and is looked up as a program."""

import pytest

from deploy_suite.knowledge.diagnosis import diagnose


@pytest.mark.parametrize(
    "text",
    [
        'runc create failed: exec: "uvicorn main:app --host 0.0.0.0": executable file not found in $PATH: unknown',
        'exec: \\"uvicorn main:app\\": executable file not found in $PATH',
        'exec: "uvicorn main:app": stat uvicorn main:app: no such file or directory: unknown',
        "Error: crun: executable file `uvicorn main:app` not found in $PATH: No such file or directory",
        "/srv/entrypoint.sh: line 25: exec: uvicorn main:app --port 8000: not found",
        "/srv/entrypoint.sh: exec: line 9: uvicorn main:app --port 8000: not found",
        "bash: line 1: uvicorn main:app --host 0.0.0.0: command not found",
        "/bin/sh: 1: uvicorn main:app: not found",
        "[FATAL tini (7)] exec uvicorn main:app failed: No such file or directory",
    ],
    ids=["Docker", "escaped", "stat", "Podman", "bash's exec", "busybox's exec", "bash", "dash", "tini"],
)
def test_a_command_line_in_one_word_is_told_as_that_with_its_first_word(text: str) -> None:
    root = diagnose(f"{text}\n").root

    assert root is not None
    assert root.slug == "command-in-one-word:uvicorn"
    assert "`uvicorn …` stands in one word" in root.title
    assert 'CMD ["uvicorn", "…"]' in root.fix


def test_a_program_that_is_not_there_is_told_as_before() -> None:
    root = diagnose('exec: "uvicorn": executable file not found in $PATH: unknown\n').root

    assert root is not None
    assert root.slug == "start-command-not-found:uvicorn"
