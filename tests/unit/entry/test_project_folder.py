from pathlib import Path

import pytest

from deploy_suite.entry import cli
from deploy_suite.errors import UsageError


def project(*words: str) -> Path:
    folder = cli.parser()[0].parse_args(["preflight", *words]).project
    assert isinstance(folder, Path)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two projects below and, outside it, a file that would mark a third."""
    (tmp_path / "requirements.txt").touch()
    for name in (".git", "api/app/routers", "web", "docs/pages"):
        (tmp_path / "mono" / name).mkdir(parents=True)
    for name in ("api/requirements.txt", "web/Procfile"):
        (tmp_path / "mono" / name).touch()
    return tmp_path / "mono"


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("api", "."),
        ("api/app/routers", "api"),
        ("web", "."),
        (".", "."),
        ("docs/pages", "."),
    ],
)
def test_the_project_is_the_one_around_and_never_beyond_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch, here: str, expected: str
) -> None:
    monkeypatch.chdir(repository / here)

    assert project() == (Path() if expected == "." else repository / expected)


def test_a_project_that_is_named_is_taken_as_it_is(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "api" / "app")

    assert (project("--project", ".."), project("--project=routers")) == (Path(".."), Path("routers"))


def test_a_folder_that_was_removed_meanwhile_is_wrong_usage(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = repository / "docs" / "pages"
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(UsageError, match="the folder in which this runs has been removed"):
        project()


@pytest.mark.parametrize("command", [name for name in cli.parser()[1].choices if name != "explain"])
@pytest.mark.parametrize("name", ["absent", "n" * 300, "n" * 5000, ""], ids=["absent", "300", "5000", "none"])
def test_a_folder_that_is_not_there_is_wrong_usage_of_every_command(
    command: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main([command, f"--project={name}"])

    assert code == 2
    assert "is no folder\n  fix: name the project's folder with --project PATH\n" in capsys.readouterr().err
