"""Entry points imported in real environments by the real runner, in a closed network where the system has one."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite import wiring
from deploy_suite.adapters.workplace import ROOT_VARIABLE
from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.dependencies import rehearsed_import
from deploy_suite.environments import packages
from deploy_suite.model.contract import (
    Bindings,
    Contract,
    Limits,
    Literal,
    Prompted,
    PythonRequest,
    ServiceKind,
    Source,
    Variable,
)
from deploy_suite.model.environment import Environment, Interpreter, Preferences
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Commit, Snapshot
from deploy_suite.model.secret import Curtain, Secret
from deploy_suite.ports import Ports, WorkingState
from deploy_suite.project import entry_points
from tests.projects import write

pytestmark = pytest.mark.integration

SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSION = ".".join(str(part) for part in sys.version_info[:3])


@dataclass
class Project:
    """A project on disk with an environment of its own."""

    folder: Path
    venv: Path
    ports: Ports
    files: Mapping[str, str] = field(default_factory=dict)

    def has(self, files: Mapping[str, str]) -> "Project":
        """Write files of the project."""
        write(self.folder, files)
        return self

    def installs(self, name: str, version: str, files: Mapping[str, str], *, metadata: str = "") -> "Project":
        """Put a distribution into the environment."""
        site = packages.site_packages(self.venv)
        info = f"{name}-{version}.dist-info"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"
        record = "".join(f"{file},,\n" for file in [*files, f"{info}/METADATA"])
        write(site, {**files, f"{info}/METADATA": head, f"{info}/RECORD": record})
        return self

    def built(
        self,
        start: str,
        *,
        variables: Mapping[str, Source] | None = None,
        values: Mapping[str, str] | None = None,
        dummies: frozenset[str] = frozenset(),
        build: str = "pip install -r requirements.txt",
    ) -> Built:
        """Return the case of the project with its environment."""
        command = CommandText(text=start, location=Location("render.yaml", 6))
        place = Location("render.yaml", 3)
        contract = Contract(
            target="render",
            service="web",
            kind=ServiceKind.WEB,
            root=PurePosixPath(),
            python=PythonRequest(version=VERSION, origin="test"),
            variables=tuple(
                Variable(name=name, source=source, location=Location("render.yaml", 9))
                for name, source in (variables or {}).items()
            ),
            build=CommandText(text=build, location=Location("render.yaml", 5)),
            pre_deploy=None,
            start=command,
            entry=entry_points.from_command(command, folder=self.folder, root=PurePosixPath()),
            port=10000,
            port_is_movable=True,
            health_path="",
            host="web.onrender.com",
            memory_bytes=512 * 1024 * 1024,
            plan="free",
            limits=Limits(build_s=60, pre_deploy_s=60, start_s=60, health_request_s=5, shutdown_s=30),
            databases={},
            tool_versions={},
            location=place if variables is not None else None,
        )
        snapshot = Snapshot(commit=Commit(sha="0" * 40, tree="1" * 40, subject="x"), folder=self.folder)
        environment = Environment(
            key="0123456789abcdef",
            interpreter=Interpreter(path=Path(sys.executable), version=VERSION),
            venv=self.venv,
            workdir=self.folder,
            top=self.folder,
            packages=packages.installed(self.venv),
            search_path=f"{self.venv}/bin:/usr/bin:/bin",
            home=self.folder.parent,
            requirement_files=("requirements.txt",),
        )
        return Built(
            case=Case(snapshot=snapshot, contract=contract, state=WorkingState(), preferences=Preferences()),
            environment=environment,
            bindings=Bindings(values={name: Secret(value) for name, value in (values or {}).items()}, dummies=dummies),
            server=None,
        )

    def findings(self, start: str = "gunicorn main:app", **options: object) -> tuple[Finding, ...]:
        """Return what confirming says."""
        return dependencies.confirm(self.built(start, **options), self.ports)  # type: ignore[arg-type]


def brief(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """Return outcome, code and place of each finding."""
    return [(f.outcome.value, f.code, str(f.location or "")) for f in findings]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        with wiring.opened(Curtain()) as ports:
            yield ports


@pytest.fixture
def project(tmp_path: Path, world: Ports) -> Project:
    folder, venv = tmp_path / "repository", tmp_path / "venv"
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    return Project(folder=folder, venv=venv, ports=world)


def test_a_missing_package_comes_with_its_chain_and_the_file_to_add_it_to(project: Project) -> None:
    project.has(
        {
            "requirements.txt": "fastapi\n",
            "requirements-dev.txt": "pytest\nnumpy>=1.24\n",
            "api/main.py": "\n" * 25 + "from api.assistant import router as assistant_router\napp = assistant_router\n",
            "api/assistant.py": "\n" * 16 + "from modules.assistant.services.vector_search import get_vector_search\n",
            "modules/assistant/services/vector_search.py": "\n" * 10 + "import numpy as np\n",
        }
    )

    found = project.findings("uvicorn api.main:app --host 0.0.0.0 --port $PORT")

    assert found == (
        Finding(
            code="missing-requirement:numpy",
            outcome=Outcome.FAILED,
            message="numpy is imported when the service starts, and no installed package provides it: it is listed in "
            "requirements-dev.txt:2, which the build command does not install",
            location=Location("modules/assistant/services/vector_search.py", 11),
            evidence=(
                "api/main.py:26 → api/assistant.py:17 → modules/assistant/services/vector_search.py:11 import numpy",
                "requirements-dev.txt:2: numpy>=1.24 is listed there, which the build does not install",
            ),
            remedy="add `numpy` to requirements.txt and commit it",
            reproduce="python -c 'import numpy'",
        ),
    )


def test_a_healthy_application_passes_with_nothing_else_to_say(project: Project) -> None:
    project.installs("Framework", "1.0", {"framework/__init__.py": "import engine\nclass App: ...\n"})
    project.installs("engine", "2.0", {"engine.py": ""})
    project.has(
        {
            "requirements.txt": "framework\n",
            "main.py": "import engine\nfrom framework import App\n"
            "try:\n    import ujson\nexcept ImportError:\n    ujson = None\n"
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
            "app = App()\n",
        }
    )

    (passed,) = project.findings()

    assert (passed.outcome, passed.code) == (Outcome.PASSED, "imports")
    assert passed.evidence == ("imported, but installed only because another requirement needs them: engine",)


ASKS_FIRST = """\
def has():
    try:
        import yaml
    except ImportError:
        return False
    return True
class Routes:
    def get(self, f): ...
@Routes().get
def index():
    return has() and report()
"""


@pytest.mark.parametrize(
    ("route", "outcome", "certainty"),
    [
        ("", Outcome.NOTE, "the service starts without it, and no route was seen to lead to that function"),
        (
            "class Routes:\n    def get(self, f): ...\n@Routes().get\ndef index():\n    return report()\n",
            Outcome.WARNING,
            "the service starts without it; index (main.py:7), which leads there, fails",
        ),
        (
            ASKS_FIRST,
            Outcome.NOTE,
            "uncertain: main.py:6 provides for its absence",
        ),
    ],
)
def test_a_package_that_only_a_function_imports_is_a_warning_where_a_route_leads_there(
    project: Project, route: str, outcome: Outcome, certainty: str
) -> None:
    project.has({"requirements.txt": "", "main.py": f"app = 1\ndef report():\n    import yaml\n{route}"})

    passed, told = project.findings()

    assert passed.outcome is Outcome.PASSED
    assert told == Finding(
        code="missing-requirement:pyyaml",
        outcome=outcome,
        message="yaml is imported inside a function, and no installed package provides it",
        location=Location("main.py", 3),
        evidence=("main.py:3 import yaml",),
        remedy="add `PyYAML` to requirements.txt and commit it",
        certainty=certainty,
        reproduce="python -c 'import yaml'",
    )


def test_what_a_use_needs_and_no_import_shows_is_a_warning(project: Project) -> None:
    source = "def read(text):\n    from bs4 import BeautifulSoup\n    return BeautifulSoup(text, 'lxml')\n"
    project.has({"requirements.txt": "framework\nbeautifulsoup4\n", "main.py": f"{source}app = 1\n"})
    project.installs("beautifulsoup4", "4.13.4", {"bs4/__init__.py": "class BeautifulSoup: ..."})

    told = [(found.outcome, found.code, str(found.location)) for found in project.findings()]

    assert (Outcome.WARNING, "missing-requirement:lxml", "main.py:3") in told


def test_an_ambiguous_name_names_all_that_provide_it(project: Project) -> None:
    project.has({"requirements.txt": "", "main.py": "import psycopg2\n"})

    (failed,) = project.findings()

    assert failed.remedy == (
        "add `psycopg2-binary` to requirements.txt and commit it "
        "(the name psycopg2 is provided by psycopg2-binary or psycopg2)"
    )


@pytest.mark.parametrize(
    ("files", "start", "expected"),
    [
        (
            {"main.py": "import mail_client\n"},
            "gunicorn main:app",
            [("failed", "missing-requirement:mail-client", "main.py:1")],
        ),
        (
            {"main.py": "from app.mail import send\n", "app/__init__.py": ""},
            "gunicorn main:app",
            [("failed", "module-not-pushed:app.mail", "main.py:1")],
        ),
        (
            {"main.py": "import rag.chunker\n", "backend/rag/chunker.py": ""},
            "gunicorn main:app",
            [("failed", "module-not-on-path:rag.chunker", "main.py:1")],
        ),
        ({"main.py": "x = 1\n"}, "gunicorn main:app", [("failed", "gunicorn-attribute-missing", "render.yaml:6")]),
        ({"main.py": "x = 1\n"}, "uvicorn other:app", [("failed", "uvicorn-module-path", "render.yaml:6")]),
        ({"app/main.py": "app = 1\n"}, "uvicorn app:app", [("failed", "uvicorn-module-path", "render.yaml:6")]),
        (
            {"main.py": "from one import b\napp = 1\n", "one.py": "a = 1\n"},
            "gunicorn main:app",
            [("failed", "import-name-missing", "main.py:1")],
        ),
        (
            {"main.py": "import one\n\napp = one.b\n", "one.py": "a = 1\n"},
            "gunicorn main:app",
            [("failed", "import-name-missing", "main.py:3")],
        ),
        ({"main.py": "def f(:\n"}, "gunicorn main:app", [("failed", "app-syntax-error", "main.py:1")]),
        (
            {"main.py": "import one\n", "one.py": "from two import b\na = 1\n", "two.py": "from one import a\nb = 1\n"},
            "gunicorn main:app",
            [("failed", "circular-import:one", "two.py:1")],
        ),
        (
            {"main.py": "import redis\napp = redis.Redis()\n", "redis.py": "from redis import Redis\n"},
            "gunicorn main:app",
            [("failed", "shadowed-module:redis", "redis.py")],
        ),
        ({"main.py": "from distutils import util\napp = 1\n"}, "gunicorn main:app", []),
        ({"main.py": "app = undefined\n"}, "gunicorn main:app", [("failed", "app-name-error", "main.py:1")]),
        (
            {"main.py": "import sys\nsys.exit('no')\n"},
            "gunicorn main:app",
            [("failed", "import-failed:SystemExit", "main.py:2")],
        ),
        (
            {"main.py": "import faulthandler\nfaulthandler._sigsegv()\n"},
            "gunicorn main:app",
            [("failed", "process-crashed-native", "main.py:2")],
        ),
        ({"main.py": "import os\nos._exit(3)\n"}, "gunicorn main:app", [("failed", "import-failed:crash", "")]),
    ],
)
def test_each_failure_has_its_own_name_and_place(
    project: Project, files: Mapping[str, str], start: str, expected: list[tuple[str, str, str]]
) -> None:
    project.has({"requirements.txt": "", **files})

    found = brief(project.findings(start))

    if not expected:
        expected = [("failed", "stdlib-removed:distutils", "main.py:1")]
        expected = expected if sys.version_info >= (3, 12) else [("passed", "imports", "render.yaml:6")]
    assert found == expected


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"main.py": "app = 1\nprint('x' * 1000 * 1000 * 20)\n"}, "gunicorn main:app"),
        ({"main.py": "import sys\nassert sys.stdin.read() == ''\napp = 1\n"}, "gunicorn main:app"),
        (
            {"main.py": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\napp = 1\n"},
            "gunicorn main:app",
        ),
        (
            {
                "main.py": "import os\nassert os.path.basename(os.getcwd()) == 'inner'\napp = 1\n",
                "inner/x": "",
                "inner/y.py": "",
            },
            "cd inner && uvicorn --app-dir .. main:app",
        ),
        (
            {"made.py": "def create_app(name, *, debug):\n    assert (name, debug) == ('live', False)\n"},
            "gunicorn \"made:create_app('live', debug=False)\"",
        ),
        ({"src/wsgi.py": "import helper\napplication = 1\n", "src/helper.py": ""}, "gunicorn wsgi --chdir src"),
        (
            {"run.py": "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 18123))\nraise RuntimeError\n"},
            "python run.py",
        ),
        ({"run.py": "import sys\nsys.exit(0)\n"}, "python run.py"),
        ({"trace.py": "app = 1\n", "driver.py": "", "requirements_.py": ""}, "gunicorn trace:app"),
        (
            {"main.py": "import logging\nlogging.basicConfig(level=0)\napp = 1\n", "json.py": "raise RuntimeError\n"},
            "gunicorn main:app",
        ),
    ],
)
def test_unusual_but_working_programs_pass(project: Project, files: Mapping[str, str], start: str) -> None:
    project.has({"requirements.txt": "", **files})

    assert [f.outcome for f in project.findings(start)] == [Outcome.PASSED]


def test_a_program_is_checked_behind_its_main_guard_too(project: Project) -> None:
    project.has(
        {"requirements.txt": "", "run.py": "if __name__ == '__main__':\n    import uvicorn\n    uvicorn.run('x')\n"}
    )

    assert brief(project.findings("python run.py"))[0] == ("failed", "missing-requirement:uvicorn", "run.py:2")


def test_an_unset_variable_is_named_with_the_manifest_that_lacks_it(project: Project) -> None:
    project.has({"requirements.txt": "", "main.py": "import os\nkey = os.environ['SECRET_KEY']\napp = 1\n"})

    failed, unread = project.findings(variables={"OTHER": Literal(Secret("x"))}, values={"OTHER": "x"})
    (skipped,) = project.findings()

    assert (failed.outcome, failed.code, failed.location) == (
        Outcome.FAILED,
        "missing-env-var:SECRET_KEY",
        Location("main.py", 2),
    )
    assert failed.remedy.startswith("add `- key: SECRET_KEY`")
    assert (unread.outcome, unread.code) == (Outcome.NOTE, "unread-env-var")
    assert (skipped.outcome, skipped.code) == (Outcome.SKIPPED, "missing-env-var:SECRET_KEY")


def test_a_failure_on_a_made_up_value_says_nothing_against_the_project(project: Project) -> None:
    project.has({"requirements.txt": "", "main.py": "import os\napp = int(os.environ['SHARDS'])\n"})

    (skipped,) = project.findings(
        variables={"SHARDS": Prompted()}, values={"SHARDS": "dummy"}, dummies=frozenset({"SHARDS"})
    )

    assert (skipped.outcome, skipped.code) == (Outcome.SKIPPED, "needs-real-values")
    assert "SHARDS" in skipped.message


def test_what_stands_behind_a_made_up_value_is_found_all_the_same(project: Project) -> None:
    project.has({"requirements.txt": "", "main.py": "import os\nx = int(os.environ['SHARDS'])\nimport numpy\n"})

    found = project.findings(
        variables={"SHARDS": Prompted()}, values={"SHARDS": "dummy"}, dummies=frozenset({"SHARDS"})
    )

    assert [f.code for f in found] == ["needs-real-values", "missing-requirement:numpy"]


def test_an_import_that_needs_another_host_is_skipped_and_names_the_line(project: Project) -> None:
    project.has(
        {
            "requirements.txt": "",
            "main.py": "import store\napp = 1\n",
            "store.py": "import socket\nsocket.create_connection(('192.0.2.1', 6379), timeout=2)\n",
        }
    )

    (skipped,) = project.findings()

    assert (skipped.outcome, skipped.code, skipped.location) == (
        Outcome.SKIPPED,
        "needs-network",
        Location("store.py", 2),
    )
    assert "192.0.2.1:6379 from store.py:2" in skipped.evidence


def test_an_import_that_needs_a_container_of_its_own_network_is_told_how_it_is_named(project: Project) -> None:
    reaching = "import socket\nsocket.create_connection(('db', 5432), timeout=2)\napp = 1\n"
    project.has({"requirements.txt": "", "main.py": reaching})

    (skipped,) = project.findings()

    assert (skipped.outcome, skipped.code) == (Outcome.SKIPPED, "needs-network")
    assert skipped.remedy.startswith("give the variable that holds this address its value")


def test_a_module_that_an_installed_package_no_longer_has_is_no_missing_requirement(project: Project) -> None:
    project.installs("scikit-learn", "1.5.0", {"sklearn/__init__.py": ""})
    project.has({"requirements.txt": "scikit-learn\n", "main.py": "from sklearn.externals import joblib\napp = 1\n"})

    (failed,) = project.findings()

    assert (failed.outcome, failed.code, failed.location) == (
        Outcome.FAILED,
        "dep-conflict:scikit-learn",
        Location("main.py", 1),
    )
    assert (
        failed.remedy
        == "pin scikit-learn to a release that has sklearn.externals (1.5.0 has not), or change the import"
    )


def test_what_the_project_asks_of_an_object_that_lacks_it_is_no_quarrel_of_two_packages(project: Project) -> None:
    project.installs("flask", "3.0.3", {"flask.py": "class Flask:\n    pass\n"})
    project.has({"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask()\napp.mount('/')\n"})

    (found,) = project.findings("gunicorn app:app")

    assert (found.code, found.location) == ("import-failed:AttributeError", Location("app.py", 3))
    assert found.message == (
        "importing the application fails at start: app.py:3 asks Flask for mount, which it does not have in the "
        "release that is installed"
    )


@pytest.mark.parametrize(
    ("module", "code", "message"),
    [
        ("jose", "dep-conflict:jose-python-jose", "jose 1.0.0 and Python"),
        ("oldone", "python-version-unsupported", "importing the application fails at start"),
    ],
)
def test_a_package_that_is_no_valid_python_is_told_as_what_is_known_of_it(
    project: Project, module: str, code: str, message: str
) -> None:
    project.installs(module, "1.0.0", {f"{module}.py": "print 'for Python 2'\n"})
    project.has({"requirements.txt": f"{module}\n", "app.py": f"import {module}\napp = {module}\n"})

    found = project.findings("gunicorn app:app")[0]

    assert (found.code, found.location) == (code, Location("app.py", 1))
    assert found.message.startswith(message)


def test_a_python_of_this_machine_that_lacks_a_part_says_nothing_against_the_project(project: Project) -> None:
    project.has({"requirements.txt": "", "main.py": "raise ModuleNotFoundError('No module named _bz2', name='_bz2')\n"})

    (skipped,) = project.findings()

    assert (skipped.outcome, skipped.code) == (Outcome.SKIPPED, "python-built-without-module:_bz2")


def test_known_clashes_between_packages_are_named(project: Project) -> None:
    project.installs("Werkzeug", "3.0.0", {"werkzeug/__init__.py": "", "werkzeug/urls.py": ""})
    project.installs("Flask", "2.2.0", {"flask/__init__.py": "from werkzeug.urls import url_quote\n"})
    project.has({"requirements.txt": "Flask==2.2.0\n", "main.py": "from flask import Flask\n"})

    (failed,) = project.findings()

    assert (failed.outcome, failed.code, failed.location) == (
        Outcome.FAILED,
        "dep-conflict:flask-werkzeug",
        Location("main.py", 1),
    )


def test_a_package_that_another_asks_for_by_its_message_is_named(project: Project) -> None:
    message = 'Form data requires "python-multipart" to be installed.'
    project.installs(
        "fastapi", "0.115.0", {"fastapi/__init__.py": f"def Form():\n    raise RuntimeError('{message}')\n"}
    )
    project.has({"requirements.txt": "fastapi\n", "main.py": "import fastapi\nfastapi.Form()\n"})

    (failed,) = project.findings()

    assert (failed.code, failed.location, failed.remedy) == (
        "missing-requirement:python-multipart",
        Location("main.py", 2),
        "add `python-multipart` to requirements.txt and commit it",
    )


def test_an_extension_that_does_not_load_outweighs_the_alternative_that_is_not_there(project: Project) -> None:
    message = "psycopg2/_psycopg.cpython-313-x86_64-linux-gnu.so: undefined symbol: _PyInterpreterState_Get"
    code = f"""
try:
    import psycopg
except ImportError:
    try:
        raise ImportError({message!r})
    except ImportError as error:
        raise RuntimeError("Error loading psycopg2 or psycopg module") from error
"""
    project.installs("Django", "5.0", {"django/__init__.py": code})
    project.has({"requirements.txt": "Django\n", "main.py": "import django\napp = 1\n"})

    (failed,) = project.findings()

    assert (failed.code, failed.location) == ("python-version-unsupported:too-new", Location("main.py", 1))


def test_a_driver_that_the_url_asks_for_is_missing_only_when_the_url_is_real(project: Project) -> None:
    project.installs(
        "SQLAlchemy", "2.0.0", {"sqlalchemy/__init__.py": "def create_engine(url):\n    import psycopg2\n"}
    )
    project.has(
        {
            "requirements.txt": "SQLAlchemy\n",
            "main.py": "import os\nimport sqlalchemy\nsqlalchemy.create_engine(os.environ['DATABASE_URL'])\napp = 1\n",
        }
    )
    url = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/d"}

    real = project.findings(variables={"DATABASE_URL": Literal(Secret("x"))}, values=url)
    made_up = project.findings(variables={"DATABASE_URL": Prompted()}, values=url, dummies=frozenset({"DATABASE_URL"}))

    assert brief(real) == [("failed", "missing-requirement:psycopg2-binary", "main.py:3")]
    assert brief(made_up) == [("skipped", "needs-real-values", "main.py:3")]


def test_versions_that_do_not_fit_and_extras_that_do_not_exist_are_warnings_at_their_lines(project: Project) -> None:
    project.installs(
        "framework", "1.0", {"framework.py": ""}, metadata="Requires-Dist: engine<2\nProvides-Extra: fast\n"
    )
    project.installs("engine", "2.0", {"engine.py": ""})
    project.has(
        {"requirements.txt": "# our own\nframework[slow]\nengine==2.0\n", "main.py": "import framework\napp = 1\n"}
    )

    passed, conflict, extra = project.findings()

    assert passed.outcome is Outcome.PASSED
    assert brief((conflict, extra)) == [
        ("warning", "dep-conflict:framework-engine", "requirements.txt:3"),
        ("warning", "unknown-extra:framework[slow]", "requirements.txt:2"),
    ]


def test_an_import_that_never_ends_is_ended_and_says_where_it_was(project: Project) -> None:
    project.has({"requirements.txt": "", "main.py": "import time\nwhile True:\n    time.sleep(1)\n"})
    built = project.built("gunicorn main:app")
    entry = built.case.contract.entry
    assert entry is not None

    rehearsed = rehearsed_import.rehearse(built, project.ports, entry=entry, names=(), settings="", limit_s=2)

    assert (rehearsed.has_ended, rehearsed.timed_out, rehearsed.last_place) == (False, True, Location("main.py", 3))


def test_a_django_project_is_imported_down_to_its_urls(project: Project) -> None:
    fake = {
        "django/__init__.py": "",
        "django/core/__init__.py": "",
        "django/core/wsgi.py": "def get_wsgi_application():\n    return 1\n",
        "django/conf.py": "class settings:\n    configured = True\n",
        "django/urls.py": "import importlib\nclass Resolver:\n    @property\n    def url_patterns(self):\n"
        "        return importlib.import_module('site1.urls')\ndef get_resolver():\n    return Resolver()\n",
    }
    project.installs("Django", "5.0", fake)
    project.has(
        {
            "requirements.txt": "Django\n",
            "site1/__init__.py": "",
            "site1/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\napplication = get_wsgi_application()\n",
            "site1/settings.py": "ROOT_URLCONF = 'site1.urls'\n",
            "site1/urls.py": "import reportlab\n",
        }
    )

    (failed,) = project.findings("gunicorn site1.wsgi")

    assert (failed.code, failed.location) == ("missing-requirement:reportlab", Location("site1/urls.py", 1))


def test_a_server_that_a_program_runs_itself_stops_where_it_would_listen(project: Project) -> None:
    project.installs(
        "uvicorn",
        "0.30",
        {"uvicorn.py": "class Server:\n    def run(self):\n        while 1: 0\ndef run(app):\n    Server().run()\n"},
    )
    project.has(
        {"requirements.txt": "uvicorn\n", "run.py": "import uvicorn\nuvicorn.run('run:app')\nraise RuntimeError\n"}
    )

    assert brief(project.findings("python run.py")) == [("passed", "imports", "render.yaml:6")]


def test_a_page_of_streamlit_ends_where_it_stops_itself(project: Project) -> None:
    project.installs("streamlit", "1.40", {"streamlit.py": "def stop():\n    pass\n"})
    page = "import streamlit as st\ntry:\n    data = 1 / 0\nexcept Exception:\n    st.stop()\nprint(data)\n"
    project.has({"requirements.txt": "streamlit\n", "page.py": page})

    assert brief(project.findings("streamlit run page.py --server.port $PORT")) == [
        ("passed", "imports", "render.yaml:6")
    ]


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("print(st.session_state['user'])", "warning"),
        ("raise RuntimeError('no secrets.toml')", "warning"),
        ("print(usr)", "failed"),
        ("import nowhere", "failed"),
        ("def f(:", "failed"),
    ],
)
def test_a_page_of_streamlit_may_lack_only_the_session_of_a_visitor(project: Project, line: str, outcome: str) -> None:
    project.installs("streamlit", "1.40", {"streamlit.py": "session_state = {}\n"})
    project.has({"requirements.txt": "streamlit\n", "page.py": f"import streamlit as st\n{line}\n"})

    finding = project.findings("streamlit run page.py --server.port $PORT")[0]

    assert (finding.outcome.value, finding.location) == (outcome, Location("page.py", 2))
    assert ("session" in finding.certainty) is (outcome == "warning")


def test_manage_py_is_stood_in_for_by_django_s_own_setup(project: Project) -> None:
    fake = {
        "django/__init__.py": "import os, importlib\n"
        "def setup():\n    importlib.import_module(os.environ['DJANGO_SETTINGS_MODULE'])\n",
        "django/conf.py": "class settings:\n    configured = False\n",
        "django/core/__init__.py": "",
    }
    project.installs("Django", "5.0", fake)
    project.has(
        {
            "requirements.txt": "Django\n",
            "manage.py": "import os\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.live')\n"
            "if __name__ == '__main__':\n    main()\n",
            "conf/live.py": "import environ\n",
        }
    )

    found = project.findings("python manage.py runserver 0.0.0.0:$PORT")

    assert brief(found) == [("failed", "missing-requirement:django-environ", "conf/live.py:1")]


def test_secrets_stay_out_of_the_command_line(project: Project) -> None:
    sentinel = "sentinel-value-which-nobody-may-see"
    project.has(
        {"requirements.txt": "", "main.py": "import sys, os\nassert os.environ['KEY'] not in repr(sys.argv)\napp = 1\n"}
    )
    built = project.built("gunicorn main:app", variables={"KEY": Literal(Secret(sentinel))}, values={"KEY": sentinel})

    found = dependencies.confirm(built, project.ports)

    assert [f.outcome for f in found] == [Outcome.PASSED]
    assert sentinel not in repr([dataclasses.asdict(f) for f in found])
