"""What the dependencies check says before anything is built."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Case
from deploy_suite.checks.dependencies import diagnosed, requirements
from deploy_suite.knowledge import diagnosis
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.ports import WorkingState
from tests.unit.checks import gunicorn_case


def case(
    folder: Path,
    files: Mapping[str, str],
    *,
    start: str = "gunicorn main:app",
    build: str = "pip install -r requirements.txt",
    state: WorkingState | None = None,
) -> Case:
    """Return a service whose requirements are Flask alone, unless *files* say otherwise."""
    return gunicorn_case.case(folder, {"requirements.txt": "flask\n", **files}, start=start, build=build, state=state)


def brief(findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    return [(f.outcome.value, f.code, str(f.location or "")) for f in findings]


def test_a_healthy_project_passes_and_says_what_was_verified(tmp_path: Path) -> None:
    files = {"main.py": "import flask\nfrom app import routes\napp = 1\n", "app/__init__.py": "", "app/routes.py": ""}

    (passed,) = dependencies.check(case(tmp_path, files))

    assert passed == Finding(
        code="own-modules",
        outcome=Outcome.PASSED,
        message=(
            "main.py leads to 3 of the project's files, all in the commit and as text fit for the target's "
            "Python 3.11, and to 1 third-party package"
        ),
        location=Location("render.yaml", 6),
    )


@pytest.mark.parametrize(
    ("text", "python", "said"),
    [
        ("value = 1 +* 2\n", "3.99", " and 1 of them certainly as text fit for the target's Python 3.99"),
        ("print('one')\n", "2.7.18", ""),
    ],
)
def test_of_files_that_no_parser_here_reads_for_certain_nothing_is_claimed(
    tmp_path: Path, text: str, python: str, said: str
) -> None:
    files = {"main.py": "import newer\napp = 1\n", "newer.py": text, "requirements.txt": ""}

    (passed,) = dependencies.check(gunicorn_case.case(tmp_path, files, python=python))

    assert passed.message == (
        f"main.py leads to 2 of the project's files, all in the commit{said}, and to 0 third-party packages"
    )


@pytest.mark.parametrize(
    ("state", "file"),
    [
        (WorkingState(untracked=("helper.py",)), "helper.py"),
        (WorkingState(untracked=("helper/",)), "helper/__init__.py"),
        (WorkingState(untracked=("other.py",)), ""),
        (WorkingState(), ""),
    ],
)
def test_a_module_at_the_top_that_a_log_misses_is_looked_for_in_the_working_folder(
    tmp_path: Path, state: WorkingState, file: str
) -> None:
    subject = case(tmp_path, {"main.py": "import helper\napp = 1\n"}, state=state)
    root = diagnosis.diagnose("ModuleNotFoundError: No module named 'helper'\n").root
    assert root is not None

    found = diagnosed.own_module(root, subject)

    told = (found.code, found.outcome, found.remedy) if found else None
    remedy = f"git add {file} && git commit"
    assert told == (("module-not-pushed:helper", Outcome.FAILED, remedy) if file else None)


def test_a_module_that_git_ignores_is_named_with_the_way_to_commit_it(tmp_path: Path) -> None:
    files = {
        "main.py": "from app.services import mail\napp = 1\n",
        "app/__init__.py": "",
        "app/services/__init__.py": "",
    }
    state = WorkingState(ignored=("app/services/mail.py",))

    (failed,) = dependencies.check(case(tmp_path, files, state=state))

    assert failed == Finding(
        code="module-not-pushed:app.services.mail",
        outcome=Outcome.FAILED,
        message=(
            "app.services.mail is imported, and the commit has no such module: "
            "app/services/mail.py is in your folder, but not in the commit"
        ),
        location=Location("main.py", 1),
        evidence=(
            "main.py:1 from app.services import mail",
            "looked for: app/services/mail.py, app/services/mail/__init__.py",
        ),
        remedy=(
            "git add -f app/services/mail.py && git commit, and take it out of .gitignore; where it holds secrets, "
            "read them from variables of the environment in its place"
        ),
        reproduce="git ls-files app/services/mail.py",
    )


@pytest.mark.parametrize(
    ("files", "build", "expected"),
    [
        (
            {"main.py": "from app import version\napp = 1\n"},
            "./make.sh",
            ("warning", "module-not-pushed:app.version", "main.py:1"),
        ),
        (
            {"main.py": "def f():\n    from app import x\napp = 1\n"},
            "",
            ("warning", "module-not-pushed:app.x", "main.py:2"),
        ),
        (
            {"main.py": "from app.Core import x\napp = 1\n"},
            "",
            ("failed", "case-sensitive-import:app.Core", "main.py:1"),
        ),
        ({"main.py": "from .app import x\napp = 1\n"}, "", ("failed", "relative-import-no-parent", "main.py:1")),
        (
            {"main.py": "import app.core\napp = 1\n", "app/core.py": "x = (\n"},
            "",
            ("failed", "app-syntax-error", "app/core.py:1"),
        ),
        (
            {"main.py": "from redis import Redis\napp = 1\n", "redis.py": ""},
            "",
            ("warning", "shadowed-module:redis", "redis.py"),
        ),
        ({"main.py": "application = 1\n"}, "", ("failed", "gunicorn-attribute-missing", "render.yaml:6")),
        ({"other.py": ""}, "", ("failed", "gunicorn-module-path", "render.yaml:6")),
    ],
)
def test_each_fault_has_its_name_and_place(
    tmp_path: Path, files: Mapping[str, str], build: str, expected: tuple[str, str, str]
) -> None:
    own = {"app/__init__.py": "", "app/core.py": "", **files}

    found = dependencies.check(case(tmp_path, own, build=build or "pip install -r requirements.txt"))

    assert brief(found)[0] == expected


def test_an_empty_package_is_told_as_one_with_the_application_that_is_meant(tmp_path: Path) -> None:
    own = {"api/__init__.py": "", "api/main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}

    found = dependencies.check(case(tmp_path, own, start="uvicorn api:app"))

    (lacking,) = [one for one in found if one.code == "uvicorn-attribute-missing"]
    assert lacking.evidence == ("api/__init__.py defines nothing",)
    assert lacking.remedy == "write `api.main:app` in place of `api:app`"


def test_an_application_that_a_package_of_its_name_hides_is_to_be_renamed(tmp_path: Path) -> None:
    flask = "from flask import Flask\napp = Flask(__name__)\n"

    found = dependencies.check(case(tmp_path, {"shop.py": flask, "shop/__init__.py": ""}, start="gunicorn shop:app"))

    (lacking,) = [one for one in found if one.code == "gunicorn-attribute-missing"]
    assert lacking.message == "the start command names shop:app, and shop/__init__.py has no 'app'"
    assert lacking.remedy == (
        "Python imports shop/__init__.py, not shop.py:2, which makes 'app': rename the file to wsgi.py, and write "
        "`wsgi:app` in place of `shop:app`"
    )


@pytest.mark.parametrize(
    ("start", "remedy"),
    [
        (
            "gunicorn shop:app",
            "name the factory that shop/__init__.py:4 defines: write `'shop:create_app()'` in place of `shop:app`",
        ),
        (
            "uvicorn web:api",
            "name the factory that web/__init__.py:4 defines: write `--factory web:create_app` in place of `web:api`",
        ),
        (
            "gunicorn shop",
            "name the factory that shop/__init__.py:4 defines: write `'shop:create_app()'` in place of `shop`",
        ),
    ],
)
def test_a_factory_is_to_be_named_where_its_module_holds_no_application(
    tmp_path: Path, start: str, remedy: str
) -> None:
    source = "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n"
    own = {"shop/__init__.py": source, "web/__init__.py": source}

    found = dependencies.check(case(tmp_path, own, start=start))

    (lacking,) = [one for one in found if one.code.endswith("-attribute-missing")]
    assert lacking.remedy == remedy


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    from app import x\nexcept ImportError:\n    x = None\napp = 1\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app import x\napp = 1\n",
        "import os\nif os.getenv('X'):\n    from app import x\napp = 1\n",
    ],
)
def test_what_may_be_missing_is_not_reported(tmp_path: Path, source: str) -> None:
    found = dependencies.check(case(tmp_path, {"main.py": source, "app/__init__.py": ""}))

    assert [f.outcome for f in found] == [Outcome.PASSED]


def test_a_start_command_without_an_entry_is_skipped_and_not_required(tmp_path: Path) -> None:
    (skipped,) = dependencies.check(case(tmp_path, {}, start="npm start"))

    assert (skipped.outcome, skipped.code, skipped.required) == (Outcome.SKIPPED, "entry-point-unknown", False)


@pytest.mark.parametrize(
    ("files", "build", "expected"),
    [
        ({}, "pip install -r requirements.txt", "add `numpy` to requirements.txt and commit it"),
        ({"r/base.txt": ""}, "pip install -r r/base.txt", "add `numpy` to r/base.txt and commit it"),
        (
            {"pyproject.toml": "[tool.poetry]\nname = 'x'\n", "poetry.lock": ""},
            "poetry install --no-root",
            "run `poetry add numpy` and commit the manifest and the lock file",
        ),
        (
            {"pyproject.toml": "[project]\nname = 'x'\n", "uv.lock": ""},
            "uv sync --frozen",
            "run `uv add numpy` and commit the manifest and the lock file",
        ),
        (
            {},
            "pip install flask",
            "install `numpy` in the build command (render.yaml:5), best from a requirements.txt",
        ),
        (
            {"ml/requirements.txt": "numpy==2\n"},
            "pip install flask",
            (
                "install ml/requirements.txt, which lists it, in the build command (render.yaml:5): "
                "`pip install -r ml/requirements.txt`"
            ),
        ),
    ],
)
def test_the_remedy_names_the_file_that_the_build_installs_from(
    tmp_path: Path, files: Mapping[str, str], build: str, expected: str
) -> None:
    declared = requirements.read(case(tmp_path, files, build=build))

    assert declared.add("numpy") == expected


def test_lines_of_files_that_the_build_does_not_install_are_known_apart(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "Flask==3.0\n",
        "requirements-dev.txt": "pytest\n",
        "tools/requirements.txt": "numpy\n",
        "pyproject.toml": "[project]\nname = 'x'\ndependencies = ['rich']\n[dependency-groups]\ndev = ['ruff']\n",
    }

    declared = requirements.read(case(tmp_path, files))

    assert declared.names == {"flask"}
    found = {name: declared.elsewhere(frozenset({name})) for name in ("pytest", "numpy", "rich", "ruff", "absent")}
    assert {name: (str(one.location), one.part) if one else None for name, one in found.items()} == {
        "pytest": ("requirements-dev.txt:1", ""),
        "numpy": ("tools/requirements.txt:1", ""),
        "rich": ("pyproject.toml:3", ""),
        "ruff": ("pyproject.toml:5", "group dev"),
        "absent": None,
    }


def test_behind_a_wrong_start_command_the_application_that_it_must_mean_is_read_on(tmp_path: Path) -> None:
    files = {"app/main.py": "from fastapi import FastAPI\nfrom app.utils import x\napp = FastAPI()\n"}

    found = dependencies.check(case(tmp_path, files, start="uvicorn app:app"))

    assert brief(found) == [
        ("failed", "uvicorn-module-path", "render.yaml:6"),
        ("failed", "module-not-pushed:app.utils", "app/main.py:2"),
    ]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("pip install -r requirements.txt", [("failed", "module-not-on-path:backend.config", "backend/main.py:1")]),
        ("pip install -r requirements.txt -e .", [("passed", "own-modules", "render.yaml:6")]),
    ],
)
def test_a_folder_that_is_imported_from_within_is_not_on_the_path(
    tmp_path: Path, build: str, expected: list[tuple[str, str, str]]
) -> None:
    files = {
        "backend/__init__.py": "",
        "backend/main.py": "from backend.config import x\napp = 1\n",
        "backend/config.py": "x = 1\n",
    }

    found = dependencies.check(case(tmp_path, files, start="cd backend && gunicorn main:app", build=build))

    assert brief(found) == expected


def test_the_application_that_is_meant_is_named_in_place_of_a_module_that_is_not_there(tmp_path: Path) -> None:
    files = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "wsgi.py": "import app\n"}

    (found, *_) = dependencies.check(case(tmp_path, files, start="gunicorn wsgi.app"))

    assert (found.code, found.evidence, found.remedy) == (
        "gunicorn-module-path",
        ("looked in: the repository's top", "app.py:2 makes the application app:app"),
        "write `app:app` in place of `wsgi.app` in render.yaml",
    )


def test_a_program_that_is_not_there_has_the_name_that_the_commands_check_gives_it(tmp_path: Path) -> None:
    (found, *_) = dependencies.check(case(tmp_path, {"main.py": ""}, start="cd api && python main.py"))

    assert (found.code, found.remedy) == (
        "command-file-missing:main.py",
        "run main.py, by that path or from its folder",
    )


@pytest.mark.parametrize(
    ("wsgi", "codes"),
    [
        ("import app\n", ["gunicorn-attribute-missing"]),
        ("from app import app\n", ["own-modules"]),
        ("import app\napp = app.app\n", ["own-modules"]),
    ],
)
def test_a_module_that_is_named_for_an_application_is_told(tmp_path: Path, wsgi: str, codes: list[str]) -> None:
    files = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "wsgi.py": wsgi}

    found = dependencies.check(case(tmp_path, files, start="gunicorn wsgi:app"))

    assert [one.code for one in found] == codes


def test_a_module_that_an_image_has_only_as_it_is_installed_is_not_traced_and_no_fault(tmp_path: Path) -> None:
    """A second stage that installs the first one's wheels copies no sources."""
    one = case(tmp_path, {"main.py": "app = 1\n"})
    (tmp_path / "main.py").unlink()

    (skipped,) = dependencies.check(one)

    assert (skipped.code, skipped.outcome, skipped.required) == ("entry-point-unknown", Outcome.SKIPPED, False)
    assert (
        skipped.message
        == "the image has no main.py, only what it installs of it, so the imports of main are not traced"
    )


def test_a_module_that_another_folder_has_is_read_on_from_there_and_asked_for_as_it_is_written(tmp_path: Path) -> None:
    files = {
        "site/shop/__init__.py": "",
        "site/shop/wsgi.py": "import shop.settings\nfrom django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
        "site/shop/settings.py": "",
    }

    found = dependencies.check(case(tmp_path, files, start="gunicorn shop.wsgi:application"))

    assert [(one.code, one.remedy) for one in found if one.outcome is Outcome.FAILED] == [
        ("gunicorn-module-path", "make site the service's root directory, or write `--chdir site` in render.yaml")
    ]


@pytest.mark.parametrize(
    ("start", "remedy"),
    [
        (
            "gunicorn shop.shop.wsgi:application",
            "start the server in shop: write `--chdir shop` and `shop.wsgi:application` in render.yaml",
        ),
        (
            "cd . && daphne shop.shop.wsgi:application",
            (
                "start the server in shop: write `cd shop &&` in front of the server and `shop.wsgi:application`"
                " in render.yaml"
            ),
        ),
    ],
)
def test_a_module_that_only_imports_from_a_folder_below_asks_for_a_start_there(
    tmp_path: Path, start: str, remedy: str
) -> None:
    wsgi = (
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    )
    files = {
        "requirements.txt": "Django\ngunicorn\ndaphne\n",
        "shop/manage.py": "",
        "shop/shop/__init__.py": "",
        "shop/shop/wsgi.py": wsgi,
        "shop/shop/settings.py": "",
    }

    (found,) = dependencies.check(case(tmp_path, files, start=start))

    assert (found.code, found.outcome, str(found.location)) == (
        "module-not-on-path:shop.settings",
        Outcome.FAILED,
        "shop/shop/wsgi.py:2",
    )
    assert found.remedy == remedy


def test_a_module_of_that_name_beside_another_application_is_not_the_one_that_is_meant(tmp_path: Path) -> None:
    files = {"app/main.py": "import app.config\napp = 1\n", "old/app/config.py": ""}

    (found,) = dependencies.check(case(tmp_path, files, start="uvicorn app.main:app"))

    assert found.code == "module-not-pushed:app.config"


def test_files_outside_of_the_root_directory_are_doubted_at_the_import_that_leads_there(tmp_path: Path) -> None:
    files = {
        "api/requirements.txt": "flask\n",
        "api/main.py": "import sys\nsys.path.insert(0, '..')\nfrom shared import words\napp = 1\n",
        "shared/__init__.py": "",
        "shared/words.py": "",
    }
    inside = case(tmp_path, files)
    contract = replace(inside.contract, root=PurePosixPath("api"), entry=_entry("api/main.py", "api"))

    found = dependencies.check(replace(inside, contract=contract))

    (warning,) = [one for one in found if one.outcome is Outcome.WARNING]
    assert (warning.code, str(warning.location)) == ("outside-root-directory", "api/main.py:3")
    assert warning.message == "the service imports shared/__init__.py and 1 more file, outside of its rootDir api"
    assert warning.evidence == ("api/main.py:3 from shared import words",)


def _entry(file: str, folder: str) -> EntryPoint:
    return EntryPoint(
        module="main",
        attribute="app",
        file=PurePosixPath(file),
        location=Location("render.yaml", 6),
        search_path=(PurePosixPath(folder),),
    )
