"""uv and its fallback make what `python -m venv` makes and ask the index; the machine's Pythons are found."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_suite.adapters.interpreters import SystemInterpreters
from deploy_suite.environments import packages, reach, seeds, uv, virtualenv
from deploy_suite.environments.base import Answer, Installer, Question, Workshop
from deploy_suite.environments.registry import INSTALLERS
from deploy_suite.errors import MachineError
from deploy_suite.model.environment import Interpreter
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Caller, Ports
from tests.integration.environment_stage import Stage, contract, project, run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def ports(cache: Path) -> Iterator[Ports]:
    with run(cache) as found:
        yield found


def workshop(ports: Ports, folder: Path, series: str = "3.12") -> Workshop:
    found = [one for one in ports.interpreters.installed() if one.series == series]
    if not found:
        pytest.skip(f"this machine has no Python {series}")
    folder.mkdir(exist_ok=True)
    return Workshop(ports=ports, interpreter=found[0], folder=folder)


EACH = pytest.mark.parametrize("installer", INSTALLERS.values(), ids=INSTALLERS)


@EACH
@pytest.mark.parametrize("series", ["3.9", "3.11", "3.12", "3.13"])
def test_a_new_environment_holds_what_python_m_venv_would_put_there(
    installer: Installer, series: str, ports: Ports, tmp_path: Path
) -> None:
    shop = workshop(ports, tmp_path / "shop", series)
    subprocess.run((str(shop.interpreter.path), "-m", "venv", str(tmp_path / "standard")), check=True)

    installer.create(tmp_path / "ours", seeds.of(shop), shop)

    assert packages.installed(tmp_path / "ours") == packages.installed(tmp_path / "standard")
    assert not list(packages.site_packages(tmp_path / "ours").glob("*/direct_url.json"))
    asked = (str(tmp_path / "ours/bin/python"), "-c", "import sys; print(sys.prefix); print(sys.base_prefix)")
    prefix, base = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    assert Path(prefix) == tmp_path / "ours"
    assert Path(base) == shop.interpreter.path.parents[1]


@EACH
def test_the_index_tells_versions_and_what_must_be_built(installer: Installer, ports: Ports, tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("httpx==0.27.0\n")
    question = Question(folder=tmp_path, files=(str(tmp_path / "r.txt"),), requirements=("docopt==0.6.2",))

    answer = installer.resolve(question, workshop(ports, tmp_path / "shop"))

    assert answer.is_answer
    assert (answer.versions["httpx"], answer.versions["docopt"]) == ("0.27.0", "0.6.2")
    assert {"anyio", "httpcore", "certifi"} <= answer.versions.keys()
    assert answer.from_source == {"docopt"}


@EACH
def test_a_question_that_cannot_be_put_is_no_answer(installer: Installer, ports: Ports, tmp_path: Path) -> None:
    question = Question(folder=tmp_path, files=(str(tmp_path / "absent.txt"),))

    assert installer.resolve(question, workshop(ports, tmp_path / "shop")) == Answer(is_answer=False)


@EACH
def test_an_index_that_does_not_answer_is_noticed(installer: Installer, cache: Path, tmp_path: Path) -> None:
    dead = {"PIP_INDEX_URL": Secret("http://127.0.0.1:9/simple"), "PIP_RETRIES": Secret("0")}
    with run(cache) as ports:
        assert installer.reaches_index(workshop(ports, tmp_path / "a"))
    with run(cache, taken_over=Caller(installer_settings=dead)) as ports:
        assert not installer.reaches_index(workshop(ports, tmp_path / "b"))
        with pytest.raises(MachineError, match="the package index cannot be reached"):
            reach.blame_index(installer, workshop(ports, tmp_path / "b"))


def test_both_make_the_same_environment_of_a_project(ports: Ports, tmp_path: Path) -> None:
    snapshot = project(tmp_path / "p", {"requirements.txt": "httpx\n", "app.py": ""})
    agreed = contract("pip install -r requirements.txt")

    fast = Stage(ports).built(snapshot, agreed, installer=uv)
    slow = Stage(ports).built(snapshot, agreed, installer=virtualenv)
    again = Stage(ports).built(snapshot, agreed, installer=virtualenv)

    assert fast.packages == slow.packages
    assert fast.key != slow.key
    assert (slow.is_reused, again.is_reused) == (False, True)


def test_a_build_that_empties_the_caches_of_its_installers_leaves_those_of_other_projects(
    ports: Ports, tmp_path: Path
) -> None:
    ours = [ports.workplace.cache / name / "http/kept" for name in ("uv", "pip")]
    for path in ours:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of another project")

    built = Stage(ports).built(
        project(tmp_path / "p", {"app.py": ""}),
        contract("pip install uv && uv cache clean && pip cache purge && uv cache prune --ci"),
    )

    assert built.python.exists()
    assert [path.read_text() for path in ours] == ["of another project"] * 2


def test_a_start_that_empties_the_cache_of_uv_leaves_that_of_other_projects(ports: Ports, tmp_path: Path) -> None:
    kept = ports.workplace.cache / "uv/http/kept"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("of another project")
    built = Stage(ports).built(project(tmp_path / "p", {"app.py": ""}), contract("pip install uv"))

    environment = {name: text for name, text in built.process_environment({}).items() if isinstance(text, str)}
    told = [
        subprocess.run(
            ("sh", "-c", command), env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()
        for command in (
            "uv cache clean",
            "uv --quiet cache prune --ci",
            "uv cache dir",
            "uv run --no-project printenv UV_CACHE_DIR",
        )
    ]

    assert kept.read_text() == "of another project"
    assert (ports.workplace.cache in Path(told[2]).parents, told[3]) == (False, str(ports.workplace.cache / "uv"))


def test_poetry_works_without_uv(ports: Ports, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
        'dependencies = ["six==1.16.0"]\n'
        "[tool.poetry]\npackage-mode = false\n"
    }
    agreed = contract("poetry lock && poetry install", tools={"poetry": "2.1.3"})

    built = Stage(ports).built(project(tmp_path / "p", files), agreed, installer=virtualenv)

    assert built.packages["six"] == "1.16.0"


def test_this_interpreter_is_found_and_answers_are_remembered(tmp_path: Path) -> None:
    cache = tmp_path / "cache/interpreters.json"
    version = ".".join(map(str, sys.version_info[:3]))

    first = SystemInterpreters(cache=cache).installed()
    second = SystemInterpreters(cache=cache).installed()

    assert version in {one.version for one in first}
    assert second == first
    assert json.loads(cache.read_text())
    assert len({one.version for one in first}) == len(first)


def test_an_environments_python_stands_for_its_base(tmp_path: Path) -> None:
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")), check=True)
    path = f"{tmp_path}/venv/bin"

    found = SystemInterpreters({"PATH": path, "PYENV_ROOT": str(tmp_path)}, home=tmp_path).installed()

    assert not [one for one in found if one.path.is_relative_to(tmp_path)]


def test_programs_that_are_no_usable_python_are_passed_over(tmp_path: Path) -> None:
    for name, text in {
        "python3": "#!/bin/sh\nexit 127\n",
        "python3.12": "#!/bin/sh\necho nonsense\n",
        "python": "",
    }.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "versions/3.99.1/bin").mkdir(parents=True)
    fake = tmp_path / "versions/3.99.1/bin/python"
    fake.write_text(f"#!/bin/sh\necho {fake}\necho 3.99.1\n")
    fake.chmod(0o755)

    found = SystemInterpreters({"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}, home=tmp_path).installed()

    assert [one for one in found if one.path.is_relative_to(tmp_path)] == [Interpreter(path=fake, version="3.99.1")]
