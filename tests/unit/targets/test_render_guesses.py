from collections.abc import Callable, Mapping

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Outcome
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
LITESTAR = "from litestar import Litestar\napp = Litestar(route_handlers=[])\n"
CHANNELS = "from channels.routing import ProtocolTypeRouter\napplication = ProtocolTypeRouter({})\n"
DJANGO = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


def commands(reading: Reading) -> list[tuple[str | None, ...]]:
    return [
        tuple(one.text if one else None for one in (contract.build, contract.pre_deploy, contract.start))
        for contract in reading.contracts
    ]


def test_a_procfile_gives_its_processes_and_its_release_runs_before_the_deploy(read: Read) -> None:
    reading = read(
        {
            "Procfile": "web: gunicorn app:app\nworker: celery -A app worker\nrelease: flask db upgrade\n",
            "requirements.txt": "flask\ngunicorn\n",
            "app.py": FLASK,
        }
    )

    assert commands(reading) == [
        ("pip install -r requirements.txt", "flask db upgrade", "gunicorn app:app"),
        ("pip install -r requirements.txt", None, "celery -A app worker"),
    ]
    assert [(one.service, one.kind) for one in reading.contracts] == [
        ("shop", ServiceKind.WEB),
        ("shop-worker", ServiceKind.WORKER),
    ]
    (finding,) = reading.findings
    assert (finding.code, finding.outcome) == ("render-yaml-missing", Outcome.NOTE)
    assert finding.message.startswith("Render does not read a Procfile")
    assert finding.evidence == (
        "buildCommand: pip install -r requirements.txt",
        "shop preDeployCommand: flask db upgrade",
        "shop startCommand: gunicorn app:app",
        "shop-worker startCommand: celery -A app worker",
    )


PORTAL = """\
import uvicorn
from fastapi import FastAPI


class Portal:
    def __init__(self):
        self.app = FastAPI()

    def run(self):
        uvicorn.run(self.app, host="0.0.0.0", port=8000)


if __name__ == "__main__":
    Portal().run()
"""
AIOHTTP = """\
from aiohttp import web

if __name__ == "__main__":
    web.run_app(web.Application(), port=8080)
"""


@pytest.mark.parametrize(("name", "source"), [("main.py", PORTAL), ("server.py", AIOHTTP)])
def test_a_script_that_serves_by_itself_is_started_where_no_application_is_at_the_modules_level(
    read: Read, name: str, source: str
) -> None:
    reading = read({name: source, "requirements.txt": "fastapi\nuvicorn\naiohttp\n"})

    assert commands(reading) == [("pip install -r requirements.txt", None, f"python {name}")]


def test_of_several_scripts_none_is_guessed(read: Read) -> None:
    with pytest.raises(UsageError, match="no service found"):
        read({"main.py": PORTAL, "server.py": AIOHTTP, "requirements.txt": "aiohttp\n"})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"manage.py": "", "site/wsgi.py": DJANGO, "requirements.txt": "django\nwaitress\n"},
            ("pip install -r requirements.txt", None, "waitress-serve --listen=0.0.0.0:$PORT site.wsgi:application"),
        ),
        (
            {"main.py": FASTAPI, "requirements.txt": "fastapi\nuvicorn\n"},
            ("pip install -r requirements.txt", None, "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"app.py": FLASK, "requirements.txt": "Flask\nGunicorn\n"},
            ("pip install -r requirements.txt", None, "gunicorn app:app"),
        ),
        (
            {"app.py": FLASK, "requirements.txt": "flask\nwaitress\n"},
            ("pip install -r requirements.txt", None, "waitress-serve --listen=0.0.0.0:$PORT app:app"),
        ),
        (
            {"app.py": FLASK + "if __name__ == '__main__':\n    app.run()\n", "requirements.txt": "flask\n"},
            ("pip install -r requirements.txt", None, "python app.py"),
        ),
        (
            {
                "app.py": FLASK + "import models\nif __name__ == '__main__':\n    app.run()\n",
                "models.py": "from app import app\n",
                "requirements.txt": "flask\n",
            },
            ("pip install -r requirements.txt", None, "flask --app app:app run --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"manage.py": "", "site/wsgi.py": DJANGO, "requirements.txt": "django\nuWSGI\n"},
            (
                "pip install -r requirements.txt",
                None,
                "uwsgi --http-socket 0.0.0.0:$PORT --module site.wsgi:application",
            ),
        ),
        (
            {"main.py": FASTAPI, "uv.lock": "", "pyproject.toml": "[project]\nname='x'\ndependencies=['uvicorn']\n"},
            ("uv sync --frozen && uv cache prune --ci", None, "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"main.py": FASTAPI, "poetry.lock": "", "pyproject.toml": "[tool.poetry]\n"},
            ("poetry install", None, "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"app.py": LITESTAR, "requirements.txt": "litestar[standard]\n"},
            ("pip install -r requirements.txt", None, "uvicorn app:app --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"main.py": FASTAPI, "build.sh": "pip install -r r.txt\n", "start.sh": "exec uvicorn main:app\n"},
            ("bash build.sh", None, "bash start.sh"),
        ),
        (
            {
                "manage.py": "",
                "shop/wsgi.py": DJANGO,
                "shop/asgi.py": CHANNELS,
                "requirements.txt": "channels\ndaphne\ngunicorn\nuvicorn\n",
            },
            ("pip install -r requirements.txt", None, "daphne -b 0.0.0.0 -p $PORT shop.asgi:application"),
        ),
        (
            {
                "manage.py": "",
                "shop/wsgi.py": DJANGO,
                "shop/asgi.py": CHANNELS,
                "requirements.txt": "channels\nuvicorn\n",
            },
            ("pip install -r requirements.txt", None, "uvicorn shop.asgi:application --host 0.0.0.0 --port $PORT"),
        ),
        (
            {
                "manage.py": "",
                "shop/wsgi.py": DJANGO,
                "requirements.txt": "django\n",
                "start.sh": "gunicorn shop.wsgi\n",
                "render_start.sh": "python manage.py migrate\ndaphne -p $PORT shop.asgi:application\n",
            },
            ("pip install -r requirements.txt", None, "bash render_start.sh"),
        ),
        (
            {"site/manage.py": "", "site/shop/wsgi.py": DJANGO, "requirements.txt": "django\ngunicorn\n"},
            ("pip install -r requirements.txt", None, "gunicorn --chdir site shop.wsgi:application"),
        ),
    ],
)
def test_the_framework_and_the_manifests_suggest_the_commands(
    read: Read, files: Mapping[str, str | bytes], expected: object
) -> None:
    reading = read(files)

    assert commands(reading) == [expected]
    assert [(one.code, one.outcome) for one in reading.findings] == [("render-yaml-missing", Outcome.NOTE)]


def test_the_one_folder_with_a_service_is_its_root_directory(read: Read) -> None:
    reading = read({"backend/main.py": FASTAPI, "backend/requirements.txt": "uvicorn\n", "web/index.html": ""})

    assert [str(one.root) for one in reading.contracts] == ["backend"]


@pytest.mark.parametrize("process", ["npm start", "cd web && node server.js"])
def test_a_process_of_another_language_is_no_service_and_hides_none_below(read: Read, process: str) -> None:
    backend = {"backend/main.py": FASTAPI, "backend/requirements.txt": "uvicorn\n"}
    files = {"Procfile": f"web: {process}\n", "package.json": "{}", **backend}

    (contract,) = read(files).contracts
    assert (str(contract.root), contract.build.text if contract.build else "") == (
        "backend",
        "pip install -r requirements.txt",
    )


def test_beside_a_process_of_another_language_those_in_python_stay(read: Read) -> None:
    files = {"Procfile": "web: npm start\nworker: python bot.py\n", "requirements.txt": "", "bot.py": ""}

    assert [one.service for one in read(files).contracts] == ["shop-worker"]


def test_a_script_of_node_that_a_shell_may_run_beside_python_is_left_as_it_is(read: Read) -> None:
    files = {"Procfile": "web: npm run migrate && python app.py\n", "requirements.txt": "", "app.py": FLASK}

    assert [one.start.text for one in read(files).contracts if one.start] == ["npm run migrate && python app.py"]


def test_a_repository_without_python_is_told_what_its_procfile_runs(read: Read) -> None:
    with pytest.raises(UsageError, match=r"a process in Python \(Procfile:1 runs `npm start`\)"):
        read({"Procfile": "web: npm start\n", "package.json": "{}"})


def test_an_environment_that_uv_makes_in_a_subfolder_is_started_by_uv(read: Read) -> None:
    files = {"backend/main.py": FASTAPI, "backend/uv.lock": "", "backend/pyproject.toml": "[project]\nname='x'\n"}

    assert commands(read(files)) == [
        ("uv sync --frozen && uv cache prune --ci", None, "uv run uvicorn main:app --host 0.0.0.0 --port $PORT")
    ]


def test_a_blueprint_in_the_one_subfolder_is_read_and_its_root_directory_doubted(read: Read) -> None:
    text = """\
services:
  - {type: web, name: a, runtime: python, plan: free, buildCommand: pip install -r requirements.txt, startCommand: x}
"""
    reading = read({"backend/render.yaml": text, "backend/requirements.txt": ""})

    assert [str(one.root) for one in reading.contracts] == ["backend"]
    assert [(one.code, one.outcome) for one in reading.findings] == [
        ("render-yaml-place", Outcome.NOTE),
        ("wrong-root-directory", Outcome.WARNING),
    ]


def test_a_blueprint_in_a_subfolder_whose_commands_name_files_from_the_top_is_run_there(read: Read) -> None:
    text = """\
services:
  - type: web
    name: a
    runtime: python
    plan: free
    buildCommand: pip install -r backend/requirements.txt
    startCommand: bash backend/start.sh
"""
    reading = read({"backend/render.yaml": text, "backend/requirements.txt": "", "backend/start.sh": "x\n"})

    assert [str(one.root) for one in reading.contracts] == ["."]
    assert [one.code for one in reading.findings] == ["render-yaml-place"]


def test_a_blueprint_of_another_name_is_not_read(read: Read) -> None:
    reading = read({"render.yml": "services: []\n", "main.py": FASTAPI, "requirements.txt": "uvicorn\n"})

    assert [one.code for one in reading.findings] == ["render-yaml-name", "render-yaml-missing"]


def test_no_service_at_all_says_where_one_could_be(read: Read) -> None:
    with pytest.raises(UsageError) as caught:
        read({"one/requirements.txt": "", "two/requirements.txt": "", "README.md": ""})

    assert caught.value.remedy == "name the folder of the service: --project one"


def test_the_name_that_the_settings_allow_is_the_host_and_a_made_up_one_where_they_allow_none(read: Read) -> None:
    files = {"requirements.txt": "flask\n", "app.py": FLASK}
    settings = (
        "CORS = ['https://shop-front.onrender.com']\nALLOWED_HOSTS = [\n    'localhost', 'shop-2h58.onrender.com',\n]\n"
    )

    (unknown,) = read(files).contracts
    (told,) = read({**files, "conf/settings.py": settings}).contracts

    assert (unknown.host, told.host) == ("shop.onrender.com", "shop-2h58.onrender.com")


def test_a_requirements_file_that_lags_behind_the_poetry_project_is_not_what_is_deployed(read: Read) -> None:
    project = (
        '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\nwhitenoise = "^6"\n'
    )
    files = {"app.py": FLASK, "pyproject.toml": project, "poetry.lock": ""}

    (lagging,) = read({**files, "requirements.txt": "flask==3.0.0\n"}).contracts
    (exported,) = read({**files, "requirements.txt": "flask==3.0.0\nwhitenoise==6.9.0\n"}).contracts

    assert lagging.build is not None
    assert exported.build is not None
    assert (lagging.build.text, exported.build.text) == ("poetry install", "pip install -r requirements.txt")


@pytest.mark.parametrize(
    ("text", "held", "remedy"),
    [
        (
            "services:\n  - type: web\n    name: shop\n    startCommand: gunicorn app:app\n",
            "Procfile holds a Blueprint, so no platform finds a command in it",
            "git mv Procfile render.yaml, and leave in it what is YAML",
        ),
        (
            "gunicorn app:app\n",
            "Procfile holds no process, so no platform finds a command in it",
            "write lines like `web: gunicorn app:app` to Procfile",
        ),
    ],
)
def test_a_procfile_that_is_none_gives_no_service(read: Read, text: str, held: str, remedy: str) -> None:
    reading = read({"Procfile": text, "requirements.txt": "flask\ngunicorn\n", "app.py": FLASK})

    assert commands(reading) == [("pip install -r requirements.txt", None, "gunicorn app:app")]
    _, finding = reading.findings
    assert (finding.code, finding.outcome, finding.message, finding.remedy) == (
        "procfile-invalid",
        Outcome.WARNING,
        held,
        remedy,
    )


def test_a_process_spread_over_lines_is_told_and_taken_as_it_was_meant(read: Read) -> None:
    reading = read({"Procfile": "web:\ngunicorn\napp:app\n", "requirements.txt": "flask\n", "app.py": FLASK})

    assert commands(reading) == [("pip install -r requirements.txt", None, "gunicorn app:app")]
    finding = next(one for one in reading.findings if one.code == "procfile-invalid")
    assert (finding.outcome, str(finding.location), finding.remedy) == (
        Outcome.WARNING,
        "Procfile:1",
        "write `web: gunicorn app:app` on one line of Procfile",
    )


def test_a_blueprint_file_that_holds_something_else_says_what(read: Read) -> None:
    reading = read({"render.yaml": "# ours\nFROM python:3.12\nENV A=1\nCMD gunicorn app:app\n"})

    assert [(one.code, one.outcome, one.message, str(one.location)) for one in reading.findings] == [
        ("render-yaml-invalid", Outcome.FAILED, "render.yaml cannot be read: it holds a Dockerfile", "render.yaml:2")
    ]


def test_a_project_is_checked_where_its_blueprint_file_holds_commands_of_a_shell(read: Read) -> None:
    lines = "pip install -r requirements.txt\n# and then\ngunicorn app:app --bind 0.0.0.0:$PORT\n"
    reading = read({"render.yaml": lines, "requirements.txt": "flask\ngunicorn\n", "app.py": FLASK})

    assert commands(reading) == [("pip install -r requirements.txt", None, "gunicorn app:app")]
    told = reading.findings[0]
    assert (told.code, told.outcome, told.message, str(told.location)) == (
        "render-yaml-invalid",
        Outcome.WARNING,
        "render.yaml cannot be read: it holds commands of a shell",
        "render.yaml:1",
    )
    assert told.certainty.startswith("certain where a Blueprint is made of it")


def test_a_misspelled_list_of_requirements_is_told_and_installed_all_the_same(read: Read) -> None:
    reading = read({"Procfile": "web: gunicorn app:app\n", "requeriments.txt": "flask\n", "app.py": FLASK})

    assert commands(reading) == [("pip install -r requeriments.txt", None, "gunicorn app:app")]
    told = reading.findings[0]
    assert (told.code, told.outcome, str(told.location), told.remedy) == (
        "requirements-file-missing",
        Outcome.FAILED,
        "requeriments.txt",
        "git mv requeriments.txt requirements.txt && git commit",
    )


@pytest.mark.parametrize("name", ["notes.txt", "requirements-dev.txt"])
def test_another_text_is_not_taken_for_the_list_of_requirements(read: Read, name: str) -> None:
    reading = read({"Procfile": "web: gunicorn app:app\n", name: "flask\n", "app.py": FLASK})

    assert commands(reading) == [(None, None, "gunicorn app:app")]


def test_an_application_that_is_no_valid_python_is_named(read: Read) -> None:
    with pytest.raises(UsageError, match=r"server\.py:3 is no valid Python") as told:
        read({"server.py": "from fastapi import FastAPI\napp = FastAPI()\nx = “a”\n"})

    assert told.value.remedy.startswith("mend server.py:3")


def test_a_list_of_requirements_below_the_top_is_named_where_the_top_has_none(read: Read) -> None:
    reading = read({"api/index.py": FLASK, "client/requirements.txt": "flask\n"})

    told = next(one for one in reading.findings if one.code == "requirements-file-missing")
    assert (told.outcome, told.message, told.remedy) == (
        Outcome.WARNING,
        (
            "no file at the top names the project's requirements, so no build command can be assumed; there is "
            "client/requirements.txt"
        ),
        (
            "if the service needs what client/requirements.txt lists, write `pip install -r client/requirements.txt` "
            "as its build command"
        ),
    )


PARTS = """HOST = os.environ.get("DB_HOST", "localhost")
PORT = int(os.environ.get("DB_PORT", 5432))
NAME = os.environ["DB_NAME"]
USER = os.getenv("DB_USER")
OTHER = os.getenv("PG_USER")
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('URL = os.getenv("DATABASE_URL", "postgresql://localhost/shop")\n', ["DATABASE_URL"]),
        ('URL = os.environ.get(\n    "DB_URL",\n    "postgresql+asyncpg://u:p@db:5432/shop",\n)\n', ["DB_URL"]),
        ('class S(BaseSettings):\n    database_url: str = "postgresql:///shop"\n', ["DATABASE_URL"]),
        ('class S(BaseSettings):\n    env_prefix = "A_"\n    database_url: str = "postgresql:///shop"\n', []),
        ('URL = os.getenv("DATABASE_URL", "postgresql://u:p@ep-1.neon.tech/shop")\n', []),
        ('URL = os.getenv("DATABASE_URL", "sqlite:///shop.db")\n', []),
        ('URL = os.getenv("TEST_DATABASE_URL", "postgresql://localhost/test")\n', []),
        (
            PARTS,
            ["DB_HOST", "DB_PORT", "DB_USER"],
        ),
        ('HOST = os.environ.get("DB_HOST", "db.example.com")\nUSER = os.getenv("DB_USER")\n', []),
        ('HOST = os.environ.get("REDIS_HOST", "localhost")\nUSER = os.getenv("DB_USER")\n', []),
    ],
)
def test_who_goes_on_with_a_postgresql_of_the_desk_is_given_a_database(
    read: Read, source: str, expected: list[str]
) -> None:
    reading = read({"Procfile": "web: gunicorn app:app\n", "requirements.txt": "flask\npsycopg2\n", "app.py": source})

    (contract,) = reading.contracts
    assert [one.name for one in contract.variables if not one.is_platform] == expected


SETTINGS = "DATABASES = {'default': dj_database_url.config(default='sqlite:///db.sqlite3')}\n"


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("django\npsycopg2-binary==2.9.9\n", ["DATABASE_URL"]),
        ("django\npsycopg[binary]>=3\n", ["DATABASE_URL"]),
        ("-r requirements/base.txt\n", ["DATABASE_URL"]),
        ("django\n-c requirements/base.txt\n", []),
        ("django\n", []),
    ],
)
def test_who_lists_a_driver_of_postgresql_is_given_the_database_that_the_settings_ask_for(
    read: Read, requirements: str, expected: list[str]
) -> None:
    reading = read(
        {
            "Procfile": "web: gunicorn shop.wsgi\n",
            "requirements.txt": requirements,
            "requirements/base.txt": "psycopg2==2.9.11\n",
            "manage.py": "",
            "shop/settings.py": SETTINGS,
            "shop/wsgi.py": DJANGO,
        }
    )

    (contract,) = reading.contracts
    assert [one.name for one in contract.variables if not one.is_platform] == expected
    assert [line for line in reading.findings[0].evidence if "PostgreSQL" in line] == [
        f"{name}: the address of a PostgreSQL" for name in expected
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from .api import router", "uvicorn --app-dir backend app.main:app --host 0.0.0.0 --port $PORT"),
        ("from ..api import router", "uvicorn backend.app.main:app --host 0.0.0.0 --port $PORT"),
        (
            "def routes():\n    from .api import router",
            "uvicorn --app-dir backend app.main:app --host 0.0.0.0 --port $PORT",
        ),
        ("import api", "uvicorn --app-dir backend/app main:app --host 0.0.0.0 --port $PORT"),
    ],
)
def test_a_file_that_imports_relatively_is_served_from_outside_of_its_packages(
    read: Read, line: str, expected: str
) -> None:
    files = {"requirements.txt": "fastapi\nuvicorn\n", "backend/app/api.py": "router = 1\n"}

    reading = read({**files, "backend/app/main.py": f"{line}\n{FASTAPI}"})

    assert [start for _, _, start in commands(reading)] == [expected]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("backend.core", ("pip install -r backend/requirements.txt", None, "uvicorn backend.main:app")),
        ("core", ("pip install -r requirements.txt", None, "uvicorn main:app")),
    ],
)
def test_a_folder_whose_files_name_each_other_by_its_own_name_is_started_from_the_top(
    read: Read, named: str, expected: tuple[str | None, ...]
) -> None:
    reading = read(
        {
            "backend/requirements.txt": "fastapi\nuvicorn\n",
            "backend/main.py": f"from {named} import settings\n{FASTAPI}",
            "backend/core.py": "settings = 1\n",
            "README.md": "",
        }
    )

    (found,) = commands(reading)
    assert (*found[:2], str(found[2]).partition(" --host")[0]) == expected
    assert [str(one.root) for one in reading.contracts] == ["." if named == "backend.core" else "backend"]


def test_a_root_directory_that_is_a_package_itself_is_served_by_the_script_in_it(read: Read) -> None:
    files = {
        "backend/requirements.txt": "flask\ngunicorn\n",
        "backend/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    return Flask(__name__)\n",
        "backend/run.py": "from backend import create_app\n\napp = create_app()\n",
    }

    assert commands(read(files)) == [("pip install -r requirements.txt", None, "gunicorn run:app")]


BACKEND = {
    "backend/Procfile": "release: python manage.py migrate\nweb: gunicorn shop.wsgi\n",
    "backend/requirements.txt": "django\ngunicorn\n",
    "backend/manage.py": "",
}


@pytest.mark.parametrize(
    ("script", "root", "expected"),
    [
        (
            "pip install -r backend/requirements.txt\n",
            ".",
            ("bash backend/build.sh", "cd backend && python manage.py migrate", "cd backend && gunicorn shop.wsgi"),
        ),
        (
            "pip install -r requirements.txt\n",
            "backend",
            ("bash build.sh", "python manage.py migrate", "gunicorn shop.wsgi"),
        ),
        (
            'cd "$(dirname "$0")/.."\npip install -r backend/requirements.txt\n',
            "backend",
            ("bash build.sh", "python manage.py migrate", "gunicorn shop.wsgi"),
        ),
    ],
)
def test_a_build_script_that_names_its_own_folder_is_called_from_the_top(
    read: Read, script: str, root: str, expected: tuple[str, ...]
) -> None:
    reading = read({**BACKEND, "backend/build.sh": script})

    assert (commands(reading), [str(one.root) for one in reading.contracts]) == ([expected], [root])
    assert [str(one.location) for one in reading.findings] == ["backend/Procfile"]


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [("django\n", "runserver"), ("django\ngunicorn\n", "gunicorn shop.wsgi:application")],
)
def test_an_image_in_a_folder_says_how_to_start_where_no_server_is_listed(
    read: Read, requirements: str, expected: str
) -> None:
    reading = read(
        {
            "backend/requirements.txt": requirements,
            "backend/manage.py": "",
            "backend/shop/wsgi.py": DJANGO,
            "backend/Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
            'CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]\n',
        }
    )

    (contract,) = reading.contracts
    assert expected in (contract.start.text if contract.start else "")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("hypercorn main:app --bind 0.0.0.0:8000", "hypercorn"),
        ("uvicorn main:app --reload", "uvicorn main:app --host 0.0.0.0 --port $PORT"),
    ],
)
def test_an_image_beside_the_sources_in_a_folder_is_what_is_deployed_unless_it_serves_a_developer(
    read: Read, command: str, expected: str
) -> None:
    reading = read(
        {
            "backend/requirements.txt": "fastapi\ngunicorn\nuvicorn\nuvicorn-worker\n",
            "backend/main.py": FASTAPI,
            "backend/Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
            f"CMD {command}\n",
        }
    )

    (contract,) = reading.contracts
    assert (contract.start.text if contract.start else "").startswith(expected)


PAGE = "import streamlit as st\n\nst.title('Till')\n"


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"streamlit_app.py": PAGE, "other.py": PAGE}, "streamlit run streamlit_app.py"),
        ({"the till.py": PAGE, "lib.py": ""}, "streamlit run 'the till.py'"),
        ({"app.py": FLASK, "main.py": PAGE}, "gunicorn app:app"),
    ],
)
def test_a_page_of_streamlit_is_started_as_its_documentation_says(
    read: Read, files: dict[str, str], start: str
) -> None:
    reading = read({"requirements.txt": "streamlit\nflask\ngunicorn\n", **files})

    (contract,) = reading.contracts
    assert contract.start is not None
    assert contract.start.text.removesuffix(" --server.address 0.0.0.0 --server.port $PORT") == start


def test_several_pages_without_a_usual_name_are_no_service(read: Read) -> None:
    with pytest.raises(UsageError, match="no service found"):
        read({"requirements.txt": "streamlit\n", "one.py": PAGE, "two.py": PAGE})
