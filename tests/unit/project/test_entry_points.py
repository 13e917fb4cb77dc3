"""Start commands and folders into entry points."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, EntryPoint, Framework
from deploy_suite.project import entry_points
from tests.projects import write

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FACTORY = "from flask import Flask\n\ndef create_app(name='x'):\n    app = Flask(name)\n    return app\n"


def read(folder: Path, text: str, *, root: str = ".", variables: Mapping[str, str] | None = None) -> EntryPoint | None:
    return entry_points.from_command(
        CommandText(text=text), folder=folder, root=PurePosixPath(root), variables=variables
    )


def brief(entry: EntryPoint | None) -> tuple[str, str, tuple[str, ...], bool] | None:
    """Return the spec, the file, the folders and whether it is a factory."""
    if entry is None:
        return None
    return entry.spec, str(entry.file), tuple(str(path) for path in entry.search_path), entry.is_factory


def test_an_entry_carries_all_that_is_known_of_it(tmp_path: Path) -> None:
    write(tmp_path, {"backend/app/main.py": FASTAPI})
    place = Location("render.yaml", 7)

    entry = entry_points.from_command(
        CommandText(text="cd backend && uvicorn app.main:app --host 0.0.0.0 --port $PORT", location=place),
        folder=tmp_path,
        root=PurePosixPath(),
    )

    assert entry == EntryPoint(
        module="app.main",
        attribute="app",
        framework=Framework.FASTAPI,
        file=PurePosixPath("backend/app/main.py"),
        search_path=(PurePosixPath("backend"),),
        working_folder=PurePosixPath("backend"),
        location=place,
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gunicorn app:app", ("app:app", "app.py", (".",), False)),
        ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker app:app", ("app:app", "app.py", (".",), False)),
        ("gunicorn app:app -w4 --timeout=120 --preload --access-logfile -", ("app:app", "app.py", (".",), False)),
        ("gunicorn --preload --bind 0.0.0.0:$PORT app:app", ("app:app", "app.py", (".",), False)),
        ("gunicorn wsgi", ("wsgi:application", "wsgi.py", (".",), False)),
        ("gunicorn 'made:create_app()'", ("made:create_app", "made.py", (".",), True)),
        ("gunicorn wsgi --chdir ./src/", ("wsgi:application", "src/wsgi.py", ("src",), False)),
        ("gunicorn --pythonpath src,lib pkg.main:app", ("pkg.main:app", "src/pkg/main.py", ("src", "lib", "."), False)),
        ("gunicorn ${APP_MODULE:-app:app}", ("app:app", "app.py", (".",), False)),
        ("gunicorn -c conf/gunicorn.py", ("app:app", "src/app.py", ("src",), False)),
        ("uvicorn --app-dir src pkg.main:app", ("pkg.main:app", "src/pkg/main.py", ("src",), False)),
        ("uvicorn --factory made:create_app --workers 2", ("made:create_app", "made.py", (".",), True)),
        ("uvicorn --reload --no-access-log app:app", ("app:app", "app.py", (".",), False)),
        ("hypercorn src/app:app --bind [::]:$PORT", ("app:app", "src/app.py", ("src", "."), False)),
        ("hypercorn asgi:app:app", ("app:app", "app.py", (".",), False)),
        ("daphne -b 0.0.0.0 -p $PORT app:app", ("app:app", "app.py", (".",), False)),
        ("granian --interface asgi app:app --host 0.0.0.0", ("app:app", "app.py", (".",), False)),
        ("waitress-serve --port=$PORT --call made:create_app", ("made:create_app", "made.py", (".",), True)),
        ("FLASK_APP=made.py flask run --host=0.0.0.0", ("made:create_app", "made.py", (".",), True)),
        ("flask --app src/app run", ("app:app", "src/app.py", ("src",), False)),
        ("flask run", ("wsgi:application", "wsgi.py", (".",), False)),
        ("fastapi run src/pkg/main.py --port $PORT", ("main:app", "src/pkg/main.py", ("src/pkg",), False)),
        ("python app.py", ("app:", "app.py", (".",), False)),
        ("python3 -u src/app.py --port 80", ("app:", "src/app.py", ("src",), False)),
        ("python -m src.app", ("src.app:", "src/app.py", (".",), False)),
        ("python -m gunicorn app:app", ("app:app", "app.py", (".",), False)),
        ("poetry run uvicorn app:app", ("app:app", "app.py", (".",), False)),
        ("uv run gunicorn app:app", ("app:app", "app.py", (".",), False)),
        ("bash -c 'exec gunicorn app:app'", ("app:app", "app.py", (".",), False)),
        ("python made.py && gunicorn app:app", ("app:app", "app.py", (".",), False)),
        ("celery -A made worker & gunicorn app:app & python made.py", ("app:app", "app.py", (".",), False)),
        ("./start.sh", ("pkg.main:app", "src/pkg/main.py", ("src", "."), False)),
        ("bash scripts/run.sh", ("app:app", "app.py", (".",), False)),
        ("./entry.sh gunicorn 'app:app' --bind :80", ("app:app", "app.py", (".",), False)),
        ("sh entry.sh gunicorn app:app", ("app:app", "app.py", (".",), False)),
        ("celery -A tasks worker -l info", ("tasks:celery", "tasks.py", (".",), False)),
        ("celery -A jobs worker", ("jobs:queue", "jobs.py", (".",), False)),
        ("celery -A jobs_by_hand beat", ("jobs_by_hand:queue", "jobs_by_hand.py", (".",), False)),
        ("celery -A jobs_elsewhere worker", ("jobs_elsewhere:queue", "jobs_elsewhere.py", (".",), False)),
        ("celery -A made.create_app beat", ("made:create_app", "made.py", (".",), False)),
        ("PYTHONPATH=src uvicorn pkg.main:app", ("pkg.main:app", "src/pkg/main.py", (".", "src"), False)),
        ("gunicorn lost:app", ("lost:app", "None", (".",), False)),
        ("serve-it", ("pkg.main:run", "src/pkg/main.py", (".", "src"), False)),
    ],
)
def test_the_application_is_found_as_the_server_finds_it(
    tmp_path: Path, command: str, expected: tuple[str, str, tuple[str, ...], bool]
) -> None:
    write(
        tmp_path,
        {
            "app.py": FLASK,
            "wsgi.py": "from app import app as application\n",
            "made.py": FACTORY,
            "src/app.py": FLASK,
            "src/wsgi.py": "from app import app as application\n",
            "src/pkg/main.py": FASTAPI + "def run(): ...\n",
            "conf/gunicorn.py": "chdir = 'src'\nwsgi_app = 'app:app'\n",
            "start.sh": "#!/bin/bash\nexport PYTHONPATH=/opt/render/project/src\ncd src\nexec uvicorn pkg.main:app\n",
            "entry.sh": '#!/bin/bash\nset -e\nalembic upgrade head\n\n# Whatever CMD says\nexec "$@"',
            "scripts/run.sh": "alembic upgrade head\nexec gunicorn app:app\n",
            "tasks.py": "from celery import Celery\ncelery = Celery('x')\n",
            "jobs.py": "import os\nfrom celery import Celery\nkind = os.getenv('KIND')\nqueue = Celery('x')\n",
            "jobs_by_hand.py": "from made import create_app\nSIZE = 2\nqueue = create_app()\n",
            "jobs_elsewhere.py": "from jobs import queue\n",
            "pyproject.toml": "[project.scripts]\nserve-it = 'pkg.main:run'\n",
        },
    )

    found = brief(read(tmp_path, command))

    assert found == expected


@pytest.mark.parametrize("command", ["", "npm start", "alembic upgrade head", "python manage.py migrate", "$RUN", "'"])
def test_what_serves_nothing_has_no_entry(tmp_path: Path, command: str) -> None:
    write(tmp_path, {"manage.py": "import django\n"})

    assert read(tmp_path, command) is None


WORKER_OR_WEB = """#!/bin/bash
if [ -z "$LEVEL" ]; then LEVEL=info; fi
if [[ "${WORKER:-0}" == "1" ]]; then
  exec python -c "from jobs import run; run()"
elif [ "$KIND" = queue ]; then
  celery -A tasks worker
else
  gunicorn app:app
fi
"""


@pytest.mark.parametrize(
    ("command", "spec"),
    [
        ("./start.sh", "app:app"),
        ("WORKER=1 ./start.sh", None),
        ("KIND=queue bash start.sh", "tasks:app"),
        ('if [ "$A" = "$B" ]; then gunicorn app:app; else gunicorn other:app; fi', "app:app"),
        ('if [ -n "$(date)" ]; then gunicorn app:app; else gunicorn other:app; fi', None),
        ('if [ -n "$(date)" ]; then gunicorn app:app --reload; else gunicorn app:app; fi', "app:app"),
        ("case $X in a) gunicorn app:app;; *) gunicorn other:app;; esac", None),
        ("python -c 'import app' && gunicorn app:app", "app:app"),
        ("python -c 'import app; app.run()'", None),
    ],
)
def test_branches_that_the_variables_rule_out_do_not_count(tmp_path: Path, command: str, spec: str | None) -> None:
    write(tmp_path, {"start.sh": WORKER_OR_WEB, "app.py": FLASK, "other.py": FLASK, "tasks.py": "app = 1\n"})

    entry = read(tmp_path, command)

    assert (entry.spec if entry else None) == spec


@pytest.mark.parametrize(
    ("script", "files", "folder"),
    [
        ('HERE="$(cd "$(dirname "$0")" && pwd)"\ncd "$HERE/.."\n', ["shop/asgi.py"], "."),
        ('cd "$(dirname "$0")"\n', ["scripts/shop/asgi.py", "shop/asgi.py"], "scripts"),
        ('cd "$(dirname "$0")"\n', [], "scripts"),
    ],
)
def test_where_a_script_goes_to_cannot_be_told_it_is_the_nearest_folder_with_the_application(
    tmp_path: Path, script: str, files: list[str], folder: str
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/start.sh").write_text(f"{script}exec python -m daphne -p $PORT shop.asgi:application\n")
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("application = None\n")

    entry = read(tmp_path, "bash scripts/start.sh")

    assert entry is not None
    assert (str(entry.search_path[0]), bool(entry.file)) == (folder, bool(files))


def test_runserver_is_djangos_program(tmp_path: Path) -> None:
    write(tmp_path, {"manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n"})

    entry = read(tmp_path, "python manage.py migrate && python manage.py runserver 0.0.0.0:$PORT")

    assert entry is not None
    assert (entry.attribute, entry.file, entry.framework) == ("", PurePosixPath("manage.py"), Framework.DJANGO)


def test_a_factory_keeps_its_arguments(tmp_path: Path) -> None:
    write(tmp_path, {"made.py": FACTORY})

    entry = read(tmp_path, "gunicorn \"made:create_app('production', debug=False)\"")

    assert entry is not None
    assert (entry.attribute, entry.arguments, entry.framework) == (
        "create_app",
        "'production', debug=False",
        Framework.FLASK,
    )


def test_gunicorns_variable_counts_and_the_command_line_wins(tmp_path: Path) -> None:
    write(tmp_path, {"src/app.py": FLASK, "lib/app.py": FLASK})
    preset = {"GUNICORN_CMD_ARGS": "--preload --chdir src --bind=0.0.0.0:10000"}

    from_variable = read(tmp_path, "gunicorn app:app", variables=preset)
    from_command = read(tmp_path, "gunicorn app:app --chdir lib", variables=preset)

    assert brief(from_variable) == ("app:app", "src/app.py", ("src",), False)
    assert brief(from_command) == ("app:app", "lib/app.py", ("lib",), False)


def test_the_framework_is_followed_through_imports_and_factories(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "wsgi.py": "from web import create_app\napp = create_app()\n",
            "web/__init__.py": "from .making import create_app\n",
            "web/making.py": FACTORY,
            "site1/wsgi.py": "from django.core import wsgi\napplication = wsgi.get_wsgi_application()\n",
        },
    )

    flask, django = read(tmp_path, "gunicorn wsgi:app"), read(tmp_path, "gunicorn site1.wsgi")

    assert [entry.framework for entry in (flask, django) if entry] == [Framework.FLASK, Framework.DJANGO]


def test_a_factory_that_nobody_can_call_without_arguments_is_no_application_of_asgi(tmp_path: Path) -> None:
    made = "from fastapi import FastAPI\ndef create({}):\n    return FastAPI()\n"
    write(tmp_path, {"setup.py": made.format("router, *, debug")})

    assert entry_points.by_framework(tmp_path, PurePosixPath()) is None
    write(tmp_path, {"main.py": made.format("router=None, *, debug=False, **more")})
    assert brief(entry_points.by_framework(tmp_path, PurePosixPath())) == ("main:create", "main.py", (".",), True)


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from shop.core.setup import create", "create"),
        ("from .core.setup import create as made", "made"),
        ("from shop.core import setup", "setup.create"),
    ],
)
def test_an_application_that_a_factory_elsewhere_makes_is_found(tmp_path: Path, imported: str, call: str) -> None:
    write(
        tmp_path,
        {
            "shop/core/setup.py": "from fastapi import FastAPI\ndef create(router, **more):\n    return FastAPI()\n",
            "shop/__init__.py": "",
            "shop/main.py": f"{imported}\napp = {call}(router=1)\n",
            "shop/run.py": "from typer import Typer\napp = Typer()\n",
        },
    )

    found = brief(entry_points.by_framework(tmp_path, PurePosixPath()))

    assert found == ("shop.main:app", "shop/main.py", (".",), False)


def test_without_a_command_the_likeliest_application_is_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "tests/app.py": FASTAPI,
            "venv/pyvenv.cfg": "",
            "venv/app.py": FASTAPI,
            "node_modules/x/main.py": FASTAPI,
            "backend/app/main.py": "from app.routes import router\n" + FASTAPI,
            "backend/app/routes.py": "router = 1\n",
            "backend/tools/demo.py": FASTAPI,
            "broken.py": "app = FastAPI(",
        },
    )

    entry = entry_points.by_framework(tmp_path, PurePosixPath())

    assert entry == EntryPoint(
        module="app.main",
        framework=Framework.FASTAPI,
        file=PurePosixPath("backend/app/main.py"),
        search_path=(PurePosixPath("backend"),),
        location=Location("backend/app/main.py", 3),
    )


def test_a_file_of_relative_imports_is_imported_from_where_the_files_beside_it_find_each_other(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "api/src/main.py": "from .router import router\n" + FASTAPI,
            "api/src/router.py": "from api.src.service import Service\nrouter = Service()\n",
            "api/src/service.py": "class Service:\n    pass\n",
        },
    )

    assert brief(entry_points.by_framework(tmp_path, PurePosixPath())) == (
        "api.src.main:app",
        "api/src/main.py",
        (".",),
        False,
    )


def test_an_empty_folder_has_no_application(tmp_path: Path) -> None:
    assert entry_points.by_framework(tmp_path, PurePosixPath()) is None


def test_a_module_that_is_nested_too_deeply_to_be_read_is_still_an_entry_point(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "[" * 302 + "(" * 383})

    assert brief(read(tmp_path, "uvicorn main:app")) == ("main:app", "main.py", (".",), False)


@pytest.mark.parametrize(
    ("command", "variables", "expected"),
    [
        ("hypercorn --bind :$PORT $MODULE:app", {"MODULE": "main", "PORT": "10000"}, "main:app"),
        ("gunicorn ${MODULE}", {"MODULE": "main:app"}, "main:app"),
        ("gunicorn ${MODULE:-other:app}", {"MODULE": "main:app"}, "main:app"),
        ("gunicorn ${MODULE:-main:app}", {}, "main:app"),
        ("gunicorn $MODULE", {}, None),
        ("gunicorn $MODULE", {"MODULE": ""}, None),
    ],
)
def test_variables_that_the_manifest_states_are_read_in_the_command(
    tmp_path: Path, command: str, variables: dict[str, str], expected: str | None
) -> None:
    write(tmp_path, {"main.py": FASTAPI})

    entry = read(tmp_path, command, variables=variables)

    assert (entry.spec if entry else None) == expected


def test_the_server_of_a_dash_application_is_what_a_server_is_given(tmp_path: Path) -> None:
    write(tmp_path, {"board.py": "import dash\n\nboard = dash.Dash(__name__)\nserver = board.server\n"})

    entry = entry_points.by_framework(tmp_path, PurePosixPath())

    assert brief(entry) == ("board:server", "board.py", (".",), False)
    assert entry is not None
    assert entry.framework is Framework.FLASK


def test_a_server_of_something_else_is_no_application(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "from dash import Dash\nfrom shop import app\n\nserver = app.server\nDash('x')\n"})

    assert entry_points.by_framework(tmp_path, PurePosixPath()) is None
