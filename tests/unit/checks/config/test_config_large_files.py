"""What is said of files that Git LFS keeps elsewhere."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from deploy_suite.checks.config import large_files, subject
from deploy_suite.manifests import lfs_pointers
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.projects import write
from tests.unit.checks.gunicorn_case import case

POINTER: Final = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 12345\n"
FILES: Final = {
    ".gitattributes": "*.pkl filter=lfs diff=lfs merge=lfs -text\n",
    "models/clf.pkl": POINTER,
    "main.py": "import pickle\n\napp = pickle.load(open('models/clf.pkl', 'rb'))\n",
}


def found(folder: Path, files: Mapping[str, str], build: str = "pip install -r requirements.txt") -> list[Finding]:
    return list(large_files.problems(subject.of(case(folder, files, build=build))))


def test_a_pointer_that_a_source_names_is_a_warning(tmp_path: Path) -> None:
    assert found(tmp_path, FILES) == [
        Finding(
            code="git-lfs-failure",
            outcome=Outcome.WARNING,
            message="models/clf.pkl is a pointer of Git LFS in the commit, and no command fetches what stands behind; "
            "main.py:3 names it",
            location=Location("models/clf.pkl"),
            evidence=("main.py:3: names models/clf.pkl",),
            remedy="put `git lfs install --local && git lfs pull` in front of the build command, or keep such files in "
            "an object storage; here, `git lfs install` lets the next run have them",
            certainty="not known: whether Render fetches them when it clones is not stated in the project, and this "
            "machine's git did not",
        )
    ]


def test_pointers_that_no_source_names_are_a_note(tmp_path: Path) -> None:
    (one,) = found(tmp_path, {**FILES, "main.py": "app = 1\n", "models/other.pkl": POINTER})

    assert (one.outcome, one.evidence) == (Outcome.NOTE, ("models/clf.pkl", "models/other.pkl"))
    assert one.message.startswith("models/clf.pkl and 1 file more are pointers of Git LFS in the commit")


@pytest.mark.parametrize(
    ("files", "build"),
    [
        (FILES, "git lfs pull && pip install -r requirements.txt"),
        ({**FILES, "models/clf.pkl": "the file itself"}, "true"),
        ({**FILES, ".gitattributes": "*.pkl binary\n"}, "true"),
        ({**FILES, "models/clf.pkl": POINTER + "x" * 1024}, "true"),
    ],
)
def test_what_is_fetched_or_no_pointer_is_not_spoken_of(tmp_path: Path, files: Mapping[str, str], build: str) -> None:
    assert found(tmp_path, files, build) == []


def test_attributes_of_the_services_own_folder_count(tmp_path: Path) -> None:
    write(tmp_path, {"api/.gitattributes": "*.bin filter=lfs\n", "api/a.bin": POINTER})

    assert lfs_pointers.below(tmp_path, PurePosixPath("api")) == (PurePosixPath("api/a.bin"),)
    assert lfs_pointers.below(tmp_path, PurePosixPath("web")) == ()
