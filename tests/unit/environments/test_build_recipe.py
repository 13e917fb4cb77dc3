"""What reading a build command tells about it."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.environments.installs import Install
from deploy_suite.environments.recipe import Recipe, read
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText, Commit, Snapshot
from tests.unit.checks.gunicorn_case import CONTRACT

PLACE = Location("render.yaml", 5)


def recipe(top: Path, build: str | None, *, root: str = "", start: str = "gunicorn app:app") -> Recipe:
    contract = replace(
        CONTRACT,
        root=PurePosixPath(root),
        build=None if build is None else CommandText(text=build, location=PLACE),
        start=CommandText(text=start),
    )
    return read(contract, Snapshot(commit=Commit(sha="a", tree="b", subject=""), folder=top))


def files(top: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = top / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_plain_install_is_pure_and_names_its_files(tmp_path: Path) -> None:
    files(tmp_path, requirements_dot_txt="-r base.txt\nsix==1.16\n", base_dot_txt="httpx\n")

    found = recipe(tmp_path, "pip install --upgrade pip && pip install -r requirements.txt")

    assert found.is_pure
    assert found.requirement_files == ("requirements.txt", "base.txt")
    assert [(line.name, str(line.location)) for line in found.lines] == [
        ("six", "requirements.txt:2"),
        ("httpx", "base.txt:1"),
    ]
    assert found.installs == (
        Install(tool="pip", folder="", requirements=("pip",), options=("--upgrade",), is_seed=True, location=PLACE),
        Install(tool="pip", folder="", files=("requirements.txt",), location=PLACE),
    )


@pytest.mark.parametrize(
    "build",
    [
        "pip install .",
        "pip install -e .",
        "pip install -r requirements.txt && pip install ./lib",
        "pip install dist/app.whl",
        "pip install 'app @ file:///x'",
        "pip install -r local.txt",
        "pip install $PACKAGES",
        "pip install --user six",
        "pip install six && python manage.py collectstatic --no-input",
        "pip install six && npm ci",
        "pip install six && python manage.py migrate",
        "pip install six && eval $MORE",
        "pip install six && make build",
        "pip install six && pip freeze > versions.txt",
        "pip install six>=1",
        "cat > x <<EOF\nhi\nEOF",
        "poetry install",
        "uv sync",
    ],
)
def test_what_takes_from_the_source_or_writes_into_it_is_not_pure(tmp_path: Path, build: str) -> None:
    files(
        tmp_path,
        requirements_dot_txt="six\n",
        local_dot_txt="-e ./lib\n",
        pyproject_dot_toml='[build-system]\nrequires = []\n[tool.poetry]\nname = "x"\n',
    )

    assert not recipe(tmp_path, build).is_pure


@pytest.mark.parametrize(
    "build",
    [
        "python -m pip install six",
        "pip3 install 'six>=1' -q",
        "poetry install --no-root --only main",
        "uv sync --frozen --no-dev --no-install-project && uv cache prune --ci",
        "pipenv install --deploy --system",
        "pip install git+https://example.com/x.git@abc",
        "set -e; echo start; cd backend && pip install -r requirements.txt",
        "pip install six && pip check && pip list",
        "pip install 'six>=1' \"httpx>0.1\" 2>&1 >/dev/null  # -> quiet",
        "pip install six 2> /dev/null",
    ],
)
def test_what_only_installs_is_pure(tmp_path: Path, build: str) -> None:
    files(tmp_path, backend__requirements_dot_txt="six\n", Pipfile="[packages]\nsix = '*'\n", pyproject_dot_toml="")

    assert recipe(tmp_path, build).is_pure


def test_poetry_in_a_project_that_is_no_package_installs_nothing_of_it(tmp_path: Path) -> None:
    files(tmp_path, pyproject_dot_toml="[tool.poetry]\npackage-mode = false\n", poetry_dot_lock="")

    found = recipe(tmp_path, "poetry install")

    assert found.is_pure
    assert found.installs == (
        Install(tool="poetry", folder="", locks=("pyproject.toml", "poetry.lock"), is_locked=True, location=PLACE),
    )


def test_scripts_are_read_where_they_run_and_blamed_by_line(tmp_path: Path) -> None:
    script = "#!/usr/bin/env bash\nset -o errexit\n\npip install -r requirements.txt\n"
    files(tmp_path, backend__bin__build_dot_sh=script, backend__requirements_dot_txt="six\n")

    found = recipe(tmp_path, "bash bin/build.sh", root="backend")

    assert found.is_pure
    assert found.texts == (("", "bash bin/build.sh"), ("backend/bin/build.sh", script))
    assert found.installs == (
        Install(
            tool="pip",
            folder="backend",
            files=("backend/requirements.txt",),
            location=Location("backend/bin/build.sh", 4),
        ),
    )


def test_a_script_that_calls_itself_ends(tmp_path: Path) -> None:
    files(tmp_path, build_dot_sh="#!/bin/sh\npip install six\n./build.sh\n")

    assert not recipe(tmp_path, "./build.sh").is_pure


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert recipe(tmp_path, "pip install -r requirments.txt").missing == (Location("requirments.txt"),)


@pytest.mark.parametrize(
    "writes",
    [
        "poetry export --format requirements.txt --output requirements.txt",
        "poetry export -o requirements.txt",
        "pip-compile --output-file=requirements.txt requirements.in",
        "uv export > requirements.txt",
        "cat base.txt extra.txt >> './requirements.txt'",
    ],
)
def test_a_file_that_the_build_itself_writes_is_not_missing(tmp_path: Path, writes: str) -> None:
    assert recipe(tmp_path, f"{writes} && pip install -r requirements.txt").missing == ()


@pytest.mark.parametrize(
    "writes", ["pip list > all.txt", "pip install 'six>=1.0'", "# uv export > requirements.txt\ntrue"]
)
def test_what_writes_another_file_leaves_it_missing(tmp_path: Path, writes: str) -> None:
    assert recipe(tmp_path, f"{writes} && pip install -r requirements.txt").missing == (Location("requirements.txt"),)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("pip install six", False),
        ("pip install six && python manage.py collectstatic --no-input", False),
        ("npm ci && npm run build", False),
        ("pip install six && python manage.py migrate", True),
        ("pip install six && flask db upgrade", True),
        ("python seed.py", True),
        ("make build", True),
    ],
)
def test_what_could_write_to_a_database_is_known(tmp_path: Path, build: str, *, expected: bool) -> None:
    assert recipe(tmp_path, build).may_use_database is expected


def test_tools_are_those_that_commands_mention_not_comments(tmp_path: Path) -> None:
    files(tmp_path, build_dot_sh="#!/bin/bash\n# change this to poetry, if you like\nuv sync  # not pipenv\n")

    assert recipe(tmp_path, "./build.sh", start="uvx gunicorn").tools == {"uv"}


def test_no_build_command_is_a_recipe_too(tmp_path: Path) -> None:
    assert recipe(tmp_path, None) == Recipe(folder="", location=None)


def test_what_the_start_command_installs_belongs_to_the_environment(tmp_path: Path) -> None:
    script = "#!/bin/sh\nset -e\npip install -q flask\nexec python main.py\n"
    files(tmp_path, api__start_dot_sh=script)

    found = recipe(tmp_path, "true", root="api", start="./start.sh")

    assert found.at_start == "( cd . && pip install -q flask )"
    assert found.installs == (
        Install(
            tool="pip",
            folder="api",
            requirements=("flask",),
            location=Location("api/start.sh", 3),
        ),
    )
    assert found.texts == (("", "true"), ("api/start.sh", "pip install -q flask"))


@pytest.mark.parametrize(
    ("start", "text"),
    [
        ("uv run uvicorn main:app", "uv sync --inexact"),
        ("exec uv run --frozen --group prod -m uvicorn main:app", "uv sync --inexact --frozen --group prod"),
        ("uv run --no-dev alembic upgrade head && uv run --no-dev main.py", "uv sync --inexact --no-dev"),
    ],
)
def test_what_uv_run_brings_up_to_date_belongs_to_the_environment(tmp_path: Path, start: str, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')

    found = recipe(tmp_path, "uv sync --no-dev", start=start)

    assert (found.at_start, found.is_synced) == (f"( cd . && {text} )", True)
    assert [install.tool for install in found.installs] == ["uv sync", "uv sync"]


@pytest.mark.parametrize(
    "start",
    [
        "uv run --no-sync uvicorn main:app",
        "UV_NO_SYNC=1 uv run uvicorn main:app",
        "uv run --with httpx uvicorn main:app",
        "uv run --isolated uvicorn main:app",
        "uv run --python 3.12 uvicorn main:app",
        "uv run --group $GROUP uvicorn main:app",
        "test -d .venv || uv run uvicorn main:app",
        "uv tool run uvicorn main:app",
    ],
)
def test_what_else_uv_run_may_do_is_left_to_its_run(tmp_path: Path, start: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')

    found = recipe(tmp_path, "uv sync --no-dev", start=start)

    assert (found.at_start, found.is_synced) == ("", False)


@pytest.mark.parametrize(
    "start",
    [
        "python -m venv venv && venv/bin/pip install flask && venv/bin/python main.py",
        "python -m venv venv && . venv/bin/activate && pip install flask && python main.py",
        "pip install --upgrade pip && python main.py",
        "pip install $PACKAGES && python main.py",
        "test -d cache || pip install flask; python main.py",
        "if [ -z $DONE ]; then pip install flask; fi; python main.py",
        "uvx gunicorn app:app",
    ],
)
def test_what_a_start_command_may_install_is_left_to_its_run(tmp_path: Path, start: str) -> None:
    found = recipe(tmp_path, "true", start=start)

    assert (found.at_start, found.installs) == ("", ())
