"""Findings into a copy of the project in which their faults are mended."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite import mending
from deploy_suite.model.environment import Interpreter
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from tests.unit.checks.gunicorn_case import case

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
RAISED = Mend(file="requirements.txt", line=2, text="pkg==2", says="pkg is 2", is_faithful=False)


def finding(code: str, outcome: Outcome = Outcome.FAILED, mend: Mend | None = None) -> Finding:
    return Finding(code=code, outcome=outcome, message="x", location=Location("a.py", 1), mend=mend)


def results(*findings: Finding) -> list[CheckResult]:
    return [CheckResult(check="imports", service="web", target="render", seconds=1.0, findings=findings)]


def test_what_findings_say_themselves_and_what_they_miss_is_collected_once(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": FLASK, "requirements.txt": "flask\npkg==1\n"})
    found = mending.found(
        results(
            finding("build-failure:pkg", mend=RAISED),
            finding("dep-conflict:pkg", mend=RAISED),
            finding("missing-requirement:numpy"),
            finding("missing-requirement:pandas", Outcome.WARNING),
            finding("start-command-not-found:uvicorn", Outcome.WARNING),
            finding("start-command-not-found:nonsense"),
            finding("gunicorn-not-installed"),
        ),
        subject,
    )

    assert found == (
        RAISED,
        Mend(file="requirements.txt", text="numpy", says="numpy is required"),
        Mend(file="requirements.txt", text="uvicorn", says="uvicorn is required"),
        Mend(file="requirements.txt", text="gunicorn", says="gunicorn is required"),
    )


def test_nothing_is_added_where_no_list_is_installed(tmp_path: Path) -> None:
    subject = case(tmp_path, {"main.py": FLASK})

    assert mending.found(results(finding("missing-requirement:numpy")), subject) == ()


@pytest.mark.parametrize(
    ("start", "meant"),
    [
        ("gunicorn wsgi.app", "gunicorn app:app"),
        ("gunicorn -w 2 wsgi:application --bind :80", "gunicorn -w 2 app:app --bind :80"),
        ("gunicorn app:app", "gunicorn app:app"),
    ],
)
def test_the_start_command_names_the_application_that_is_there(tmp_path: Path, start: str, meant: str) -> None:
    subject = case(tmp_path, {"app.py": FLASK}, start=start)
    contract = mending.meant(subject.contract, subject.snapshot)

    assert contract.start is not None
    assert contract.entry is not None
    assert (contract.start.text, contract.entry.module) == (meant, "app")


def test_the_start_command_runs_where_the_module_that_it_names_lies(tmp_path: Path) -> None:
    subject = case(tmp_path, {"shop/src/main.py": FLASK, "shop/src/__init__.py": ""}, start="gunicorn src.main:app")
    contract = mending.meant(subject.contract, subject.snapshot)

    assert contract.start is not None
    assert contract.entry is not None
    assert contract.start.text == "cd shop && gunicorn src.main:app"
    assert (str(contract.entry.file), contract.entry.search_path) == ("shop/src/main.py", (PurePosixPath("shop"),))


def test_a_copy_is_changed_and_the_snapshot_is_not(tmp_path: Path) -> None:
    listed = "flask\npkg==1 \\\n    --hash=sha256:0 \\\n    --hash=sha256:1\nold==1\n"
    files = {"requirements.txt": listed, "api/main.py": "", "build.sh": "true\n", "api/deep/list.txt": "x\n"}
    snapshot = case(tmp_path / "top", files).snapshot
    mends = (
        RAISED,
        Mend(file="requirements.txt", line=5, text="", says=""),
        Mend(file="requirements.txt", text="numpy", says=""),
        Mend(file="backend", twin="api", says=""),
        Mend(file="bin/build.sh", twin="build.sh", says=""),
        Mend(file="flat", twin=".", says=""),
    )

    mended = mending.applied(mends, snapshot, tmp_path / "mended")

    top = mended.folder
    assert (top / "requirements.txt").read_text() == "flask\npkg==2\n\n\n\nnumpy\n"
    assert (top / "backend/main.py").is_file()
    assert (top / "bin/build.sh").read_text() == "true\n"
    assert (top / "flat/build.sh").is_file()
    assert (snapshot.folder / "requirements.txt").read_text() == listed
    assert sorted(path.name for path in snapshot.folder.iterdir()) == ["api", "build.sh", "requirements.txt"]
    assert mended.commit.tree.startswith(f"{snapshot.commit.tree}-")
    assert mending.applied(mends[:1], snapshot, tmp_path / "other").commit.tree != mended.commit.tree


def test_a_list_in_utf_16_is_changed_too(tmp_path: Path) -> None:
    subject = case(tmp_path / "top", {"main.py": ""})
    (subject.snapshot.folder / "requirements.txt").write_bytes("flask\r\npkg==1\r\n".encode("utf-16"))

    mended = mending.applied((replace(RAISED, text="pkg==3"),), subject.snapshot, tmp_path / "mended")

    assert (mended.folder / "requirements.txt").read_text() == "flask\npkg==3\n"


def test_a_version_that_is_pinned_twice_is_changed_in_both_places(tmp_path: Path) -> None:
    listed = "pkg==1\nother==1\nPkg==1\npkg-two==1\npkg[all]==1\npkg==1; python_version < '3.9'\n"
    subject = case(tmp_path / "top", {"main.py": "", "requirements.txt": listed})

    mended = mending.applied((replace(RAISED, line=1),), subject.snapshot, tmp_path / "mended")

    left = "pkg==2\nother==1\n\npkg-two==1\n\npkg==1; python_version < '3.9'\n"
    assert (mended.folder / "requirements.txt").read_text() == left


def test_a_folder_that_no_clone_has_is_made(tmp_path: Path) -> None:
    subject = case(tmp_path / "top", {"main.py": ""})
    told = results(finding("folder-missing:media/up"), finding("folder-missing:/data"), finding("folder-missing:../x"))

    mends = mending.found(told, subject)

    assert mends == (Mend(file="media/up/.gitkeep", says="media/up is there"),)
    assert (mending.applied(mends, subject.snapshot, tmp_path / "mended").folder / "media/up").is_dir()


def test_an_import_is_put_in_front_of_the_line_that_python_counts(tmp_path: Path) -> None:
    source = 'gap = "a\u2028b"\n\x0cimport os\n'
    subject = case(tmp_path / "top", {"main.py": source})
    mend = Mend(file="main.py", line=2, text="import re; ", says="re is imported", is_in_front=True)

    mended = mending.applied((mend,), subject.snapshot, tmp_path / "mended")

    assert (mended.folder / "main.py").read_text(encoding="utf-8") == source.replace(
        "\x0cimport", "import re; \x0cimport"
    )


def test_a_package_that_the_index_does_not_have_is_said_to_be_a_file() -> None:
    missing = Finding(
        code="missing-requirement:own-module",
        outcome=Outcome.FAILED,
        message="own_module is imported",
        location=Location("main.py", 1),
        evidence=("main.py:1 import own_module",),
        remedy="if own_module is a file of your own, commit it; else add `own-module`",
    )
    other = replace(missing, code="missing-requirement:flask", remedy="add `flask`")
    unknown = replace(missing, code="requirements-not-on-pypi:own-module")
    added = [Mend(file="requirements.txt", text=text, says="") for text in ("own_module", "flask")]

    wrong = mending.invented(added, results(unknown))
    (told,) = mending.committed(results(missing, other), wrong)

    assert wrong == (added[0],)
    assert [(one.evidence, one.remedy) for one in told.findings] == [
        (
            ("main.py:1 import own_module", "the package index has no own-module"),
            (
                "commit the file that is imported there (`git add -f` where .gitignore names it), or write the import "
                "as the package is called"
            ),
        ),
        (("main.py:1 import own_module",), "add `flask`"),
    ]


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [("3.9.0", "3.11"), ("3.14.3", "3.13"), ("3.12.1", "3.13"), ("", "3.13")],
)
def test_a_python_that_is_too_old_gives_way_to_the_oldest_that_is_not(asked_for: str, expected: str) -> None:
    installed = [Interpreter(path=Path(f"/{one}"), version=f"{one}.1") for one in ("3.9", "3.11", "3.12", "3.13")]
    mends = [
        Mend(file="requirements.txt", line=at, says="", pythons=pythons, is_faithful=False)
        for at, pythons in ((1, ("3.10", "3.11", "3.12", "3.13")), (2, ("3.11", "3.12", "3.13")))
    ]

    assert mending.for_python(mends, installed, asked_for=asked_for) == expected
