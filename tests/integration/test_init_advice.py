"""`init` on small projects: what it writes is read back, and the code that it gives really tells the commit."""

import subprocess
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deploy_suite.beginning import beginning, written
from deploy_suite.manifests import settings
from deploy_suite.model.beginning import Beginning
from deploy_suite.model.secret import Curtain
from deploy_suite.ports import Ports
from deploy_suite.reports.beginning import render_text
from deploy_suite.wiring import opened
from tests.integration.migration_stage import tools_environment
from tests.integration.users_project import repository

pytestmark = pytest.mark.integration

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MANIFEST = (
    "services:\n  - type: web\n    name: shop\n    runtime: python\n    plan: starter\n"
    "    buildCommand: pip install -r requirements.txt\n    startCommand: {start}\n{more}"
)
FASTAPI = 'from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get("/health")\ndef health():\n    return {}\n'
FLASK = 'from flask import Flask\n\nsite = Flask(__name__)\n\n\n@site.route("/items")\ndef items():\n    return {}\n'
STARLETTE = "from starlette.applications import Starlette\n\napp = Starlette()\n"
WSGI = """import os
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
"""
DJANGO = {
    "manage.py": "import django\n",
    "shop/__init__.py": "",
    "shop/wsgi.py": WSGI,
    "shop/settings.py": 'SECRET_KEY = "x"\nROOT_URLCONF = "shop.urls"\nALLOWED_HOSTS = ["*"]\nMIDDLEWARE = []\n',
    "shop/urls.py": "urlpatterns = []\n",
}
ASKED_OF_ASGI = "from starlette.testclient import TestClient; print(TestClient({name}).get('/any').headers['X-Commit'])"


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tools_environment(tmp_path_factory.mktemp("frameworks"), "fastapi", "flask", "django", "starlette", "httpx")


@pytest.fixture
def world() -> Iterator[Ports]:
    with opened(Curtain(), command="init") as ports:
        yield ports


def project(folder: Path, files: Mapping[str, str], *, start: str, more: str = "") -> Path:
    manifest = MANIFEST.format(start=start, more=more)
    return repository(folder / "shop", {**files, "render.yaml": manifest, "requirements.txt": ""})


def answered(folder: Path, venv: Path, code: str) -> str:
    done = subprocess.run(
        (str(venv / "bin/python"), "-c", code),
        cwd=folder,
        env={"RENDER_GIT_COMMIT": COMMIT, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr


def code_of(advice: Beginning) -> str:
    (service,) = advice.services
    return service.code


@pytest.mark.parametrize(
    ("source", "start", "asked"),
    [
        (FASTAPI, "uvicorn main:app --port $PORT", f"from main import app; {ASKED_OF_ASGI.format(name='app')}"),
        (STARLETTE, "uvicorn main:app --port $PORT", f"from main import app; {ASKED_OF_ASGI.format(name='app')}"),
        (
            FLASK,
            "gunicorn main:site",
            "from main import site; print(site.test_client().get('/any').headers['X-Commit'])",
        ),
    ],
    ids=["fastapi", "starlette", "flask"],
)
def test_the_code_tells_the_commit(
    source: str, start: str, asked: str, *, world: Ports, venv: Path, tmp_path: Path
) -> None:
    folder = project(tmp_path, {"main.py": source}, start=start)

    advice = beginning(folder, world)
    (folder / "main.py").write_text(f"{source}\n\n{code_of(advice)}")

    assert answered(folder, venv, asked) == COMMIT


def test_djangos_middleware_tells_the_commit_where_the_advice_says_to_put_it(
    world: Ports, venv: Path, tmp_path: Path
) -> None:
    folder = project(tmp_path, DJANGO, start="gunicorn shop.wsgi:application")

    advice = beginning(folder, world)
    (service,) = advice.services
    (folder / "shop/commit.py").write_text(service.code)
    (folder / "shop/settings.py").write_text(
        DJANGO["shop/settings.py"].replace("MIDDLEWARE = []", 'MIDDLEWARE = ["shop.commit.tell_commit"]')
    )

    assert '"shop.commit.tell_commit"' in service.put
    asked = "import shop.wsgi; from django.test import Client; print(Client().get('/any').headers['X-Commit'])"
    assert answered(folder, venv, asked) == COMMIT


def test_what_is_written_is_read_back_and_what_is_there_is_left_alone(world: Ports, tmp_path: Path) -> None:
    mine = textwrap.dedent('"""My sessions."""\n')
    files = {"main.py": FASTAPI, "noxfile.py": mine}
    folder = project(tmp_path, files, start="uvicorn main:app", more="    healthCheckPath: /health\n")

    advice = beginning(folder, world)
    before = sorted(one.name for one in folder.iterdir())
    names = written(advice, folder)
    again = beginning(folder, world)
    read = settings.parse((folder / "deploy.toml").read_text(), file="deploy.toml")

    assert "tasks.py" not in before
    assert (names, (folder / "noxfile.py").read_text()) == (("tasks.py", "deploy.toml"), mine)
    assert [(name, [probe.path for probe in one.probes]) for name, one in read.services.items()] == [
        ("shop", ["/health"])
    ]
    assert [(one.path, one.is_there, one.is_done) for one in again.files] == [
        ("noxfile.py", True, False),
        ("tasks.py", True, True),
        ("deploy.toml", True, True),
    ]
    assert "noxfile.py: is there and left alone; add:\n" in render_text(advice, written=names)
    assert written(again, folder) == ()
    assert "  git add … && git commit " in render_text(advice, written=names)
    assert [line.split("  ")[1] for line in render_text(again).rpartition("next:\n")[2].splitlines()] == [
        "deploy-suite preflight",
        "deploy-suite doctor",
    ]


def test_a_route_that_looks_like_the_health_path_is_a_guess_and_stays_a_comment(world: Ports, tmp_path: Path) -> None:
    folder = project(tmp_path, {"main.py": FASTAPI}, start="uvicorn main:app")

    advice = beginning(folder, world)

    assert [(one.health_path, one.is_guess) for one in advice.services] == [("/health", True)]
    assert '# path = "/health"' in advice.files[-1].text
    assert "  /health looks like its health path: " in render_text(advice)
