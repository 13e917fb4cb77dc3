"""Which of a service's lists the target installs, and what the others say otherwise."""

import json
from pathlib import Path

import pytest

from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Case
from deploy_suite.checks.config import stale_locks, subject
from deploy_suite.checks.dependencies import requirements
from deploy_suite.manifests.lock_freshness import _pipenv_hash
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import WorkingState
from deploy_suite.targets.registry import TARGETS

PIP = "pip install -r requirements.txt"
UV_LOCK = (
    'version = 1\nrequires-python = ">=3.12"\n[[package]]\nname = "shop"\nversion = "1"\nsource = {{ virtual = "." }}\n'
    '[package.metadata]\nrequires-dist = [{{ name = "flask", specifier = "{specifier}" }}]\n'
    '[[package]]\nname = "flask"\nversion = "3.0.0"\nsource = {{ registry = "x" }}\n'
)
MORE = '[project]\nname = "a"\ndependencies = ["numpy", "six"]\n'
EXTRAS = '[project.optional-dependencies]\nfast = ["six"]\nslow = ["attrs"]\n'
POETRY = '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\n'
PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask>=3"]\n'


def case(folder: Path, files: dict[str, str], *, build: str = PIP) -> Case:
    manifest = (
        "services:\n  - type: web\n    name: web\n    runtime: python\n    plan: free\n"
        f"    buildCommand: {json.dumps(build)}\n    startCommand: gunicorn main:app\n"
    )
    for name, text in {"render.yaml": manifest, "main.py": "import flask\nimport numpy\napp = 1\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    snapshot = Snapshot(commit=Commit(sha="1" * 40, tree="2" * 40, subject="x"), folder=folder)
    (contract,) = TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts
    return Case(snapshot=snapshot, contract=contract, state=WorkingState(), preferences=Preferences())


def differences(case: Case) -> list[str]:
    found = (one for one in dependencies.check(case) if one.code == "install-sources-differ")
    return [line for one in found for line in one.evidence]


def test_what_only_an_unused_list_has_is_said_where_every_start_imports_it(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask\n",
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["numpy", "six"]\n',
    }

    (found,) = (one for one in dependencies.check(case(tmp_path, files)) if one.code == "install-sources-differ")

    assert found == Finding(
        code="install-sources-differ",
        outcome=Outcome.NOTE,
        message="the target installs from requirements.txt; other lists of the service say something else",
        location=Location("requirements.txt"),
        evidence=("pyproject.toml:3: numpy is listed only there, and every start imports numpy",),
        remedy="keep one list, or make the others say what requirements.txt says",
    )


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        (
            {"requirements.txt": "flask==3.0\nnumpy\n", "setup/requirements.txt": "flask==2.0\n"},
            [],
        ),
        (
            {"requirements.txt": "flask>=3\nnumpy\n", "requirements-prod.txt": "flask==2.3.3\n"},
            ["requirements-prod.txt:1: flask==2.3.3, but requirements.txt:1: flask>=3"],
        ),
        ({"requirements.txt": "flask\n", "requirements-dev.txt": "numpy\nflask==1.0\n"}, []),
        ({"requirements.txt": "flask>=3\nnumpy\n", "pyproject.toml": PROJECT}, []),
        (
            {"requirements.txt": "flask==3.0.1\nnumpy\n", "uv.lock": UV_LOCK.format(specifier=">=3")},
            ["uv.lock: flask 3.0.0, but requirements.txt:1: flask==3.0.1"],
        ),
        ({"requirements.txt": "flask>=3\nnumpy\n", "uv.lock": UV_LOCK.format(specifier=">=3")}, []),
        (
            {
                "requirements.txt": "flask\n",
                "environment.yml": "name: x\nchannels: [conda-forge]\ndependencies:\n  - python=3.12\n"
                "  - conda-forge::numpy=1.26.4=py312\n  - pip:\n      - flask==3.0\n",
            },
            ["environment.yml:5: conda-forge::numpy=1.26.4=py312 is listed only there, and every start imports numpy"],
        ),
        ({"requirements.txt": "flask\nnumpy\n", "environment.yml": "- no\n- mapping\n"}, []),
    ],
)
def test_lists_that_differ_in_what_matters(tmp_path: Path, files: dict[str, str], lines: list[str]) -> None:
    assert differences(case(tmp_path, files)) == lines


def test_what_a_lock_brings_is_installed(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "numpy"\nversion = "2.0"\n'
    files = {
        "pyproject.toml": '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nflask = "*"\n',
        "poetry.lock": lock,
        "requirements.txt": "numpy\n",
    }

    assert differences(case(tmp_path, files, build="poetry install")) == []


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("uv sync --frozen", "uv.lock was not made from pyproject.toml as it is now: `uv sync --frozen` installs what"),
        ("uv sync", "uv.lock was not made from pyproject.toml as it is now: `uv sync` resolves anew"),
        ("uv sync --locked", ""),
    ],
)
def test_a_stale_lock_is_a_warning_unless_the_tool_refuses_it(tmp_path: Path, build: str, said: str) -> None:
    files = {"pyproject.toml": PROJECT, "uv.lock": UV_LOCK.format(specifier=">=2")}

    found = list(stale_locks.problems(subject.of(case(tmp_path, files, build=build))))

    assert [(one.code, one.outcome, str(one.location)) for one in found] == (
        [("lockfile-out-of-date", Outcome.WARNING, "uv.lock")] if said else []
    )
    assert all(one.message.startswith(said) for one in found)


def test_a_fresh_lock_is_worth_no_word(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT, "uv.lock": UV_LOCK.format(specifier=">=3")}

    assert list(stale_locks.problems(subject.of(case(tmp_path, files, build="uv sync")))) == []


@pytest.mark.parametrize(
    ("build", "is_told"),
    [("pipenv install", True), ("pipenv sync", True), ("pipenv install --deploy", False), (PIP, False)],
)
def test_a_stale_lock_of_pipenv(tmp_path: Path, build: str, *, is_told: bool) -> None:
    lock = {"_meta": {"hash": {"sha256": "0" * 64}}, "default": {}, "develop": {}}
    files = {"Pipfile": '[packages]\nflask = "*"\n', "Pipfile.lock": json.dumps(lock), "requirements.txt": ""}

    found = list(stale_locks.problems(subject.of(case(tmp_path, files, build=build))))

    assert bool(found) is is_told


def test_a_fresh_lock_of_pipenv_is_worth_no_word(tmp_path: Path) -> None:
    digest = _pipenv_hash({"packages": {"flask": "*"}}, with_categories=True)
    lock = {"_meta": {"hash": {"sha256": digest}}, "default": {}, "develop": {}}
    files = {"Pipfile": '[packages]\nflask = "*"\n', "Pipfile.lock": json.dumps(lock)}

    assert list(stale_locks.problems(subject.of(case(tmp_path, files, build="pipenv install")))) == []


FORMS = {
    "requirements.txt": (
        "\ufeff--index-url https://example.com/simple\r\n-r base.txt\r\n-c limits.txt\r\n-e .\r\n"
        "uvicorn[standard]>=0.30 ; python_version >= '3.9'  # the server\r\n"
        "six==1.16.0 \\\r\n    --hash=sha256:00\r\n"
        "tool @ https://example.com/tool-1.0-py3-none-any.whl\r\n"
        "git+https://example.com/other.git@main#egg=other\r\n"
    ),
    "base.txt": "flask\n",
    "limits.txt": "flask<4\nnumpy<2\n",
}


def test_every_form_of_a_requirements_file_is_read(tmp_path: Path) -> None:
    declared = requirements.read(case(tmp_path, FORMS))

    installed = {listed.line.name: str(listed.location) for listed in declared.installed}
    assert installed == {
        "flask": "base.txt:1",
        "": "requirements.txt:4",
        "uvicorn": "requirements.txt:5",
        "six": "requirements.txt:6",
        "tool": "requirements.txt:8",
        "other": "requirements.txt:9",
    }


@pytest.mark.parametrize(
    ("build", "files", "names"),
    [
        (
            "uv sync --no-dev",
            {"pyproject.toml": f'{PROJECT}[dependency-groups]\ndev = ["ruff"]\n', "uv.lock": ""},
            {"flask"},
        ),
        (
            "poetry install --only main",
            {"pyproject.toml": POETRY},
            {"flask"},
        ),
        ("pip install -e . && pip install gunicorn", {"pyproject.toml": PROJECT}, {"gunicorn", "flask"}),
        ("pip install .", {"pyproject.toml": PROJECT}, {"flask"}),
        (
            "cd back && pip install './lib[fast]'",
            {"back/lib/pyproject.toml": PROJECT + EXTRAS},
            {"flask", "six"},
        ),
        (PIP, {"requirements.txt": "-e .\n", "pyproject.toml": PROJECT}, {"flask"}),
        ("pipenv install --deploy", {"Pipfile": '[packages]\nflask = "*"\n[dev-packages]\nruff = "*"\n'}, {"flask"}),
        (
            "./build.sh",
            {"build.sh": "#!/bin/sh\ncd back && pip install -r r.txt\n", "back/r.txt": "flask\n"},
            {"flask"},
        ),
        (
            "uv pip install --system -r requirements.txt gunicorn",
            {"requirements.txt": "flask\n"},
            {"flask", "gunicorn"},
        ),
        ("pip install pdm && pdm install", {"pyproject.toml": PROJECT}, {"pdm"}),
    ],
)
def test_every_way_to_install_is_read(tmp_path: Path, build: str, files: dict[str, str], names: set[str]) -> None:
    assert requirements.read(case(tmp_path, files, build=build)).names == names


def test_a_tool_that_is_not_known_may_install_any_list(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT}

    assert differences(case(tmp_path, files, build="pip install pdm && pdm install")) == []
