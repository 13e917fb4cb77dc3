"""What the index changed since the commit before, with no line of the project's changing."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks import drift
from deploy_suite.checks.base import Case
from deploy_suite.checks.drift import Change
from deploy_suite.environments.interpreters import Choice
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.resolution import Resolved
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.environment import Interpreter, Preferences, Resolution
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import Ports, WorkingState
from deploy_suite.targets.registry import TARGETS

LINES = "# web\nnumpy>=1.24\nflask\nsix==1.16.0\n"
OLD = {"numpy": "1.26.4", "flask": "3.0.0", "six": "1.16.0", "certifi": "2024.2.2", "anyio": "3.7.1", "gone": "1.0"}
NEW = {"numpy": "2.4.6", "flask": "3.1.2", "six": "1.16.0", "certifi": "2026.1.1", "anyio": "4.0.0", "fresh": "1.0"}
MANIFEST = (
    "services:\n  - type: web\n    name: web\n    runtime: python\n    plan: free\n"
    "    buildCommand: pip install -r requirements.txt\n    startCommand: gunicorn main:app\n"
)


class Bench:
    """Runs the check over commits of one repository."""

    def __init__(self, folder: Path) -> None:
        self._top = folder / "top"
        self._top.mkdir()
        (self._top / "main.py").write_text("app = 1\n")
        (self._top / "render.yaml").write_text(MANIFEST)
        clock = SimpleNamespace(utc=lambda: "2026-01-02T03:04:05Z")
        self._ports = SimpleNamespace(workplace=SimpleNamespace(cache=folder / "cache"), clock=clock)

    def check(
        self,
        commit: str,
        versions: dict[str, str],
        *,
        lines: str = LINES,
        python: str = "3.12.1",
        is_whole: bool = True,
        branch: str = "",
    ) -> tuple[Finding, ...]:
        """Return what the check finds."""
        return drift.findings(
            *self._asked(commit, versions, lines=lines, python=python, is_whole=is_whole, branch=branch)
        )

    def since(
        self, live: str, commit: str, versions: dict[str, str], *, lines: str = LINES, is_whole: bool = True
    ) -> tuple[str, ...] | None:
        """Return what a plan tells of *commit* against the commit *live*."""
        asked = self._asked(commit, versions, lines=lines, python="3.12.1", is_whole=is_whole)
        return drift.since(*asked, commit=live * 40)

    def _asked(
        self, commit: str, versions: dict[str, str], *, lines: str, python: str, is_whole: bool, branch: str = ""
    ) -> tuple[Case, Plan, Ports]:
        (self._top / "requirements.txt").write_text(lines)
        snapshot = Snapshot(commit=Commit(sha=commit * 40, tree="0" * 40, subject="", branch=branch), folder=self._top)
        (contract,) = TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts
        case = Case(
            snapshot=snapshot,
            contract=contract,
            state=WorkingState(),
            preferences=Preferences(),
            repository=self._top,
        )
        resolved = Resolved(Resolution(python=python, versions=versions), is_whole)
        choice = Choice(Interpreter(path=Path("python"), version=python))
        plan = cast(Plan, SimpleNamespace(resolved=resolved, choice=choice))
        return case, plan, cast(Ports, self._ports)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_first_check_has_nothing_to_compare_with(bench: Bench) -> None:
    assert bench.check("a", OLD) == ()


def test_a_major_version_by_an_open_line_is_a_warning_and_the_rest_is_noted(bench: Bench) -> None:
    bench.check("a", OLD)

    major, minor, brought = bench.check("b", NEW)

    assert major == Finding(
        code="version-drift:numpy",
        outcome=Outcome.WARNING,
        message="numpy 1.26.4 → 2.4.6 (major), unpinned in requirements.txt:2: the next build takes it, and that line "
        "has not changed since commit aaaaaaa was checked on 2026-01-02",
        location=Location("requirements.txt", 2),
        evidence=("requirements.txt:2: numpy>=1.24",),
        remedy="pin `numpy==1.26.4` in requirements.txt:2 until the code is ready for 2.4.6, or pin all of them: "
        "`nox -s lock`",
        certainty="the version is certain; whether the code minds it is what the other checks show, as far as they go",
        reproduce="python -m pip index versions numpy",
    )
    assert (minor.code, minor.outcome, minor.evidence) == (
        "version-drift",
        Outcome.NOTE,
        ("flask 3.0.0 → 3.1.2 (minor), unpinned in requirements.txt:3",),
    )
    assert (brought.outcome, brought.message, brought.evidence) == (
        Outcome.NOTE,
        (
            "of the packages that others bring 2 with another version, 1 new, 1 gone since commit aaaaaaa was "
            "checked on 2026-01-02"
        ),
        (
            "anyio 3.7.1 → 4.0.0 (major)",
            "certifi 2024.2.2 → 2026.1.1 (minor)",
            "fresh 1.0 is new",
            "gone is gone",
        ),
    )


def test_the_same_is_said_again_until_the_next_commit(bench: Bench) -> None:
    bench.check("a", OLD)

    first, second, next_one = bench.check("b", NEW), bench.check("b", NEW), bench.check("c", NEW)

    assert first == second
    assert next_one == ()


def test_one_commit_drifts_against_its_own_first_check(bench: Bench) -> None:
    bench.check("a", OLD)

    assert [one.code for one in bench.check("a", NEW)] == ["version-drift:numpy", "version-drift", "version-drift"]


def test_a_line_that_changed_is_the_users_own_doing(bench: Bench) -> None:
    bench.check("a", {"numpy": "1.26.4", "anyio": "3.0"})

    (brought,) = bench.check("b", {"numpy": "2.4.6", "anyio": "4.0"}, lines=LINES.replace("numpy>=1.24", "numpy>=2"))

    assert brought.message.endswith(", some of them perhaps because of the lines that did change")


def test_what_comes_and_goes_with_lines_that_changed_is_not_told(bench: Bench) -> None:
    bench.check("a", OLD | {"idna": "3.0"})
    lines = LINES + "pandas\n"

    assert bench.check("b", OLD | {"pandas": "3.0", "tzdata": "2026.6"}, lines=lines) == ()


def test_other_pythons_are_another_matter_and_half_an_answer_is_none(bench: Bench) -> None:
    bench.check("a", OLD)

    assert bench.check("b", NEW, python="3.13.0") == ()
    assert bench.check("c", NEW, is_whole=False) == ()
    assert bench.check("d", {}) == ()


def test_what_comes_from_a_url_is_not_compared_as_a_version(bench: Bench) -> None:
    bench.check("a", {"flask": "3.0 https://example.com/a"})

    assert bench.check("b", {"flask": "3.0 https://example.com/b"}) == ()


def test_records_that_cannot_be_read_count_for_none(bench: Bench, tmp_path: Path) -> None:
    bench.check("a", OLD)
    for file in (tmp_path / "cache/resolutions").iterdir():
        file.write_text('{"records": [{"commit": 1}]}')

    assert bench.check("b", NEW) == ()


@pytest.mark.parametrize(
    ("before", "now", "size"),
    [
        ("1.26.4", "2.4.6", "major"),
        ("0.109", "0.110.1", "minor"),
        ("1.2.3", "1.2.10", "patch"),
        ("2.0", "1.9", "major, backwards"),
        ("2023.4", "2026.1", "minor"),
        ("1.0", "1.0.post1", "patch"),
    ],
)
def test_how_far_a_version_moved(before: str, now: str, size: str) -> None:
    assert Change("x", before, now).size == size


def test_a_kept_record_is_of_the_first_check_of_a_commit(bench: Bench) -> None:
    bench.check("a", OLD)
    bench.check("a", NEW)

    assert [one.code for one in bench.check("b", NEW)] == ["version-drift:numpy", "version-drift", "version-drift"]
    assert bench.check("b", OLD) == ()


def test_a_plan_tells_what_moved_since_the_live_commit_and_why(bench: Bench) -> None:
    bench.check("a", OLD)
    bench.check("b", OLD)

    found = bench.since("a", "c", NEW, lines=LINES.replace("flask", "flask>=3.1"))

    assert found == (
        "anyio 3.7.1 → 4.0.0 (major), brought by others",
        "certifi 2024.2.2 → 2026.1.1 (minor), brought by others",
        "flask 3.0.0 → 3.1.2 (minor), its line was changed",
        "fresh 1.0 is new",
        "numpy 1.26.4 → 2.4.6 (major), by no change of yours",
        "gone is gone",
    )


def test_a_plan_does_not_guess_at_versions(bench: Bench) -> None:
    bench.check("a", OLD)

    told = [bench.since("b", "c", NEW), bench.since("a", "c", NEW, is_whole=False), bench.since("a", "c", {})]

    assert (told, bench.since("a", "c", OLD)) == ([None, None, None], ())


def test_moving_between_branches_with_other_lines_is_no_drift(bench: Bench) -> None:
    older = LINES.replace("flask\n", "flask<3\n")
    of_older = OLD | {"flask": "2.3.3", "anyio": "2.2.0"}

    told = [
        bench.check(commit, versions, lines=lines, branch=branch)
        for commit, versions, lines, branch in (
            ("a", OLD, LINES, "main"),
            ("b", of_older, older, "fix"),
            ("a", OLD, LINES, "main"),
            ("c", OLD, LINES, "main"),
            ("b", of_older, older, "fix"),
            ("d", of_older, older, "fix"),
        )
    ]

    assert told == [()] * 6


def test_a_branch_is_compared_with_whatever_commit_asked_for_the_same(bench: Bench) -> None:
    bench.check("a", OLD, branch="main")
    bench.check("b", OLD | {"flask": "2.3.3"}, lines=LINES.replace("flask\n", "flask<3\n"), branch="fix")

    (found,) = bench.check("c", OLD | {"flask": "3.1.2"}, branch="other")

    assert found.message == (
        "1 package with another version by no change of yours since commit aaaaaaa was checked on 2026-01-02"
    )


def test_a_change_of_the_lines_is_compared_on_its_own_branch(bench: Bench) -> None:
    bench.check("a", OLD, branch="main")
    lines = LINES.replace("six==1.16.0", "six==1.17.0")

    (found,) = bench.check("b", OLD | {"six": "1.17.0", "flask": "3.1.2"}, lines=lines, branch="main")

    assert found.evidence == ("flask 3.0.0 → 3.1.2 (minor), unpinned in requirements.txt:3",)
