"""Real builds: what the build command sees, what it leaves behind, and what is kept between runs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy_suite.environments import execute_bits, registry, store
from deploy_suite.environments.consistency import problems, unknown_extras
from deploy_suite.errors import CannotCheckError, MachineError
from deploy_suite.manifests import requirements_file
from deploy_suite.model.environment import BuildFailure, Environment, Interpreter, Preferences, RefusalKind
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Caller
from tests.integration.environment_stage import Stage, bound, contract, project, run, waited_for

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def stage(cache: Path) -> Iterator[Stage]:
    with run(cache) as ports:
        yield Stage(ports)


def python(environment: Environment, code: str) -> str:
    """Return what *code* prints in the environment, where a process of the service would run."""
    done = subprocess.run(
        (str(environment.python), "-c", code),
        cwd=environment.workdir,
        env={"PATH": environment.search_path, "HOME": str(environment.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip()


def has(stage: Stage, series: str) -> Interpreter:
    found = [one for one in stage.ports.interpreters.installed() if one.series == series]
    if not found:
        pytest.skip(f"this machine has no Python {series}")
    return found[0]


class TestWhatABuildSees:
    """The contract and nothing else."""

    def test_making_the_environment_once_more_where_it_is_changes_nothing(self, stage: Stage, tmp_path: Path) -> None:
        agreed = contract(
            "cd /opt/render/project/src && python -m venv .venv && . .venv/bin/activate && bash say.sh > seen.txt"
        )
        script = "/opt/render/project/src/.venv/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'\n"

        built = stage.built(project(tmp_path / "p", {"app.py": "", "say.sh": script}), agreed)

        assert (built.workdir / "seen.txt").read_text() == "True\n"

    def test_variables_path_and_home_are_the_contracts_own(
        self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LEAK", "from the caller")
        monkeypatch.setenv("PIP_INDEX_URL_OF_MINE", "x")
        agreed = contract(
            "env > seen.txt; pwd >> seen.txt", variables={"MINE": "1", "VENV_ROOT": "/opt/render/project/src/.venv"}
        )

        built = stage.built(project(tmp_path / "p", {"app.py": ""}), agreed)

        seen = (built.workdir / "seen.txt").read_text()
        values = dict(line.partition("=")[::2] for line in seen.splitlines() if "=" in line)
        assert set(values) - {"PWD", "SHLVL", "_", "OLDPWD", "APT_CONFIG"} == {
            "LANG",
            "VIRTUAL_ENV",
            "BASH_ENV",
            "MINE",
            "VENV_ROOT",
            "PATH",
            "HOME",
        }
        assert values["MINE"] == "1"
        assert values["VENV_ROOT"].endswith("/src/.venv")
        assert Path(values["HOME"]) != Path.home()
        assert str(Path(sys.executable).parent) not in values["PATH"].split(":")

    @pytest.mark.skipif(not Path("/usr/bin/apt-config").exists(), reason="this machine has no apt")
    def test_apt_only_simulates_also_by_its_whole_path(self, stage: Stage, tmp_path: Path) -> None:
        built = stage.built(
            project(tmp_path / "p", {"app.py": ""}), contract("/usr/bin/apt-config dump APT::Get::Simulate")
        )

        assert built.log.splitlines() == ['APT::Get::Simulate "true";']

    def test_no_python_program_of_this_machine_hides_a_missing_one(self, stage: Stage, tmp_path: Path) -> None:
        agreed = contract("command -v git sh; command -v gunicorn pytest pyenv virtualenv; which -a python3")

        built = stage.built(project(tmp_path / "p", {"app.py": ""}), agreed)

        lines = [Path(line) for line in built.log.split()]
        assert [line.name for line in lines] == ["git", "sh", "python3", "python3"]
        assert {line.parent.name for line in lines[:3]} <= {"stand-ins", Path(built.search_path.split(":")[-1]).name}
        assert lines[3] == Path(".venv/bin/python3")

    def test_dot_venv_is_the_environment_in_the_service_and_at_the_top(self, stage: Stage, tmp_path: Path) -> None:
        agreed = contract(
            ".venv/bin/python -c 'import sys; print(sys.prefix)' && ls ../.venv/bin/python", root="backend"
        )

        built = stage.built(project(tmp_path / "p", {"backend/app.py": ""}), agreed)

        assert built.log.splitlines()[1] == "../.venv/bin/python"
        assert (built.workdir / ".venv").resolve() == built.venv.resolve()
        assert (built.top / ".venv").resolve() == built.venv.resolve()

    def test_a_script_runs_as_it_stands(self, stage: Stage, tmp_path: Path) -> None:
        script = "#!/usr/bin/env bash\nset -o errexit\npip install -r requirements.txt\npython -c 'import six'\n"
        files = {"build.sh": script, "requirements.txt": "six==1.16.0\n"}

        built = stage.built(project(tmp_path / "p", files), contract("./build.sh"))

        assert built.packages["six"] == "1.16.0"
        assert built.requirement_files == ("requirements.txt",)

    def test_an_unset_execute_bit_is_lent_in_the_copy_and_known_to_be_unset(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"build.sh": "#!/bin/sh\ntouch made\n"})
        (snapshot.folder / "build.sh").chmod(0o644)

        built = stage.built(snapshot, contract("./build.sh"))

        assert (built.workdir / "made").is_file()
        assert execute_bits.missing(contract("./build.sh"), snapshot.folder) == ("build.sh",)


class TestWhatIsInstalled:
    """An environment as `python -m venv` makes it, and pip's answers by uv."""

    def test_python_3_11_carries_its_setuptools_and_3_12_does_not(self, stage: Stage, tmp_path: Path) -> None:
        has(stage, "3.11")
        has(stage, "3.12")
        snapshot = project(tmp_path / "p", {"app.py": ""})

        older = stage.built(snapshot, contract("true", python="3.11"))
        newer = stage.built(snapshot, contract("true", python="3.12"))

        assert older.packages["setuptools"] == "65.5.0"
        assert python(older, "import pkg_resources; print('there')") == "there"
        assert set(newer.packages) == {"pip"}
        assert "No module named 'pkg_resources'" in python(newer, "import pkg_resources")

    def test_of_files_that_two_packages_bring_those_lie_there_that_pip_leaves(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        """python-env brings a `dotenv/__init__.py` too, and another one."""
        listed = "python-dotenv==1.2.2\npython-env==1.0.0\n"
        snapshot = project(tmp_path / "p", {"requirements.txt": listed})
        agreed = contract("pip install -r requirements.txt")

        fast = stage.built(snapshot, agreed)
        real = stage.built(snapshot, agreed, preferences=Preferences(real_pip=True))

        there = "import dotenv, pathlib; print(pathlib.Path(dotenv.__file__).read_text())"
        assert "load_dotenv" in python(fast, there)
        assert python(fast, there) == python(real, there)

    def test_real_pip_makes_the_same_environment(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"requirements.txt": "httpx\n"})
        agreed = contract("pip install -r requirements.txt")

        fast = stage.built(snapshot, agreed)
        real = stage.built(snapshot, agreed, preferences=Preferences(real_pip=True))

        assert fast.packages == real.packages
        assert fast.key != real.key
        assert "Successfully installed" in real.log
        assert "Successfully installed" not in fast.log

    def test_python_m_pip_and_utf_16_requirements_are_installed_as_pip_does(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"app.py": ""})
        (snapshot.folder / "requirements.txt").write_bytes("six==1.16.0\n".encode("utf-16"))

        built = stage.built(snapshot, contract("python -m pip install -r requirements.txt"))

        assert built.packages["six"] == "1.16.0"

    def test_a_call_that_only_pip_understands_is_made_by_pip(self, stage: Stage, tmp_path: Path) -> None:
        agreed = contract("pip install --report report.json six==1.16.0 && pip check")

        built = stage.built(project(tmp_path / "p", {"app.py": ""}), agreed)

        assert json.loads((built.workdir / "report.json").read_text())["install"][0]["metadata"]["name"] == "six"

    def test_the_services_own_index_variables_count(self, stage: Stage, tmp_path: Path) -> None:
        agreed = contract("pip install six", variables={"PIP_NO_INDEX": "1"})

        failure = stage.failed(project(tmp_path / "p", {"app.py": ""}), agreed)

        assert failure.command == "pip install six"

    def test_conflicts_and_unknown_extras_are_found_afterwards(self, stage: Stage, tmp_path: Path) -> None:
        files = {"requirements.txt": "gunicorn[uvicorn]==21.2.0\n"}
        agreed = contract("pip install -r requirements.txt && pip install --no-deps httpx==0.27.0 h11==0.8")

        built = stage.built(project(tmp_path / "p", files), agreed)

        lines = requirements_file.load(tmp_path / "p", "requirements.txt")[0].requirements
        extras = unknown_extras(built, [line.requirement for line in lines if line.requirement])
        assert [problem.wanted for problem in extras] == ["uvicorn"]
        assert {problem.wanted for problem in problems(built)} >= {"anyio", "httpcore", "certifi"}


class TestProjectsOfOtherTools:
    """uv, Poetry and Pipenv in the versions that the target brings."""

    def test_poetry_of_the_contracts_version_installs_from_its_lock(self, stage: Stage, tmp_path: Path) -> None:
        files = {
            "pyproject.toml": '[tool.poetry]\nname = "x"\nversion = "1"\ndescription = ""\nauthors = []\n'
            'package-mode = false\n[tool.poetry.dependencies]\npython = ">=3.9"\nsix = "1.16.0"\n'
        }
        agreed = contract(
            "poetry --version && poetry lock && poetry install", tools={"poetry": "2.1.3"}, start="poetry run x"
        )

        built = stage.built(project(tmp_path / "p", files), agreed)

        assert "Poetry (version 2.1.3)" in built.log
        assert built.packages["six"] == "1.16.0"
        assert "poetry" not in built.packages
        poetry = subprocess.run(
            ("poetry", "run", "python", "-c", "import sys; print(sys.prefix)"),
            cwd=built.workdir,
            env={"PATH": built.search_path, "HOME": str(built.home), "VIRTUAL_ENV": str(built.venv)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert Path(poetry.stdout.strip()).resolve() == built.venv.resolve()

    def test_a_tool_that_the_target_does_not_bring_is_not_found(self, stage: Stage, tmp_path: Path) -> None:
        failure = stage.failed(project(tmp_path / "p", {"app.py": ""}), contract("uv sync"))

        assert failure.code == 127

    def test_uv_installed_by_the_build_syncs_the_project(self, stage: Stage, tmp_path: Path) -> None:
        files = {
            "pyproject.toml": '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\n'
            'dependencies = ["six==1.16.0"]\n',
            ".python-version": "3.12.99\n",
        }

        built = stage.built(project(tmp_path / "p", files), contract("pip install uv && uv sync --no-dev"))

        assert built.packages["six"] == "1.16.0"

    def test_pipenv_installs_into_the_environment_that_is_there(self, stage: Stage, tmp_path: Path) -> None:
        files = {
            "Pipfile": '[[source]]\nurl = "https://pypi.org/simple"\nverify_ssl = true\nname = "pypi"\n'
            '[packages]\nsix = "==1.16.0"\n'
        }

        built = stage.built(project(tmp_path / "p", files), contract("pipenv install --skip-lock"))

        assert built.packages["six"] == "1.16.0"

    def test_an_editable_install_leads_to_each_runs_own_copy(self, stage: Stage, tmp_path: Path) -> None:
        files = {
            "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
            '[project]\nname = "own"\nversion = "1"\n',
            "src/own/__init__.py": "",
        }
        snapshot = project(tmp_path / "p", files)
        agreed = contract("pip install -e .")

        first, second = stage.built(snapshot, agreed), stage.built(snapshot, agreed)

        assert (first.is_reused, second.is_reused) == (False, True)
        for built in (first, second):
            assert python(built, "import own; print(own.__file__)") == str(built.top / "src/own/__init__.py")


class TestWhatIsKept:
    """The same content is built once."""

    def test_the_second_build_costs_the_question_to_the_index_alone(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"requirements.txt": "six\n", "app.py": ""})
        agreed = contract("pip install -r requirements.txt")
        first = stage.built(snapshot, agreed)
        plan = registry.planned(agreed, snapshot, bound(agreed), Preferences(), stage.ports)

        begun: list[str] = []
        second = registry.built(plan, begins=lambda: begun.append("a build"))

        assert isinstance(second, Environment)
        assert (first.key, second.is_reused, second.venv) == (second.key, True, first.venv)
        assert begun == []
        assert second.top != first.top
        (second.workdir / "app.py").write_text("changed")
        assert (first.workdir / "app.py").read_text() == (snapshot.folder / "app.py").read_text() == ""

    def test_what_uv_fetched_beyond_the_limit_goes_and_the_environment_stays(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(store.LIMIT_VARIABLE, "1K")
        with run(tmp_path / "cache") as ports:
            own = Stage(ports)
            built = own.built(
                project(tmp_path / "p", {"requirements.txt": "six==1.16.0\n"}),
                contract("pip install -r requirements.txt"),
            )

            assert python(built, "import six; print(six.__version__)") == "1.16.0"
            assert not list((ports.workplace.cache / "uv").glob("archive-v*/*/six.py"))

    def test_a_change_of_code_alone_needs_no_build_but_one_of_requirements_does(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        agreed = contract("pip install -r requirements.txt")
        first = stage.built(project(tmp_path / "a", {"requirements.txt": "six\n", "app.py": "1"}, tree="a"), agreed)
        code = stage.built(project(tmp_path / "b", {"requirements.txt": "six\n", "app.py": "2"}, tree="b"), agreed)
        other = stage.built(
            project(tmp_path / "c", {"requirements.txt": "six<1.17\n", "app.py": "2"}, tree="c"), agreed
        )

        assert [built.is_reused for built in (first, code, other)] in ([True, True, False], [False, True, False])
        assert (code.workdir / "app.py").read_text() == "2"

    def test_what_a_build_writes_is_kept_for_the_same_tree_only(self, stage: Stage, tmp_path: Path) -> None:
        agreed = contract("cp app.py built.py; echo x > $HOME/left")
        first = stage.built(project(tmp_path / "a", {"app.py": "1"}, tree="a1"), agreed)
        (first.workdir / "built.py").write_text("spoilt by the service")
        again = stage.built(project(tmp_path / "a", {"app.py": "1"}, tree="a1"), agreed)
        other = stage.built(project(tmp_path / "b", {"app.py": "2"}, tree="a2"), agreed)

        assert [built.is_reused for built in (first, again, other)] == [False, True, False]
        assert [(built.workdir / "built.py").read_text() for built in (again, other)] == ["1", "2"]
        assert (again.home / "left").read_text() == "x\n"
        assert not (again.home / ".config").exists()

    def test_a_build_that_writes_to_a_database_is_done_in_each_run(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"migrate.py": "open('migrated', 'w').close()\n"})
        agreed = contract("python migrate.py", databases={"db": ""})

        first, second = stage.built(snapshot, agreed), stage.built(snapshot, agreed)

        assert (first.key, first.is_reused, second.is_reused) == (second.key, False, False)
        assert (second.workdir / "migrated").exists()

    def test_fresh_reuses_nothing(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"requirements.txt": "six\n"})
        agreed = contract("pip install -r requirements.txt")
        stage.built(snapshot, agreed)

        assert not stage.built(snapshot, agreed, preferences=Preferences(fresh=True)).is_reused

    def test_two_runs_at_once_build_it_once(self, cache: Path, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"count.sh": "#!/bin/sh\nsleep 1; echo built >> ../../../../count\n"})
        agreed = contract("./count.sh", variables={"DIFFERENT": "two at once"})
        outcomes: list[Environment] = []

        def one() -> None:
            with run(cache) as ports:
                outcomes.append(Stage(ports).built(snapshot, agreed))

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(built.is_reused for built in outcomes) == [False, True]
        assert outcomes[0].venv == outcomes[1].venv

    def test_a_build_that_was_killed_half_way_is_wiped_and_done_anew(self, cache: Path, tmp_path: Path) -> None:
        marker = tmp_path / "pid"
        snapshot = project(
            tmp_path / "p", {"slow.sh": f"#!/bin/sh\necho $$ > {marker}\n[ -e {marker}.go ] || sleep 60\n"}
        )
        script = (
            "import sys, pathlib\n"
            "from tests.integration.environment_stage import *\n"
            f"with run(pathlib.Path({str(cache)!r})) as ports:\n"
            f"    Stage(ports).build(project(pathlib.Path({str(snapshot.folder)!r}), {{}}), contract('./slow.sh'))\n"
        )
        suite = subprocess.Popen((sys.executable, "-c", script), cwd=Path(__file__).parents[2])
        builder = int(waited_for(marker))
        suite.send_signal(signal.SIGKILL)
        suite.wait()
        Path(f"{marker}.go").touch()

        with run(cache) as ports:
            built = Stage(ports).built(snapshot, contract("./slow.sh"))

        assert not built.is_reused
        assert not psutil.pid_exists(builder)

    def test_what_a_failed_build_left_is_gone(self, stage: Stage, cache: Path, tmp_path: Path) -> None:
        before = set((cache / "cache/environments").glob("*"))

        stage.failed(project(tmp_path / "p", {"app.py": "fails"}, tree="fails"), contract("touch x && false"))

        assert set((cache / "cache/environments").glob("*")) == before

    def test_the_cache_keeps_its_limit(self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(store.LIMIT_VARIABLE, "1K")
        with run(cache) as ports:
            old = Stage(ports).built(project(tmp_path / "a", {"a": ""}, tree="old"), contract("touch old"))
            then = time.time() - 24 * 3600
            os.utime(old.venv.parent / "complete.json", (then, then))
            new = Stage(ports).built(project(tmp_path / "b", {"b": ""}, tree="new"), contract("touch new"))

            assert not old.venv.exists()
            assert new.venv.exists()


class TestWhatGoesWrong:
    """Whose fault it is, and what is left behind."""

    def test_a_build_that_never_ends_is_ended_with_all_that_it_started(self, stage: Stage, tmp_path: Path) -> None:
        pids = tmp_path / "pids"
        command = (
            f"(sleep 300 & echo $! >> {pids}; setsid sleep 300 & echo $! >> {pids}; wait) & echo $$ >> {pids}; wait"
        )
        began = time.monotonic()

        failure = stage.failed(project(tmp_path / "p", {"app.py": ""}), contract(command, limit_s=2))

        assert failure.timed_out
        assert time.monotonic() - began < 200
        assert not any(psutil.pid_exists(int(pid)) for pid in pids.read_text().split())

    @pytest.mark.parametrize(
        ("requirements", "kind"),
        [
            ("six==1.16.0\nsix-that-nobody-ever-wrote==1\n", RefusalKind.UNKNOWN_NAME),
            ("six==99.0\n", RefusalKind.UNKNOWN_VERSION),
            ("tensorflow==2.10.0\n", RefusalKind.OTHER_PYTHON),
            ("mysqlclient==1.3.0\n", RefusalKind.CANNOT_BUILD),
        ],
    )
    def test_the_requirement_that_cannot_be_had_is_named(
        self, stage: Stage, tmp_path: Path, requirements: str, kind: RefusalKind
    ) -> None:
        snapshot = project(tmp_path / "p", {"requirements.txt": requirements})

        failure = stage.failed(snapshot, contract("pip install -r requirements.txt"))

        assert failure.resolution is not None
        refused = [(refusal.kind, str(refusal.location)) for refusal in failure.resolution.refusals]
        assert refused == [(kind, f"requirements.txt:{len(requirements.splitlines())}")]
        assert failure.command == "pip install -r requirements.txt"

    def test_what_uv_only_did_not_find_comes_with_pips_own_words(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"requirements.txt": "starlette>=9999\n"})

        failure = stage.failed(snapshot, contract("pip install -r requirements.txt"))

        assert "No matching distribution found for starlette>=9999" in failure.log

    def test_a_conflict_comes_with_the_resolvers_account_and_pip_is_not_asked(
        self, stage: Stage, tmp_path: Path
    ) -> None:
        snapshot = project(tmp_path / "p", {"requirements.txt": "fastapi==0.115.6\nstarlette==0.30.0\n"})

        failure = stage.failed(snapshot, contract("pip install -r requirements.txt"))

        assert failure.resolution is not None
        assert "fastapi==0.115.6 depends on starlette>=0.40.0,<0.42.0" in failure.resolution.conflict
        assert "your requirements are unsatisfiable" in failure.log
        assert "ResolutionImpossible" not in failure.log
        assert str(stage.ports.workplace.cache) not in failure.log

    def test_an_index_out_of_reach_is_this_machines_fault(self, cache: Path, tmp_path: Path) -> None:
        dead = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "UV_HTTP_TIMEOUT": "2", "PIP_RETRIES": "0"}
        settings = Caller(installer_settings={name: Secret(value) for name, value in dead.items()})
        snapshot = project(tmp_path / "p", {"requirements.txt": "six==1.15.0\n"})

        with run(cache, taken_over=settings) as ports, pytest.raises(MachineError, match="package index"):
            Stage(ports).build(snapshot, contract(f"touch {tmp_path}/begun && pip install -r requirements.txt"))

        assert not (tmp_path / "begun").exists()  # what asks in vain need not be asked for minutes by a build

    def test_another_host_out_of_reach_means_that_it_cannot_be_checked_here(self, stage: Stage, tmp_path: Path) -> None:
        snapshot = project(tmp_path / "p", {"app.py": ""})

        with pytest.raises(CannotCheckError, match=r"nowhere\.invalid"):
            stage.build(snapshot, contract("curl -fsS https://nowhere.invalid/install.sh | sh; no-such-program"))

    def test_a_python_that_this_machine_lacks_cannot_be_checked(self, stage: Stage, tmp_path: Path) -> None:
        with pytest.raises(CannotCheckError, match=r"no Python 3\.99"):
            stage.build(project(tmp_path / "p", {"app.py": ""}), contract("true", python="3.99.1"))

    def test_a_failure_is_a_value_and_says_which_call_failed(self, stage: Stage, tmp_path: Path) -> None:
        failure = stage.failed(project(tmp_path / "p", {"app.py": ""}), contract("echo out; echo err >&2; exit 3"))

        assert isinstance(failure, BuildFailure)
        assert (failure.code, failure.log, failure.command, failure.timed_out) == (3, "out\nerr\n", "", False)
