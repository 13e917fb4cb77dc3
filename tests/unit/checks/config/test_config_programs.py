from collections.abc import Callable, Mapping

import pytest

from deploy_suite.checks.base import Findings
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location

Checked = Callable[..., Findings]

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
UVICORN = "uvicorn app:app --host 0.0.0.0 --port $PORT"


def codes(findings: Findings) -> list[tuple[str, Outcome]]:
    return [(one.code, one.outcome) for one in findings]


@pytest.mark.parametrize(
    ("build", "start", "more", "expected"),
    [
        ("uv pip install -r requirements.txt", "gunicorn app:app", {}, ["start-command-not-found:uv"]),
        ("pip install -r requirements.txt", "uv run --no-sync gunicorn app:app", {}, ["start-command-not-found:uv"]),
        ("uv pip install -r requirements.txt", "gunicorn app:app", {"uv.lock": "version = 1\n"}, []),
        ("pip install uv && uv pip install -r requirements.txt", "gunicorn app:app", {}, []),
        ("pipx install uv; uv pip install -r requirements.txt", "gunicorn app:app", {}, []),
        (
            "curl -LsSf https://astral.sh/uv/install.sh | sh && uv pip install -r requirements.txt",
            "gunicorn app:app",
            {},
            [],
        ),
        ("pip install -r requirements.txt", "uv run gunicorn app:app", {"requirements.txt": "uv\ngunicorn\n"}, []),
        ("/opt/bin/uv pip install -r requirements.txt", "gunicorn app:app", {}, []),
    ],
)
def test_uv_is_there_only_where_its_lock_file_is_or_a_command_brings_it(
    checked: Checked, build: str, start: str, more: dict[str, str], expected: list[str]
) -> None:
    files = {"app.py": "app = 1\n", "requirements.txt": "gunicorn\n", **more}

    found = checked(files, build=build, start=start)

    told = [(one.code, one.outcome) for one in found if one.code.endswith(":uv")]
    assert told == [(code, Outcome.WARNING) for code in expected]


def test_a_server_that_no_requirement_brings_fails_with_its_place_and_remedy(checked: Checked) -> None:
    (finding,) = checked({"app.py": FLASK, "requirements.txt": "flask\nrequests\n"})

    assert (finding.code, finding.outcome) == ("gunicorn-not-installed", Outcome.FAILED)
    assert finding.location == Location("render.yaml", 8)
    assert finding.evidence == ("startCommand: gunicorn app:app", "installed from: requirements.txt")
    assert finding.remedy == "add gunicorn to requirements.txt"
    assert (finding.check, finding.service, finding.target) == ("config", "shop", "render")


def test_a_missing_uvicorn_is_only_likely_because_others_may_bring_it(checked: Checked) -> None:
    found = checked({"app.py": FASTAPI, "requirements.txt": "fastapi\nsqlalchemy\n"}, start=UVICORN)

    assert codes(found) == [("start-command-not-found:uvicorn", Outcome.WARNING)]


@pytest.mark.parametrize(
    ("files", "build"),
    [
        ({"requirements.txt": "-r base.txt\n", "base.txt": "Gunicorn==23\n"}, "pip install -r requirements.txt"),
        ({"requirements.txt": "flask\n"}, "pip install -r requirements.txt && pip install gunicorn"),
        ({"requirements.txt": "flask\n"}, "pip install -r requirements.txt gunicorn==23.0.0"),
        ({"requirements.txt": "uvicorn-worker\n"}, "pip install -r requirements.txt"),
        ({"requirements.txt": "mlflow\n"}, "pip install -r requirements.txt"),
        ({"requirements.txt": "gunicorn-color-logger\n"}, "pip install -r requirements.txt"),
        ({"build.sh": "set -e\npip install -r all.txt\n", "all.txt": "gunicorn\n"}, "bash build.sh"),
        ({"build.sh": "set -e\n. ./lib.sh\neval $X\n", "lib.sh": ""}, "bash build.sh"),
        ({"requirements.txt": "git+https://example.org/x.git\n"}, "pip install -r requirements.txt"),
        ({"Makefile": "install:\n\tpip install gunicorn\n"}, "make install"),
        ({"Makefile": "deps:\n\t@pip install gunicorn\nbuild: deps\n\techo done\n"}, "make build"),
        ({"pyproject.toml": "[project]\nname='x'\nversion='1'\ndependencies=['gunicorn']\n"}, "pip install ."),
        (
            {"pyproject.toml": "[project]\nname='x'\n[project.optional-dependencies]\nweb=['gunicorn']\n"},
            "pip install '.[web]'",
        ),
        ({"pyproject.toml": "[project]\nname='x'\ndynamic=['dependencies']\n"}, "pip install ."),
        ({"setup.py": ""}, "pip install ."),
        ({"pyproject.toml": "[tool.poetry.dependencies]\ngunicorn='*'\n"}, "poetry install"),
        ({"pyproject.toml": "[tool.poetry]\n", "poetry.lock": '[[package]]\nname = "gunicorn"\n'}, "poetry install"),
        ({"pyproject.toml": "[project]\nname='x'\n", "uv.lock": '[[package]]\nname = "gunicorn"\n'}, "uv sync"),
        ({"Pipfile": "[packages]\ngunicorn = '*'\n"}, "pipenv install"),
        ({"backend/pyproject.toml": "[tool.poetry]\n"}, "poetry install"),
        ({"environment.yml": ""}, "conda env update -f environment.yml"),
        ({"requirements.in": "gunicorn\n"}, "pip-compile requirements.in -o requirements.txt && pip-sync"),
    ],
)
def test_a_server_that_the_build_may_install_is_not_reported(
    checked: Checked, files: Mapping[str, str | bytes], build: str
) -> None:
    assert codes(checked({"app.py": FLASK, **files}, build=build)) == []


@pytest.mark.parametrize(
    ("files", "build", "remedy"),
    [
        (
            {"pyproject.toml": "[project]\nname='x'\n", "uv.lock": '[[package]]\nname = "flask"\n'},
            "uv sync",
            "uv add gunicorn",
        ),
        (
            {"pyproject.toml": "[tool.poetry]\nname='x'\n", "poetry.lock": '[[package]]\nname = "flask"\n'},
            "poetry install",
            "poetry add gunicorn",
        ),
        ({"Pipfile": "[packages]\nflask = '*'\n"}, "pipenv install", "pipenv install gunicorn"),
    ],
)
def test_the_remedy_is_the_command_of_the_projects_own_tool(
    checked: Checked, files: Mapping[str, str | bytes], build: str, remedy: str
) -> None:
    (finding,) = checked({"app.py": FLASK, **files}, build=build)

    assert (finding.outcome, finding.remedy) == (Outcome.FAILED, remedy)


def test_an_assumed_command_only_warns(checked: Checked) -> None:
    found = checked(
        {"Procfile": "web: gunicorn app:app\n", "app.py": FLASK, "requirements.txt": "flask\n"}, blueprint=False
    )

    assert codes(found) == [("gunicorn-not-installed", Outcome.WARNING)]


@pytest.mark.parametrize(
    ("start", "requirements", "expected"),
    [
        ("gunicorn -k uvicorn_worker.UvicornWorker app:app", "gunicorn\nuvicorn\n", Outcome.FAILED),
        ("gunicorn --worker-class=gevent app:app", "gunicorn\n", Outcome.FAILED),
        ("gunicorn -k uvicorn.workers.UvicornWorker app:app", "gunicorn\n", Outcome.WARNING),
    ],
)
def test_a_worker_class_whose_package_nothing_brings(
    checked: Checked, start: str, requirements: str, expected: object
) -> None:
    found = checked({"app.py": "app = make()\n", "requirements.txt": requirements}, start=start)

    assert codes(found) == [("gunicorn-worker-class-not-found", expected)]


@pytest.mark.parametrize(
    ("app", "start"),
    [
        (FASTAPI, "gunicorn app:app"),
        (FASTAPI, "gunicorn app:app --threads 4"),
        (FASTAPI, "gunicorn -k gthread app:app"),
        (FASTAPI, "waitress-serve --listen=0.0.0.0:$PORT app:app"),
        (FLASK, "gunicorn -k uvicorn.workers.UvicornWorker app:app"),
        (FLASK, UVICORN),
    ],
)
def test_a_server_that_speaks_the_other_protocol_fails(checked: Checked, app: str, start: str) -> None:
    found = checked({"app.py": app, "requirements.txt": "gunicorn\nuvicorn\nwaitress\n"}, start=start)

    assert codes(found) == [("wsgi-asgi-mismatch", Outcome.FAILED)]


@pytest.mark.parametrize(
    ("app", "start"),
    [
        (FASTAPI, "gunicorn -k uvicorn.workers.UvicornWorker app:app"),
        (FASTAPI, "gunicorn -k asgi app:app"),
        (FASTAPI, "gunicorn -k my.Worker app:app"),
        (FASTAPI, UVICORN),
        (FASTAPI + "from a2wsgi import ASGIMiddleware\napp = ASGIMiddleware(app)\n", "gunicorn app:app"),
        (FLASK, UVICORN + " --interface wsgi"),
        (
            FLASK + "from asgiref.wsgi import WsgiToAsgi\nasgi = WsgiToAsgi(app)\n",
            UVICORN.replace("app:app", "app:asgi"),
        ),
        (FLASK, "gunicorn app:app"),
    ],
)
def test_a_server_that_fits_or_an_adapter_between_is_fine(checked: Checked, app: str, start: str) -> None:
    found = checked({"app.py": app, "requirements.txt": "gunicorn\nuvicorn\na2wsgi\nasgiref\n"}, start=start)

    assert codes(found) == []


def test_the_worker_class_of_the_configuration_file_counts(checked: Checked) -> None:
    files = {
        "app.py": FASTAPI,
        "requirements.txt": "gunicorn\nuvicorn\n",
        "gunicorn.conf.py": "worker_class = 'uvicorn.workers.UvicornWorker'\n",
    }

    assert codes(checked(files)) == []


def test_uv_sync_below_the_top_hides_the_program_from_the_path(checked: Checked) -> None:
    files = {
        "api/pyproject.toml": "[project]\nname='x'\n",
        "api/uv.lock": '[[package]]\nname = "gunicorn"\n',
        "api/app.py": FLASK,
    }

    assert codes(checked(files, build="uv sync", root="api")) == [("wrong-python-environment", Outcome.WARNING)]
    assert codes(checked(files, build="uv sync", root="api", start="uv run gunicorn app:app")) == []


def test_an_asgi_server_is_pointed_to_djangos_own_asgi_module(checked: Checked) -> None:
    wsgi = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    files = {"core/wsgi.py": wsgi, "core/asgi.py": wsgi.replace("wsgi", "asgi"), "requirements.txt": "daphne\n"}

    found = checked(files, start="daphne -b 0.0.0.0 -p $PORT core.wsgi:application")

    assert [(one.code, one.remedy) for one in found] == [
        ("wsgi-asgi-mismatch", "write `core.asgi:application` in place of `core.wsgi:application` in render.yaml")
    ]


def test_a_program_with_a_hyphen_in_its_name_is_no_module(checked: Checked) -> None:
    files = {"app.py": FLASK, "requirements.txt": "waitress\n"}

    found = checked(files, start="python -u -m waitress-serve --port=$PORT app:app")

    assert [(one.code, one.outcome, one.remedy) for one in found] == [
        (
            "start-command-wrong-module:waitress-serve",
            Outcome.FAILED,
            "write `waitress-serve` in place of `python -u -m waitress-serve` in render.yaml",
        )
    ]
    assert codes(checked(files, start="waitress-serve --port=$PORT app:app")) == []


NO_PACKAGES = (
    "apt-get installs packages of the system, and the target's own runtime lets no command do so: its file system is "
    "read-only"
)


@pytest.mark.parametrize(
    ("build", "outcome"),
    [
        ("apt-get update && apt-get install -y tesseract-ocr && pip install -r requirements.txt", Outcome.FAILED),
        ("sudo apt-get install -y tesseract-ocr && pip install -r requirements.txt", Outcome.FAILED),
        ("(apt-get install -y tesseract-ocr || true) && pip install -r requirements.txt", Outcome.WARNING),
    ],
)
def test_packages_of_the_system_cannot_be_installed_on_the_targets_own_runtime(
    checked: Checked, build: str, outcome: Outcome
) -> None:
    (finding,) = checked({"app.py": FLASK, "requirements.txt": "flask\ngunicorn\n"}, build=build)

    assert (finding.code, finding.outcome) == ("read-only-filesystem", outcome)
    assert (finding.message, finding.location) == (NO_PACKAGES, Location("render.yaml", 7))
    assert finding.remedy == (
        "take the call out of render.yaml where the service does without; where it needs them (for tesseract-ocr), "
        "deploy it from a Dockerfile (`runtime: docker`) that installs them"
    )


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("playwright install --with-deps chromium", [("read-only-filesystem", Outcome.FAILED)]),
        ("python -m playwright install-deps", [("read-only-filesystem", Outcome.FAILED)]),
        ("npx playwright install --with-deps", [("read-only-filesystem", Outcome.FAILED)]),
        ("playwright install chromium", []),
    ],
)
def test_playwright_installs_no_packages_of_the_system_there_either(
    checked: Checked, call: str, expected: list[tuple[str, Outcome]]
) -> None:
    files = {"app.py": FLASK, "requirements.txt": "flask\ngunicorn\nplaywright\n"}

    assert codes(checked(files, build=f"pip install -r requirements.txt && {call}")) == expected


@pytest.mark.parametrize("build", ["apt-get --version && ", "apt list && ", "command -v apt-get && ", "dpkg -l && "])
def test_asking_after_packages_is_none(checked: Checked, build: str) -> None:
    files = {"app.py": FLASK, "requirements.txt": "flask\ngunicorn\n"}

    assert [one.outcome for one in checked(files, build=f"{build}pip install -r requirements.txt")] == []
