from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.project.loading import settings_near, settings_of

COMMIT = Commit(sha="a" * 40, tree="b" * 40, subject="")
TOP, OWN = '[matrix]\npython = ["3.11"]\n', '[matrix]\npython = ["3.13"]\n'


@pytest.mark.parametrize(
    ("files", "pythons"),
    [
        ({}, ()),
        ({"deploy.toml": TOP}, ("3.11",)),
        ({"deploy.toml": TOP, "services/api/deploy.toml": OWN}, ("3.13",)),
        ({"services/deploy.toml": OWN, "deploy.toml": TOP}, ("3.13",)),
    ],
)
def test_the_nearest_deploy_toml_above_a_projects_folder_counts(
    tmp_path: Path, files: dict[str, str], pythons: tuple[str, ...]
) -> None:
    (tmp_path / "services" / "api").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    found = settings_near(Snapshot(commit=COMMIT, folder=tmp_path, root=PurePosixPath("services/api")))

    assert found.pythons == pythons


def test_settings_that_are_no_utf_8_are_told_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "deploy.toml").write_bytes(b"# ours\n# f\xfcr\n")

    with pytest.raises(UsageError, match="byte 0xfc in line 2") as told:
        settings_of(tmp_path)

    assert told.value.remedy == "save deploy.toml as UTF-8"
