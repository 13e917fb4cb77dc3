"""What is said of packages that the target's Python cannot take, where this machine checked with another."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.checks.base import Case
from deploy_suite.checks.packages import checking, other_python
from deploy_suite.environments import packages
from deploy_suite.environments.base import Answer
from deploy_suite.knowledge.platforms import images
from deploy_suite.model.contract import DatabaseField, FromDatabase, Phase, PythonRequest, Variable
from deploy_suite.model.environment import Resolution
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case
from tests.unit.checks.packages.installed_packages import install
from tests.unit.environments.foreign_index import OLD_WHEELS, PURE, Bench, Index, answer, plan

NEW_SERVICES = "certain for a service that gets Python 3.14; one that was created earlier keeps the default of its day"
DEFAULT = PythonRequest(version="3.14.3", origin="the newest default", is_pinned=False, alternatives=("3.11.9",))
ORIGIN = "Python 3.14.3: the newest default"
STATING = "state a Python 3.11 in .python-version at the top of the repository"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def said(
    bench: Bench,
    files: Mapping[str, str],
    asked: Answer,
    *,
    installed: Mapping[str, str] | None = None,
    told: Sequence[Finding] = (),
    change: Mapping[str, object] | None = None,
    requires: Mapping[str, tuple[str, ...]] | None = None,
    here: str = "3.11.9",
) -> list[Finding]:
    """Return the findings for a service of *files* on Python 3.14."""
    bench.listens()
    own = case(bench.folder / "top", {"main.py": "", **files})
    own = replace(own, contract=replace(own.contract, **{"python": DEFAULT, **(change or {})}))  # type: ignore[arg-type]
    versions = dict(asked.versions) if installed is None else installed
    made = plan(own, Index(asked, requires or {}), Resolution(python=here, versions=versions), bench.folder)
    venv = bench.folder / "venv"
    return list(
        other_python.findings(
            own,
            made,
            venv=venv,
            installed=versions,
            image=images.image("render-native"),
            is_like_target=False,
            told=told,
        )
    )


def test_what_is_known_not_to_compile_fails_with_the_line_the_reason_and_both_ways_out(bench: Bench) -> None:
    bench.release("asyncpg", "0.29.0", OLD_WHEELS)
    bench.release("asyncpg", "0.31.0", ("{name}-{version}-cp314-cp314-manylinux_2_28_x86_64.whl",))

    (found,) = said(bench, {"requirements.txt": "asyncpg==0.29.0\n"}, answer("asyncpg==0.29.0", source=["asyncpg"]))

    assert found == Finding(
        code="build-failure:asyncpg",
        outcome=Outcome.FAILED,
        message="asyncpg==0.29.0 has no wheel for Python 3.14, which the target uses (it has for Python 3.11), "
        "and cannot be compiled: error: too few arguments to function '_PyLong_AsByteArray'",
        location=Location("requirements.txt", 1),
        evidence=("https://github.com/MagicStack/asyncpg/issues/1181", ORIGIN),
        remedy=f"require asyncpg==0.31.0 in requirements.txt:1, which has a wheel for it; or {STATING}",
        certainty=NEW_SERVICES,
        reproduce="pip download --no-deps --only-binary :all: --python-version 3.14 'asyncpg==0.29.0'",
        python="3.11",
    )


@pytest.mark.parametrize(
    ("name", "version", "outcome", "certainty"),
    [
        ("rarely", "1.0", Outcome.WARNING, "uncertain: it was checked here with Python 3.11, and of releases"),
        ("markupsafe", "2.0", Outcome.NOTE, "it installs without compiled parts where these cannot be made"),
        ("asyncpg", "0.31.0", Outcome.WARNING, "uncertain: it was checked here with Python 3.11, and of releases"),
    ],
)
def test_what_nobody_saw_fail_is_a_warning_and_what_needs_no_compiler_a_note(
    bench: Bench, name: str, version: str, outcome: Outcome, certainty: str
) -> None:
    bench.release(name, version, OLD_WHEELS)

    (found,) = said(bench, {"requirements.txt": f"{name}=={version}\n"}, answer(f"{name}=={version}", source=[name]))

    assert (found.code, found.outcome) == (f"compiled-from-source:{name}", outcome)
    assert found.certainty.startswith(certainty)


def test_a_pin_that_pip_refuses_fails_and_one_that_uv_would_take_is_a_warning(bench: Bench) -> None:
    install(packages.site_packages(bench.folder / "venv"), "tool", "1.0", {"tool.py": b""}, python="<3.13")
    bench.release("tool", "1.0", requires="<3.13")
    lines = {"requirements.txt": "tool==1.0\n"}

    (by_pip,) = said(bench, lines, answer("tool==1.0"))
    own = case(bench.folder / "top", lines, build="uv pip install -r requirements.txt")
    (by_uv,) = said(bench, lines, answer("tool==1.0"), change={"build": own.contract.build})

    assert (by_pip.code, by_pip.outcome, by_pip.certainty) == (
        "python-version-unsupported:too-new",
        Outcome.FAILED,
        NEW_SERVICES,
    )
    assert by_pip.message == (
        "tool==1.0 has no release for Python 3.14, which the target uses (it has for Python 3.7 to 3.12)"
    )
    assert (by_uv.outcome, by_uv.certainty.partition(":")[0]) == (Outcome.WARNING, "likely")


def test_a_driver_that_compiles_and_does_not_load_fails_only_where_something_loads_it(bench: Bench) -> None:
    bench.release("psycopg2-binary", "2.9.9", OLD_WHEELS)
    lines = {"requirements.txt": "psycopg2-binary==2.9.9\n"}
    asked = answer("psycopg2-binary==2.9.9", source=["psycopg2-binary"])
    database = Variable(
        name="DATABASE_URL", source=FromDatabase("db", DatabaseField.CONNECTION_STRING), phases=frozenset(Phase)
    )

    (unseen,) = said(bench, lines, asked)
    (given,) = said(bench, lines, asked, change={"variables": (database,)})

    assert (unseen.code, unseen.outcome) == ("compiled-from-source:psycopg2-binary", Outcome.WARNING)
    assert (given.code, given.outcome) == ("build-failure:psycopg2-binary", Outcome.FAILED)
    assert given.evidence[0] == "the service is given a PostgreSQL (db), and installs no other driver for it"


def test_versions_that_are_known_not_to_go_with_that_python_are_told_once(bench: Bench) -> None:
    bench.release("psycopg2-binary", "2.9.9", OLD_WHEELS)
    files = {"main.py": "import psycopg2\n", "requirements.txt": "psycopg2-binary==2.9.9\n"}

    (found,) = said(bench, files, answer("psycopg2-binary==2.9.9", source=["psycopg2-binary"]))

    assert (found.code, found.outcome, found.location) == (
        "python-version-unsupported:too-new",
        Outcome.FAILED,
        Location("requirements.txt", 1),
    )
    assert found.message == (
        "psycopg2-binary 2.9.9 and Python 3.14.3 would be installed on the target, and do not fit together"
    )
    assert (found.evidence[-1], found.certainty) == (ORIGIN, NEW_SERVICES)


def test_what_fails_with_the_python_used_here_too_is_left_to_the_other_checks(bench: Bench) -> None:
    files = {"main.py": "import psycopg2\n", "requirements.txt": "psycopg2-binary==2.9.9\n"}
    bench.release("psycopg2-binary", "2.9.9", OLD_WHEELS)
    already = Finding(
        code="build-failure:psycopg2-binary",
        outcome=Outcome.FAILED,
        message="it does not compile",
        location=Location("requirements.txt", 1),
    )

    found = said(
        bench,
        files,
        answer("psycopg2-binary==2.9.9", source=["psycopg2-binary"]),
        told=[already],
        here="3.13.0",
    )

    assert found == []


def test_the_ways_out_name_one_python_for_all(bench: Bench) -> None:
    for name, series in (("one", ("310", "312")), ("two", ("312", "313"))):
        files = [f"{name}-1.0-cp{each}-cp{each}-manylinux_2_17_x86_64.whl" for each in series]
        bench.release(name, "1.0", [*files, f"{name}-1.0.tar.gz"])

    found = said(
        bench, {"requirements.txt": "one==1.0\ntwo==1.0\n"}, answer("one==1.0", "two==1.0", source=["one", "two"])
    )

    assert [one.remedy.rpartition("; or ")[2] for one in found] == [STATING.replace("3.11", "3.12")] * 2


def test_where_a_python_is_stated_the_remedy_names_the_place(bench: Bench) -> None:
    bench.release("rarely", "1.0", OLD_WHEELS)
    stated = PythonRequest(version="3.14.1", origin="variable PYTHON_VERSION", location=Location("render.yaml", 9))

    (found,) = said(
        bench,
        {"requirements.txt": "rarely==1.0\n"},
        answer("rarely==1.0", source=["rarely"]),
        change={"python": stated},
    )

    assert found.remedy.endswith("; or state a Python 3.11, all three numbers of it, in render.yaml:9")
    assert found.evidence[-1] == "Python 3.14.1: variable PYTHON_VERSION"


def test_packages_that_the_index_has_for_that_python_pass(bench: Bench) -> None:
    bench.release("flask", "3.0.0", PURE)

    assert said(bench, {"requirements.txt": "flask==3.0.0\n"}, answer("flask==3.0.0")) == [
        Finding(
            code="packages",
            outcome=Outcome.PASSED,
            message="asked for the target's Python 3.14, the index has 1 package in a form that was installed here too",
            evidence=(ORIGIN,),
        )
    ]


@pytest.mark.parametrize(
    "asked", [Answer(is_answer=False), answer(conflict="Failed to build `old==1`: pg_config executable not found")]
)
def test_an_index_that_does_not_answer_is_no_pass(bench: Bench, asked: Answer) -> None:
    bench.release("flask", "3.0.0", PURE)

    (found,) = said(bench, {"requirements.txt": "flask==3.0.0\n"}, asked, installed={"flask": "3.0.0"})

    assert (found.outcome, found.message) == (
        Outcome.SKIPPED,
        "what Python 3.14, the target's, would install is not known: the package index gave no answer for it",
    )


def test_a_conflict_that_no_line_explains_is_a_likely_one(bench: Bench) -> None:
    bench.release("flask", "3.0.0", PURE)
    account = "No solution found: because old==1 depends on gone and gone has no release, old==1 cannot be used"

    (found,) = said(
        bench, {"requirements.txt": "flask==3.0.0\n"}, answer(conflict=account), installed={"flask": "3.0.0"}
    )

    assert (found.code, found.outcome) == ("dependency-resolution-impossible", Outcome.WARNING)
    assert found.certainty == "likely: it is what uv answers for that Python; for Python 3.11 there is a set"


def test_where_nothing_could_be_built_nothing_is_said_of_what_was_used_here(bench: Bench) -> None:
    bench.release("rarely", "1.0", OLD_WHEELS)
    files = {"main.py": "import cgi\n", "requirements.txt": "rarely==1.0\n"}

    package, module = said(bench, files, answer("rarely==1.0", source=["rarely"]), here="")

    assert package.certainty == "uncertain: of releases that are older than a Python about half do not compile for it"
    assert module.message == (
        "cgi is imported when the service starts, and Python 3.14, which the target uses, does not have it"
    )


def test_a_machine_with_the_targets_python_asks_nothing(tmp_path: Path) -> None:
    own: Case = case(tmp_path / "top", {"main.py": "import cgi\n", "requirements.txt": "flask\n"}, python="3.11.4")
    index = Index(answer())
    made = plan(own, index, Resolution(python="3.11.9", versions={}), tmp_path)

    assert checking.unbuilt(own, made) == ()
    assert index.asked == []
