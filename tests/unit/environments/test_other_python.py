"""What the index says for the target's Python where this machine has another."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.environments import packages
from deploy_suite.environments.base import Answer
from deploy_suite.model.environment import Refusal, RefusalKind, Resolution
from deploy_suite.model.location import Location
from tests.unit.checks.gunicorn_case import case
from tests.unit.checks.packages.installed_packages import install
from tests.unit.environments.foreign_index import OLD_WHEELS, Bench, Index, answer, plan


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def refusal(kind: RefusalKind, requirement: str, line: int, *pythons: str, fitting: str = "") -> Refusal:
    name = requirement.partition("==")[0].partition(">")[0].partition("<")[0]
    place = Location("requirements.txt", line)
    return Refusal(name=name, requirement=requirement, kind=kind, location=place, pythons=pythons, fitting=fitting)


def test_the_index_is_asked_for_the_version_and_the_platform_of_the_target(bench: Bench) -> None:
    index = Index(answer("flask==3.0.0"))

    found = bench.foreseen("flask\n", index, installed={"flask": "3.0.0"})

    assert [(one.python, one.platform) for one in index.asked] == [("3.14.3", "x86_64-manylinux_2_36")]
    assert (found.python, found.series, found.refusals, bench.names) == ("3.14.3", "3.14", (), [])


def test_a_release_with_wheels_for_others_alone_is_told_with_these_and_with_the_release_that_has_one(
    bench: Bench,
) -> None:
    bench.release("asyncpg", "0.29.0", OLD_WHEELS)
    bench.release("asyncpg", "0.31.0", ("{name}-{version}-cp314-cp314-manylinux_2_28_x86_64.whl",))
    index = Index(answer("asyncpg==0.29.0", source=["asyncpg"]))

    found = bench.foreseen("flask\nasyncpg==0.29.0\n", index, installed={"asyncpg": "0.29.0"})

    assert found.refusals == (refusal(RefusalKind.NO_WHEEL, "asyncpg==0.29.0", 2, "3.11", fitting="0.31.0"),)
    assert bench.names == [{"asyncpg"}]


def test_a_source_archive_without_any_wheel_is_no_matter_of_that_python(bench: Bench) -> None:
    bench.release("sgmllib3k", "1.0.0", ("{name}-{version}.tar.gz",))
    index = Index(answer("sgmllib3k==1.0.0", source=["sgmllib3k"]))

    assert bench.foreseen("sgmllib3k==1.0.0\n", index, installed={}).refusals == ()


def test_what_was_built_from_source_here_too_is_not_asked_about(bench: Bench) -> None:
    index = Index(answer("pkg==1", source=["pkg"]))

    found = bench.foreseen("pkg==1\n", index, installed={"pkg": "1"}, from_source=["pkg"])

    assert (found.refusals, bench.names) == ((), [])


def test_what_another_requirement_brings_is_told_with_the_way_to_it(bench: Bench) -> None:
    bench.release("pydantic-core", "2.14.1", OLD_WHEELS)
    index = Index(
        answer("pydantic==2.5.0", "pydantic-core==2.14.1", source=["pydantic-core"]),
        requires={"pydantic-core": ("pydantic",), "pydantic": ()},
    )

    (found,) = bench.foreseen("pydantic==2.5.0\n", index, installed={}).refusals

    assert (found.requirement, found.location, found.required_by) == (
        "pydantic-core==2.14.1",
        Location("requirements.txt", 1),
        ("pydantic",),
    )


def test_a_pin_whose_requires_python_ends_below_is_refused_although_the_resolver_takes_it(bench: Bench) -> None:
    venv = bench.folder / "venv"
    install(packages.site_packages(venv), "tool", "1.0", {"tool.py": b""}, python=">=3.9,<3.13")
    bench.release("tool", "1.0", requires=">=3.9,<3.13")
    index = Index(answer("tool==1.0"))

    found = bench.foreseen("tool==1.0\n", index, installed={"tool": "1.0"}, venv=venv)

    assert found.refusals == (refusal(RefusalKind.OTHER_PYTHON, "tool==1.0", 1, "3.9", "3.10", "3.11", "3.12"),)


def test_an_open_line_that_admits_another_release_is_not_refused(bench: Bench) -> None:
    venv = bench.folder / "venv"
    install(packages.site_packages(venv), "tool", "2.0", {"tool.py": b""}, python=">=3.9,<3.13")
    bench.release("tool", "1.0", requires=">=3.9")
    bench.release("tool", "2.0", requires=">=3.9,<3.13")

    found = bench.foreseen("tool>=1\n", Index(answer("tool==2.0")), installed={"tool": "2.0"}, venv=venv)

    assert found.refusals == ()


def test_of_what_lock_files_install_the_wheels_tell_whether_they_are_for_one_series(bench: Bench) -> None:
    site = packages.site_packages(bench.folder / "venv")
    install(site, "numpy", "1.26.4", {"numpy.py": b""}, tag="cp311-cp311-manylinux_2_17_x86_64")
    install(site, "cryptography", "42.0.0", {"cryptography.py": b""}, tag="cp37-abi3-manylinux_2_17_x86_64")
    install(site, "flask", "3.0.0", {"flask.py": b""})
    bench.release("numpy", "1.26.4", OLD_WHEELS)
    unasked = Index(Answer(is_answer=True))
    installed = {"numpy": "1.26.4", "cryptography": "42.0.0", "flask": "3.0.0"}

    found = bench.foreseen("\n", unasked, installed=installed, venv=bench.folder / "venv")

    assert bench.names == [{"numpy"}]
    assert [(one.name, one.kind) for one in found.refusals] == [("numpy", RefusalKind.NO_WHEEL)]


def test_where_no_versions_fit_the_lines_are_judged_one_by_one(bench: Bench) -> None:
    bench.release("tensorflow", "2.15.0", ("{name}-{version}-cp311-cp311-manylinux_2_17_x86_64.whl",))
    bench.release("flask", "3.0.0")
    index = Index(answer(conflict="No solution found"))

    found = bench.foreseen("flask==3.0.0\ntensorflow==2.15.0\n", index, installed={})

    assert found.refusals == (refusal(RefusalKind.OTHER_PYTHON, "tensorflow==2.15.0", 2, "3.11"),)


def test_where_no_versions_fit_a_source_archive_alone_is_no_matter_of_that_python(bench: Bench) -> None:
    bench.release("sgmllib3k", "1.0.0", ("{name}-{version}.tar.gz",))
    index = Index(answer(conflict="No solution found"))

    assert bench.foreseen("sgmllib3k==1.0.0\n", index, installed={}).refusals == ()


@pytest.mark.parametrize(
    ("target", "override", "other"),
    [
        ("3.14.3", "", "3.14.3"),
        ("3.11.4", "", ""),
        ("3.11", "", ""),
        ("3.14.3", "3.11", ""),
        ("3.11.9", "3.13", "3.13"),
    ],
)
def test_only_a_python_of_another_series_is_another(tmp_path: Path, target: str, override: str, other: str) -> None:
    subject = case(tmp_path / "top", {"main.py": ""}, python=target)
    subject = replace(subject, preferences=replace(subject.preferences, python=override))

    assert plan(subject, Index(answer()), Resolution(python="3.11.9", versions={}), tmp_path).other_python == other
