"""Environments kept between runs: complete ones only, and no more than there is room for."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from deploy_suite.environments.store import LIMIT_VARIABLE, Record, Store, content_bytes, limit_bytes, size_bytes, wiped
from deploy_suite.errors import UsageError
from deploy_suite.model.environment import LostInstallation, Refusal, RefusalKind, Resolution
from deploy_suite.model.location import Location
from deploy_suite.ports import Workplace

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Folders:
    """A workplace without other runs."""

    run_folder: Path
    cache: Path

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        assert name.startswith("environment-")
        yield

    @contextmanager
    def locked_at_once(self, name: str) -> Iterator[bool]:
        yield name != "environment-going-on"


def store(tmp_path: Path, limit: str = "") -> Store:
    return Store(cast("Workplace", Folders(tmp_path / "run", tmp_path / "cache")), {LIMIT_VARIABLE: limit})


def record(size: int = 100) -> Record:
    return Record(
        packages={"six": "1.16.0"},
        size_bytes=size,
        has_tree=True,
        log="built",
        notes=("a note",),
        versions={"six": "1.16.0"},
        from_source=("six",),
        lost=LostInstallation(
            command="pip install -r requirements.txt",
            absent=("six",),
            resolution=Resolution(
                python="3.12.1",
                versions={},
                from_source=frozenset({"lxml"}),
                refusals=(
                    Refusal(
                        name="six",
                        requirement="six==9",
                        kind=RefusalKind.UNKNOWN_VERSION,
                        location=Location("requirements.txt", 2),
                        pythons=("3.12",),
                    ),
                ),
            ),
        ),
    )


def kept(found: Store, key: str, *, size: int = 100, age_s: float = 0) -> Path:
    folder = found.begin(key)
    found.complete(key, record(size))
    then = time.time() - age_s
    os.utime(folder / "complete.json", (then, then))
    return folder


def test_what_was_completed_is_read_back_as_it_was(tmp_path: Path) -> None:
    found = store(tmp_path)
    kept(found, "k1")

    assert found.read("k1") == record()
    assert record().resolution("3.12.1") == Resolution(
        python="3.12.1", versions={"six": "1.16.0"}, from_source=frozenset({"six"})
    )


def test_an_interrupted_build_does_not_count_and_is_wiped_by_the_next(tmp_path: Path) -> None:
    found = store(tmp_path)
    (found.begin("k1") / "half").write_text("built")

    assert found.read("k1") is None
    assert list(found.begin("k1").iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"packages": {}}', '{"later": 1, "notes": [], "from_source": []}'])
def test_a_record_that_makes_no_sense_does_not_count(tmp_path: Path, text: str) -> None:
    found = store(tmp_path)
    (kept(found, "k1") / "complete.json").write_text(text)

    assert found.read("k1") is None


def test_an_environment_that_lost_some_of_its_files_is_discarded_and_one_that_grew_is_not(tmp_path: Path) -> None:
    kept = store(tmp_path)
    folder = kept.begin("one")
    (folder / "six.py").write_text("print(1)\n")
    (folder / "empty.py").touch()
    kept.complete("one", replace(record(), content_bytes=content_bytes(folder)))
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/six.pyc").write_bytes(bytes(100))

    assert (kept.discarded("one"), folder.exists()) == (False, True)

    (folder / "six.py").write_text("")
    assert (kept.discarded("one"), folder.exists()) == (True, False)
    assert not kept.discarded("one")


def test_a_folder_in_the_place_of_the_record_does_not_count_and_is_wiped(tmp_path: Path) -> None:
    kept = store(tmp_path)
    (kept.folder("one") / "complete.json").mkdir(parents=True)

    assert kept.read("one") is None
    assert list(kept.begin("one").iterdir()) == []


@pytest.mark.parametrize("change", [("size_bytes", None), ("size_bytes", 1e400), ("packages", 1), ("versions", None)])
def test_a_record_with_a_value_of_another_kind_does_not_count_and_is_no_obstacle(
    change: tuple[str, object], tmp_path: Path
) -> None:
    kept = store(tmp_path)
    for key in ("odd", "whole"):
        kept.begin(key)
    written = {"packages": {}, "size_bytes": 1, "notes": [], "versions": {}, "from_source": [], change[0]: change[1]}
    (kept.folder("odd") / "complete.json").write_text(json.dumps(written))

    kept.complete("whole", record())

    assert kept.read("odd") is None
    assert kept.read("whole") is not None


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    found = store(tmp_path, limit="250")
    old, older, oldest = (
        kept(found, key, age_s=age) for key, age in (("a", DAY_S), ("b", 2 * DAY_S), ("c", 3 * DAY_S))
    )

    kept(found, "new")

    assert [folder.exists() for folder in (old, older, oldest, found.folder("new"))] == [True, False, False, True]


def test_what_another_run_may_still_use_stays_whatever_the_limit(tmp_path: Path) -> None:
    found = store(tmp_path, limit="1")
    recent = kept(found, "a", age_s=60)

    kept(found, "new")

    assert recent.exists()


def test_what_a_killed_run_left_long_ago_goes(tmp_path: Path) -> None:
    found = store(tmp_path)
    left = found.begin("half")
    then = time.time() - DAY_S
    os.utime(left, (then, then))

    kept(found, "new")

    assert not left.exists()


def test_what_nobody_builds_any_more_is_swept_away(tmp_path: Path) -> None:
    found = store(tmp_path)
    whole, half, going_on = kept(found, "whole"), found.begin("half"), found.begin("going-on")

    found.sweep()

    assert [folder.exists() for folder in (whole, half, going_on)] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10G", 10 * 1024**3),
        ("1.5m", 3 * 1024**2 // 2),
        ("300", 300),
        ("0", 0),
        (" 5G ", 5 * 1024**3),
        ("", 10 * 1024**3),
    ],
)
def test_limits_are_read_with_their_unit(text: str, expected: int) -> None:
    assert limit_bytes(text) == expected


@pytest.mark.parametrize("text", ["lots", "-5", "G", "1e400", "inf", "nan", "5GB", "٣G"])
def test_what_is_no_size_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match=f"{LIMIT_VARIABLE} is '{text}'") as refused:
        limit_bytes(text)

    assert "DEPLOY_SUITE_CACHE_LIMIT=5G" in refused.value.remedy


def test_write_protected_folders_go_too(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "file").write_text("x" * 5000)
    folder.chmod(0o500)

    assert size_bytes(folder) >= 5000
    wiped(folder)
    assert not folder.exists()
