from collections.abc import Callable, Mapping

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.model.contract import ServiceKind
from deploy_suite.model.finding import Outcome
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
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


@pytest.mark.parametrize(
    ("files", "expected"),
    [
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
            {"main.py": FASTAPI, "uv.lock": "", "pyproject.toml": "[project]\nname='x'\ndependencies=['uvicorn']\n"},
            ("uv sync --frozen && uv cache prune --ci", None, "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"main.py": FASTAPI, "poetry.lock": "", "pyproject.toml": "[tool.poetry]\n"},
            ("poetry install", None, "uvicorn main:app --host 0.0.0.0 --port $PORT"),
        ),
        (
            {"main.py": FASTAPI, "build.sh": "pip install -r r.txt\n", "start.sh": "exec uvicorn main:app\n"},
            ("bash build.sh", None, "bash start.sh"),
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
    assert [one.code for one in reading.findings] == ["render-yaml-missing"]


def test_the_one_folder_with_a_service_is_its_root_directory(read: Read) -> None:
    reading = read({"backend/main.py": FASTAPI, "backend/requirements.txt": "uvicorn\n", "web/index.html": ""})

    assert [str(one.root) for one in reading.contracts] == ["backend"]


def test_a_blueprint_in_the_one_subfolder_is_read_with_a_warning(read: Read) -> None:
    text = """\
services:
  - {type: web, name: a, runtime: python, plan: free, buildCommand: pip install -r requirements.txt, startCommand: x}
"""
    reading = read({"backend/render.yaml": text, "backend/requirements.txt": ""})

    assert [str(one.root) for one in reading.contracts] == ["backend"]
    assert [one.code for one in reading.findings] == ["render-yaml-place", "wrong-root-directory"]


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
