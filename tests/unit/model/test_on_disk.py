"""Any text may be asked for as a path."""

import os
from pathlib import Path

import pytest

from deploy_suite.model import on_disk

ASKED = (on_disk.is_file, on_disk.is_folder, on_disk.is_there)


@pytest.mark.parametrize("name", ["n" * 300, "n" * 5000, "a/" * 3000, "a\0b", "\udcff", ""], ids=range(6))
def test_a_name_that_no_file_system_takes_leads_to_nothing(name: str, tmp_path: Path) -> None:
    assert [ask(os.path.join(tmp_path, "none", name)) for ask in ASKED] == [False] * 3  # noqa: PTH118


def test_a_link_to_such_a_name_or_to_itself_leads_to_nothing(tmp_path: Path) -> None:
    for number, target in enumerate(("n" * 300, "0")):
        link = tmp_path / str(number + 1)
        link.symlink_to(link if target == "0" else target)

        assert [ask(link) for ask in ASKED] == [False] * 3


def test_what_is_there_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert [ask(file) for ask in ASKED] == [True, False, True]
    assert [ask(tmp_path) for ask in ASKED] == [False, True, True]


def test_the_folders_in_one_are_listed_whatever_lies_beside_them(tmp_path: Path) -> None:
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("n" * 300)

    assert on_disk.folders(tmp_path) == ["a", "b"]
