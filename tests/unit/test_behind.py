"""What lies behind a failure, beside what was found first."""

from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite import behind, told_behind
from deploy_suite.checks.base import Case
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Interpreter, Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.model.project import Snapshot
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project
from tests.unit.checks.gunicorn_case import case

FLASK = "from flask import Flask\napp = Flask(__name__)\n"

ADDED = Mend(file="requirements.txt", text="flask", says="flask is required")
RAISED = Mend(file="requirements.txt", line=1, text="pkg==2", says="pkg is 2", is_faithful=False)
LAID = Mend(file="backend", twin="api", says="api/main.py lies at backend/main.py")
INSTALLED = tuple(Interpreter(path=Path("/python"), version=f"3.{minor}.1") for minor in (9, 11, 12, 13))
NOT_RUN = Finding(code="not-run", outcome=Outcome.SKIPPED, message="not checked")


def finding(code: str, outcome: Outcome = Outcome.FAILED, *, file: str = "a.py", message: str = "x") -> Finding:
    return Finding(code=code, outcome=outcome, message=message, location=Location(file, 1))


def result(check: str, *findings: Finding) -> CheckResult:
    return CheckResult(check=check, service="web", target="render", seconds=1.0, findings=findings)


class Rehearsed:
    """Stands for rehearsals of copies: each finds what is given for it."""

    def __init__(self, *rounds: list[CheckResult]) -> None:
        self.rounds = list(rounds)
        self.snapshots: list[Snapshot] = []
        self.pythons: list[str] = []
        self.is_interrupted = False

    def __call__(
        self, _contract: Contract, *, project: Project, preferences: Preferences, **_others: object
    ) -> "Rehearsed":
        self.snapshots.append(project.snapshot)
        self.pythons.append(preferences.python)
        return self

    def results(self) -> list[CheckResult]:
        if not self.rounds[0]:
            self.is_interrupted = True
            raise KeyboardInterrupt
        return self.rounds.pop(0)


class Workplace:
    """Lays each copy in a folder of its own."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def folder_for(self, _size_bytes: int | None) -> Path:
        return Path(mkdtemp(dir=self.top))


def looked_behind(
    monkeypatch: pytest.MonkeyPatch, subject: Case, first: list[CheckResult], *rounds: list[CheckResult]
) -> tuple[list[str], Rehearsed]:
    rehearsed = Rehearsed(*rounds)
    monkeypatch.setattr(behind, "Rehearsal", rehearsed)
    project = Project(
        name="x",
        repository=subject.snapshot.folder,
        snapshot=subject.snapshot,
        state=subject.state,
        settings=Settings(),
    )
    ports = cast(
        "Ports",
        SimpleNamespace(
            clock=SimpleNamespace(now_s=lambda: 0.0),
            interpreters=SimpleNamespace(installed=lambda: INSTALLED),
            progress=SimpleNamespace(waiting=lambda _text: None),
            workplace=Workplace(project.repository.parent),
        ),
    )
    seen, is_whole = behind.seen(first, subject.contract, project=project, preferences=Preferences(), ports=ports)
    assert is_whole is not rehearsed.is_interrupted
    return [finding.code for one in seen for finding in one.findings], rehearsed


def test_an_interruption_keeps_what_the_rounds_before_it_have_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "gunicorn\n"})
    one, two = (finding(f"missing-requirement:{name}") for name in ("flask", "numpy"))

    told, rehearsed = looked_behind(monkeypatch, subject, [result("imports", one)], [result("imports", two)], [])

    assert (told, rehearsed.is_interrupted) == (["missing-requirement:flask", "missing-requirement:numpy"], True)


def test_each_round_mends_what_the_last_one_met_until_nothing_new_is_met(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "gunicorn\n"})
    one, two, last = (finding(f"missing-requirement:{name}") for name in ("flask", "numpy", "numpy"))

    codes, rehearsed = looked_behind(
        monkeypatch, subject, [result("imports", one)], [result("imports", two)], [result("imports", last)]
    )

    assert codes == ["missing-requirement:flask", "missing-requirement:numpy"]
    assert [(one.folder / "requirements.txt").read_text() for one in rehearsed.snapshots] == [
        "gunicorn\nflask\n",
        "gunicorn\nflask\nnumpy\n",
    ]


def test_what_the_index_does_not_have_is_a_file_and_no_fault_of_the_projects_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "gunicorn\n"})
    first = [finding(f"missing-requirement:{name}") for name in ("own-module", "flask")]
    refused = finding("requirements-not-on-pypi:own-module", file="requirements.txt")
    later = finding("missing-requirement:numpy")

    codes, rehearsed = looked_behind(
        monkeypatch,
        subject,
        [result("imports", *first)],
        [result("environment", refused)],
        [result("imports", later)],
        [result("imports")],
    )

    assert codes == ["missing-requirement:own-module", "missing-requirement:flask", "missing-requirement:numpy"]
    assert [(one.folder / "requirements.txt").read_text().split() for one in rehearsed.snapshots] == [
        ["gunicorn", "own-module", "flask"],
        ["gunicorn", "flask"],
        ["gunicorn", "flask", "numpy"],
    ]


def test_another_package_that_is_too_old_for_this_python_is_told_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "pkg==1\nother==1\n"})
    first = replace(finding("python-version-unsupported:too-new"), mend=RAISED)
    again = finding("python-version-unsupported:too-new", message="y")
    other = finding("python-version-unsupported:too-new", file="b.py")

    codes, _ = looked_behind(monkeypatch, subject, [result("imports", first)], [result("imports", again, other)])

    assert codes == ["python-version-unsupported:too-new"] * 2


def test_several_pins_without_wheels_are_gone_past_with_another_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "old==1\nolder==1\n"})
    old = replace(RAISED, text="old==2", pythons=("3.11", "3.12"))
    brought = Mend(file="", says="", pythons=("3.9", "3.11"), is_faithful=False)
    first = [
        replace(finding(f"build-failure:{name}"), mend=mend) for name, mend in (("old", old), ("brought", brought))
    ]
    later = finding("import-failed:TypeError")

    codes, rehearsed = looked_behind(
        monkeypatch,
        subject,
        [result("environment", *first), result("boot", NOT_RUN)],
        [result("environment"), result("boot", later)],
    )

    assert codes == ["build-failure:old", "build-failure:brought", "import-failed:TypeError"]
    assert rehearsed.pythons == ["3.11"]
    assert (rehearsed.snapshots[0].folder / "requirements.txt").read_text() == "old==1\nolder==1\n"


def test_a_corrected_start_command_is_tried_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    subject = case(tmp_path / "top", {"app.py": FLASK}, start="gunicorn wsgi:app")
    wrong, later = finding("gunicorn-module-path"), finding("import-failed:X", file="app.py")

    codes, rehearsed = looked_behind(monkeypatch, subject, [result("boot", wrong)], [result("boot", later)])

    assert (codes, len(rehearsed.snapshots)) == (["gunicorn-module-path", "import-failed:X"], 1)


def test_what_nobody_knows_how_to_mend_is_looked_behind_of_not_at_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK})

    codes, rehearsed = looked_behind(monkeypatch, subject, [result("imports", finding("app-syntax-error"))])

    assert (codes, rehearsed.snapshots) == (["app-syntax-error"], [])


def told(first: CheckResult, then: CheckResult, *mends: Mend) -> list[tuple[str, str, str]]:
    (joined,) = told_behind.joined([first], [then], mends)
    return [(one.outcome.value, one.code, one.certainty) for one in joined.findings]


def test_a_later_failure_is_as_sure_where_a_package_was_only_added() -> None:
    first = result("imports", finding("missing-requirement:flask"))

    assert told(first, result("imports", finding("missing-requirement:numpy")), ADDED) == [
        ("failed", "missing-requirement:flask", ""),
        ("failed", "missing-requirement:numpy", "met once flask is required"),
    ]


def test_a_later_failure_is_less_sure_where_another_version_was_taken() -> None:
    later = result("imports", finding("import-failed:X"), finding("drift", Outcome.WARNING))

    assert told(result("imports", NOT_RUN), later, ADDED, RAISED) == [
        ("warning", "import-failed:X", "likely: met once pkg is 2"),
    ]


def test_a_build_that_only_an_added_package_ends_is_less_sure() -> None:
    built = result("environment", finding("environment-built", Outcome.PASSED))
    refused = result("environment", finding("build-failure:pyyaml-cython3"))

    assert told(built, refused, ADDED) == [
        ("passed", "environment-built", ""),
        (
            "warning",
            "build-failure:pyyaml-cython3",
            "uncertain: met once flask is required, where another release of it may be built",
        ),
    ]
    assert told(result("environment", NOT_RUN), refused, LAID)[-1] == (
        "failed",
        "build-failure:pyyaml-cython3",
        "met once api/main.py lies at backend/main.py",
    )


def test_what_is_wrong_with_a_version_that_was_chosen_here_is_not_told() -> None:
    about = finding("dependency-resolution-impossible", file="requirements.txt")
    elsewhere = finding("import-name-missing")

    found = told(result("environment"), result("environment", about, elsewhere), RAISED)

    assert [code for _, code, _ in found] == ["import-name-missing"]


def test_what_was_told_before_is_not_told_again_and_a_warning_gives_way_to_its_failure() -> None:
    same = finding("missing-requirement:flask")
    warned = finding("missing-requirement:numpy", Outcome.WARNING)
    sure = finding("missing-requirement:numpy", file="b.py")

    assert told(result("imports", same, warned), result("imports", same, sure), ADDED) == [
        ("failed", "missing-requirement:flask", ""),
        ("failed", "missing-requirement:numpy", "met once flask is required"),
    ]


def test_a_warning_at_the_same_place_keeps_no_failure_back() -> None:
    told = [result("imports", finding("missing-requirement:flask"))]
    warned = result("migrations", finding("missing-requirement:redis", Outcome.WARNING))
    failed = result("boot", finding("missing-requirement:redis"))

    joined = told_behind.joined([*told, result("migrations"), result("boot")], [warned, failed], [ADDED])

    assert [(one.check, found.code, found.outcome) for one in joined[1:] for found in one.findings] == [
        ("migrations", "missing-requirement:redis", Outcome.WARNING),
        ("boot", "missing-requirement:redis", Outcome.FAILED),
    ]


def test_a_warning_of_the_same_name_is_enough_where_something_was_guessed() -> None:
    warned, met = (
        finding("missing-requirement:numpy", outcome, file=file)
        for outcome, file in ((Outcome.WARNING, "a.py"), (Outcome.FAILED, "b.py"))
    )

    assert told(result("imports", warned), result("imports", met), RAISED) == [
        ("warning", "missing-requirement:numpy", "")
    ]


def test_the_boot_does_not_warn_again_of_the_line_that_the_import_met() -> None:
    first = [result("imports", NOT_RUN), result("boot", NOT_RUN)]
    then = [result("imports", finding("import-failed:TypeError")), result("boot", finding("start-exited"))]

    joined = told_behind.joined(first, then, [RAISED])

    assert [[one.code for one in each.findings] for each in joined] == [["import-failed:TypeError"], ["not-run"]]


def test_a_check_that_goes_well_in_the_copy_says_so_in_place_of_not_run() -> None:
    passed = Finding(code="boot", outcome=Outcome.PASSED, message="listens")
    (joined,) = told_behind.joined([result("boot", NOT_RUN)], [result("boot", passed)], (ADDED,))

    assert joined.findings == (replace(passed, message="in a mended copy: listens"),)


def test_a_check_that_did_not_run_in_the_copy_either_stays_left_out() -> None:
    (joined,) = told_behind.joined([result("boot", NOT_RUN)], [result("boot", NOT_RUN)], (ADDED,))

    assert joined.findings == (NOT_RUN,)


def test_paths_are_those_of_the_project_and_not_those_of_the_copy() -> None:
    later = replace(
        finding("app-syntax-error", file="backend/main.py", message="backend/main.py is wrong, my-backend/main.py not"),
        remedy="mend backend/main.py:1",
    )
    (joined,) = told_behind.joined([result("boot", NOT_RUN)], [result("boot", later)], (LAID,))
    (found,) = joined.findings

    assert (str(found.location), found.message, found.remedy) == (
        "api/main.py:1",
        "api/main.py is wrong, my-backend/main.py not",
        "mend api/main.py:1",
    )
    (joined,) = told_behind.joined([result("boot", NOT_RUN)], [result("boot", later)], (replace(LAID, twin="."),))
    assert (str(joined.findings[0].location), joined.findings[0].remedy) == ("main.py:1", "mend main.py:1")


def test_a_variable_met_behind_a_failure_is_not_listed_beside_it() -> None:
    listed = replace(finding("missing-env-var", Outcome.NOTE), evidence=("app.py:25: SECRET_KEY, by os.environ",))
    met = finding("missing-env-var:SECRET_KEY", Outcome.WARNING)
    read = finding("read", Outcome.PASSED)
    first = [result("config", listed, read), result("imports", finding("missing-requirement:flask"))]
    then = [result("config"), result("imports", met)]

    told = told_behind.joined(first, then, (ADDED,))

    assert [one.code for each in told for one in each.findings] == [
        "read",
        "missing-requirement:flask",
        met.code,
    ]


def test_a_list_with_another_variable_is_kept() -> None:
    listed = replace(finding("missing-env-var", Outcome.NOTE), evidence=("a.py:1: SECRET_KEY", "a.py:2: OTHER_KEY"))
    met = finding("missing-env-var:SECRET_KEY", Outcome.WARNING)

    told = told_behind.joined([result("config", listed)], [result("config", met)], (ADDED,))

    assert [one.code for one in told[0].findings] == [listed.code, met.code]


def test_which_paths_a_script_finds_is_open_where_it_was_laid_elsewhere() -> None:
    laid = Mend(file="backend/build.sh", twin="build.sh", says="build.sh lies at backend/build.sh")
    met = [finding("command-file-missing:manage.py"), finding("wrong-root-directory"), finding("app-syntax-error")]

    (joined,) = told_behind.joined([result("environment", NOT_RUN)], [result("environment", *met)], (laid,))

    assert [one.code for one in joined.findings] == ["app-syntax-error"]


def test_a_round_may_build_for_as_long_as_all_took_so_far_and_none_begins_after_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "gunicorn\n"})
    first = [replace(result("imports", finding("missing-requirement:flask")), seconds=100.0)]
    limits: list[float | None] = []
    times = iter([0.0, 0.0, 70.0, 101.0])

    class Slow(Rehearsed):
        def __call__(self, *_args: object, preferences: Preferences, **_others: object) -> "Rehearsed":
            limits.append(preferences.build_timeout_s)
            return self

    slow = Slow(*([result("imports", finding(f"missing-requirement:{name}"))] for name in ("numpy", "six", "attrs")))
    monkeypatch.setattr(behind, "Rehearsal", slow)
    ports = SimpleNamespace(
        clock=SimpleNamespace(now_s=lambda: next(times)),
        interpreters=SimpleNamespace(installed=lambda: INSTALLED),
        progress=SimpleNamespace(waiting=lambda _text: None),
        workplace=Workplace(tmp_path),
    )
    project = Project(
        name="x",
        repository=subject.snapshot.folder,
        snapshot=subject.snapshot,
        state=subject.state,
        settings=Settings(),
    )

    behind.seen(first, subject.contract, project=project, preferences=Preferences(), ports=cast("Ports", ports))

    assert limits == [100.0, 30.0]


def test_what_a_path_that_leads_to_nothing_ends_with_is_not_told_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subject = case(tmp_path / "top", {"main.py": FLASK, "requirements.txt": "gunicorn\n"})
    told = [result("config", finding("wrong-root-directory", file="build.sh"), finding("missing-requirement:flask"))]
    met = finding("start-command-wrong-module:manage.py", file="build.sh")
    elsewhere = finding("start-command-wrong-module:tasks.py", file="other.sh")

    codes, _ = looked_behind(monkeypatch, subject, told, [result("config", met, elsewhere)], [])

    assert "start-command-wrong-module:manage.py" not in codes
    assert "start-command-wrong-module:tasks.py" in codes
