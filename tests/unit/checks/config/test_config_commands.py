from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.checks.base import Findings
from deploy_suite.checks.config.check import check
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit
from deploy_suite.ports import Absent, WorkingState
from tests.unit.checks import gunicorn_case

Checked = Callable[..., Findings]

FILES = {"app.py": "import x\napp = x.make()\n", "requirements.txt": "gunicorn\nalembic\nflask\n"}
ALEMBIC = {"alembic.ini": "[alembic]\nscript_location = alembic\n", "alembic/env.py": ""}
FAILED, WARNING = Outcome.FAILED, Outcome.WARNING


def outcomes(findings: Findings) -> list[tuple[str, Outcome]]:
    return [(one.code, one.outcome) for one in findings]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("alembic upgrade head || echo none && gunicorn app:app", ["failure-hidden:migration"]),
        ("alembic upgrade head || true; gunicorn app:app", ["failure-hidden:migration"]),
        ("alembic upgrade head; gunicorn app:app", ["failure-hidden:migration"]),
        ("alembic upgrade head || { echo no; exit 1; }; gunicorn app:app", []),
        ("alembic upgrade head && echo ok || exit 1; gunicorn app:app", []),
        ("alembic upgrade head || { echo no; kill 1; }; gunicorn app:app", []),
        ("alembic upgrade head & gunicorn app:app", ["failure-hidden:migration"]),
        ("bash -c \"alembic upgrade head || echo 'no' && gunicorn app:app\"", ["failure-hidden:migration"]),
        ("alembic upgrade head || alembic stamp head; gunicorn app:app", ["failure-hidden:migration"]),
        ("alembic upgrade head && mkdir x || echo none && gunicorn app:app", ["failure-hidden:migration"]),
        ("alembic upgrade head && gunicorn app:app || echo none", []),
        ("alembic upgrade head && mkdir x || exit 1; gunicorn app:app", []),
        ("alembic upgrade head && gunicorn app:app", []),
        ("set -e; alembic upgrade head; gunicorn app:app", []),
        ("alembic upgrade head || exit 1; gunicorn app:app", []),
        ("alembic upgrade head || { echo failed; exit 1; }; gunicorn app:app", []),
        ("mkdir -p x || true; gunicorn app:app", []),
        ("if ! alembic upgrade head; then exit 1; fi; gunicorn app:app", []),
        ("if ! alembic upgrade head; then echo failed; fi; gunicorn app:app", ["failure-hidden:migration"]),
        ("if alembic upgrade head; then echo ok; else echo failed; fi; gunicorn app:app", ["failure-hidden:migration"]),
        ("if alembic upgrade head; then gunicorn app:app; else exit 1; fi", []),
        ("if alembic upgrade head; then exec gunicorn app:app; fi", []),
        ("until alembic upgrade head; do sleep 2; done; gunicorn app:app", []),
        ("while ! alembic upgrade head; do sleep 2; done; gunicorn app:app", []),
        (
            "for i in 1 2; do if alembic upgrade head; then break; fi; sleep 2; done; gunicorn app:app",
            ["failure-hidden:migration"],
        ),
        ("n=0; until alembic upgrade head; do n=$((n+1)); [ $n -ge 5 ] && exit 1; sleep 2; done; gunicorn app:app", []),
    ],
)
def test_a_migration_whose_failure_nobody_would_see(checked: Checked, start: str, expected: list[str]) -> None:
    found = checked({**FILES, **ALEMBIC}, start=start)

    assert outcomes(found) == [(code, WARNING) for code in expected]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("python seed.py", FAILED),
        ("python seed.py && echo done", FAILED),
        ("echo begin; python seed.py", FAILED),
        ("python seed.py || exit 1; echo done", FAILED),
        ("set -e; python seed.py; echo done", FAILED),
        ("set -o pipefail; python seed.py | tee log", FAILED),
        ("bash -e ./seed.sh", FAILED),
        ("./seed.sh", WARNING),
        ("bash -e ./seed.sh || true", WARNING),
        ("python seed.py || true", WARNING),
        ("python seed.py || echo none && echo done", WARNING),
        ("python seed.py; echo done", WARNING),
        ("set -e; python seed.py && echo one; echo done", WARNING),
        ("python seed.py | tee log", WARNING),
        ("python seed.py & echo done", WARNING),
    ],
)
def test_a_file_that_only_a_call_wants_whose_failure_nobody_heeds_is_no_failure(
    checked: Checked, build: str, expected: Outcome
) -> None:
    script = {"seed.sh": "python seed.py\necho done\n"}

    found = checked({**FILES, **script}, build=build, executable=("seed.sh",))

    assert outcomes(found) == [("command-file-missing:seed.py", expected)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cd backend\npython seed.py\n", []),
        ("cd backend\ncd inner\npython ../seed.py\n", []),
        ("cd backend\nbash more.sh\n", []),
        ("cd backend && python seed.py\n", [("command-file-missing:seed.py", FAILED)]),
        ("set -e\ncd backend\npython seed.py\n", [("command-file-missing:seed.py", FAILED)]),
        ("cd inner\npython seed.py\n", [("command-file-missing:seed.py", FAILED)]),
    ],
)
def test_a_shell_that_finds_no_folder_goes_on_where_it_is(
    checked: Checked, script: str, expected: list[tuple[str, Outcome]]
) -> None:
    sources = {"seed.py": "", "more.sh": "python seed.py\n", "inner/x.py": "", "build.sh": script}

    found = checked({**FILES, **sources}, build="bash build.sh")

    assert outcomes(found) == expected


def test_a_script_without_errexit_is_said_once_with_its_line(checked: Checked) -> None:
    lines = ("#!/usr/bin/env bash", "pip install -r requirements.txt", "python manage.py collectstatic", "./x migrate")
    script = "\n".join(lines)

    (finding,) = checked(
        {**FILES, "manage.py": "", "x": "#!/usr/bin/python\n", "build.sh": script},
        build="./build.sh",
        executable=("build.sh", "x"),
    )

    assert (finding.code, finding.location) == ("failure-hidden:installation", Location("build.sh", 2))
    assert finding.outcome is WARNING  # for static files are collected there too
    assert finding.remedy == "write `set -o errexit` in the second line of build.sh"


def test_a_failing_installation_alone_is_only_a_note_where_the_start_would_fail_for_it(checked: Checked) -> None:
    script = "#!/bin/bash\npip install -r requirements.txt\nuv cache prune --ci\n"

    found = checked({**FILES, "build.sh": script, "uv.lock": ""}, build="./build.sh", executable=("build.sh",))

    assert outcomes(found) == [("failure-hidden:installation", Outcome.NOTE)]


@pytest.mark.parametrize("build", ["./seed.sh && ./seed.sh", "./seed.sh && true && ./seed.sh"])
def test_a_file_that_one_line_names_twice_is_told_once_as_gravely_as_it_is(checked: Checked, build: str) -> None:
    assert outcomes(checked(FILES, build=build)) == [("command-file-missing:seed.sh", FAILED)]


def test_a_file_that_two_commands_name_is_told_at_each(checked: Checked) -> None:
    found = checked(FILES, start="./seed.sh && gunicorn app:app", pre_deploy="./seed.sh")

    assert outcomes(found) == [("command-file-missing:seed.sh", FAILED)] * 2
    assert len({one.location for one in found}) == len(found)


@pytest.mark.parametrize("build", ["bash -e build.sh", "bash build.sh"])
def test_a_script_that_stops_at_errors_is_fine(checked: Checked, build: str) -> None:
    flag = "" if "-e" in build else "set -euo pipefail\n"
    script = f"{flag}pip install -r requirements.txt\npython manage.py migrate\n"

    assert outcomes(checked({**FILES, "manage.py": "", "build.sh": script}, build=build)) == []


@pytest.mark.parametrize(
    ("build", "start", "code"),
    [
        ("pip install -r requirements-prod.txt", "gunicorn app:app", "requirements-file-missing"),
        ("./build.sh", "gunicorn app:app", "command-file-missing:build.sh"),
        ("bash scripts/build.sh", "gunicorn app:app", "command-file-missing:build.sh"),
        ("pip install -r requirements.txt", "gunicorn -c conf.py app:app", "command-file-missing:conf.py"),
        ("pip install -r requirements.txt", "python serve.py", "command-file-missing:serve.py"),
        ("pip install -r requirements.txt", "alembic upgrade head && gunicorn app:app", "alembic-config-missing"),
        (
            "pip install -r requirements.txt && python manage.py migrate",
            "gunicorn app:app",
            "command-file-missing:manage.py",
        ),
    ],
)
def test_a_file_that_a_command_names_and_the_commit_lacks_fails(
    checked: Checked, build: str, start: str, code: str
) -> None:
    assert outcomes(checked(FILES, build=build, start=start)) == [(code, FAILED)]


@pytest.mark.parametrize(
    "build",
    [
        "poetry export -o made.txt && pip install -r made.txt",
        "cp requirements.txt made.txt && pip install -r made.txt",
        "pipenv requirements > made.txt && pip install -r made.txt",
        "if [ -f made.txt ]; then pip install -r made.txt; fi; pip install -r requirements.txt",
        "[ -f made.txt ] && pip install -r made.txt; pip install -r requirements.txt || exit 1",
        "pip install -r requirements.txt || pip install -r made.txt",
        "cd $FOLDER && pip install -r made.txt",
    ],
)
def test_a_file_that_may_be_made_or_is_asked_for_is_not_missing(checked: Checked, build: str) -> None:
    assert not [one for one in checked(FILES, build=build) if "missing" in one.code]


@pytest.mark.parametrize(
    ("had", "found"),
    [
        ({}, []),
        ({"shared/README.md": ""}, [("requirements-file-missing", FAILED)]),
        ({"shared/.gitmodules": '[submodule "d"]\n\tpath = deps\n'}, []),
    ],
)
def test_a_file_of_a_submodule_is_missing_only_where_the_submodule_is_here(
    checked: Checked, had: dict[str, str], found: list[tuple[str, Outcome]]
) -> None:
    modules = '[submodule "s"]\n\tpath = shared\n\turl = https://example.org/s.git\n'
    files = {**FILES, ".gitmodules": modules, **had}

    assert outcomes(checked(files, build="pip install -r shared/deps/requirements.txt")) == found


def test_renewing_pip_may_fail_unseen(checked: Checked) -> None:
    build = "pip install --upgrade pip\npip install -r requirements.txt"

    assert outcomes(checked(FILES, build=build)) == []


def test_a_file_in_another_folder_asks_for_the_root_directory(checked: Checked) -> None:
    (finding, *_) = checked({"backend/requirements.txt": "gunicorn\n", "backend/app.py": "app = 1\n"})

    assert (finding.code, finding.outcome) == ("wrong-root-directory", FAILED)
    assert finding.remedy == "write `rootDir: backend` for shop in render.yaml, or name backend/requirements.txt"


def test_a_root_directory_is_no_advice_where_another_command_needs_the_folder_as_it_is(checked: Checked) -> None:
    files = {**FILES, "site/manage.py": "import django\n"}

    found = checked(files, build="pip install -r requirements.txt && python manage.py migrate")

    (finding,) = (one for one in found if one.code == "wrong-root-directory")
    assert finding.remedy == (
        "write `cd site && ` before `python` in render.yaml (requirements.txt is right where it lies), "
        "or name site/manage.py"
    )
    both = checked(
        {**files, "site/requirements.txt": ""}, build="pip install -r requirements.txt && python manage.py x"
    )
    assert [one.remedy for one in both if one.code == "wrong-root-directory"] == [
        "write `rootDir: site` for shop in render.yaml, or name site/manage.py"
    ]


@pytest.mark.parametrize(
    ("build", "used"),
    [
        ("bash ../build.sh", "build.sh"),
        ("cd .. && pip install -r requirements.txt", "the repository's top"),
        ("pip install -r ../requirements.txt", "requirements.txt"),
        ("pip install -r requirements.txt && cd ../frontend && npm ci", "frontend"),
    ],
)
def test_what_the_commands_use_outside_of_the_root_directory_is_a_warning(
    checked: Checked, build: str, used: str
) -> None:
    files = {f"{folder}{name}": text for folder in ("", "api/") for name, text in FILES.items()}
    files |= {"build.sh": "set -e\npip install -r requirements.txt\n", "frontend/package.json": "{}"}

    (finding,) = checked(files, build=build, root="api")

    assert (finding.code, finding.outcome, finding.location) == (
        "outside-root-directory",
        WARNING,
        Location("render.yaml", 7),
    )
    assert finding.message == f"the commands use {used}, outside of the service's rootDir api"


def test_a_way_out_of_the_root_directory_and_back_uses_nothing_outside(checked: Checked) -> None:
    files = {f"api/{name}": text for name, text in FILES.items()}

    assert checked(files, build="pip install -r ../api/requirements.txt", root="api") == ()


def test_a_file_in_another_folder_that_a_script_names_is_not_asked_for_by_a_root_directory(checked: Checked) -> None:
    files = {**FILES, "build.sh": "set -e\npip install -r deps.txt\n", "backend/deps.txt": "gunicorn\n"}

    (finding, *_) = checked(files, build="bash build.sh")

    assert (finding.code, str(finding.location)) == ("wrong-root-directory", "build.sh:2")
    assert finding.remedy == "name backend/deps.txt in build.sh, or write `cd backend` before that line"


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        (
            "rootDirectory: backend",
            "rename `rootDirectory:` in render.yaml:13 to `rootDir:`, which is the key that counts",
        ),
        ("root_dir: ./backend/", "rename `root_dir:` in render.yaml:13 to `rootDir:`, which is the key that counts"),
        ("rootDirectory: web", "write `rootDir: backend` for shop in render.yaml, or name backend/requirements.txt"),
        ("branch: backend", "write `rootDir: backend` for shop in render.yaml, or name backend/requirements.txt"),
    ],
)
def test_a_key_that_was_meant_to_name_the_root_directory_is_what_to_rename(
    checked: Checked, tmp_path: Path, line: str, remedy: str
) -> None:
    files = {"backend/requirements.txt": "gunicorn\n", "backend/app.py": "app = 1\n"}
    checked(files)
    text = (tmp_path / "render.yaml").read_text().rstrip("\n")
    manifest = f"{text}\n    {line}\n"

    found = checked({**files, "render.yaml": manifest}, blueprint=False)

    assert [one.remedy for one in found if one.code == "wrong-root-directory"] == [remedy]


def test_a_file_that_is_only_in_the_folder_is_not_pushed(checked: Checked) -> None:
    (finding,) = checked(
        {"app.py": "app = 1\n", "r.txt": "gunicorn\n"},
        build="pip install -r r.txt && bash prepare.sh",
        state=WorkingState(ignored=("prepare.sh",)),
    )

    assert (finding.code, finding.remedy) == ("module-not-pushed", "git add -f prepare.sh && git commit && git push")


def test_a_script_without_execute_bit_fails_unless_the_build_sets_it(checked: Checked) -> None:
    files = {**FILES, "build.sh": "#!/bin/sh\nset -e\npip install -r requirements.txt\n"}

    assert outcomes(checked(files, build="./build.sh")) == [("entrypoint-not-executable", FAILED)]
    assert outcomes(checked(files, build="chmod +x build.sh && ./build.sh")) == []
    assert outcomes(checked(files, build="chmod a+x *.sh && ./build.sh")) == []
    assert outcomes(checked(files, build="chmod -R +x . && ./build.sh")) == []
    assert outcomes(checked(files, build="sh build.sh")) == []
    assert outcomes(checked(files, build="./build.sh", executable=("build.sh",))) == []


def test_windows_line_ends_of_a_script_fail(checked: Checked) -> None:
    files = {**FILES, "build.sh": "#!/bin/sh\r\nset -e\r\npip install -r requirements.txt\r\n"}

    (finding,) = checked(files, build="./build.sh", executable=("build.sh",))

    assert (finding.code, finding.outcome, str(finding.location)) == ("crlf-line-endings", FAILED, "build.sh:1")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("gunicorn\n".encode("utf-16"), [("requirements-encoding", Outcome.NOTE)]),
        (b"\xef\xbb\xbfgunicorn\n", [("requirements-encoding", Outcome.NOTE)]),
        ("gunicorn\nflask\n".encode("utf-16-le"), [("requirements-encoding", FAILED)]),
        (b"gunicorn\nflask" + "pandas==2.3.1\r\n".encode("utf-16-le"), [("requirements-encoding", FAILED)]),
        (b"gunicorn\n--upgrade pip\n", [("requirements-syntax", FAILED)]),
    ],
)
def test_requirement_files_that_tools_read_otherwise_than_meant(
    checked: Checked, data: bytes, expected: object
) -> None:
    assert outcomes(checked({**FILES, "requirements.txt": data})) == expected


@pytest.mark.parametrize(
    ("start", "code", "option"),
    [
        ("gunicorn shop.main:app", "gunicorn-module-path", "--chdir"),
        ("uvicorn shop.main:app --host 0.0.0.0 --port $PORT", "uvicorn-module-path", "--app-dir"),
    ],
)
def test_a_module_that_the_commit_has_elsewhere_or_nowhere(
    checked: Checked, start: str, code: str, option: str
) -> None:
    files = {"requirements.txt": "gunicorn\nuvicorn\n", "backend/shop/main.py": "app = 1\n"}

    (at_the_top,) = checked(files, start=start)
    (beside,) = checked({**files, "backend/requirements.txt": "gunicorn\nuvicorn\n"}, start=start)

    assert [(one.code, one.outcome) for one in (at_the_top, beside)] == [(code, FAILED)] * 2
    assert at_the_top.remedy == f"write `{option} backend` in render.yaml"
    assert beside.remedy == f"write `rootDir: backend` or `{option} backend` in render.yaml"


@pytest.mark.parametrize(
    ("files", "start", "why", "remedy"),
    [
        (
            {"app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
            "uvicorn app:app --host 0.0.0.0 --port $PORT",
            "app is a folder without __init__.py, and there is no app.py",
            "write `app.main:app` in place of `app:app` in render.yaml",
        ),
        (
            {
                "config/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
                "application = get_wsgi_application()\n",
                "config/asgi.py": "from django.core.asgi import get_asgi_application\n"
                "application = get_asgi_application()\n",
            },
            "gunicorn mysite.wsgi:application",
            "the commit has neither mysite/wsgi.py nor mysite/wsgi/__init__.py",
            "write `config.wsgi:application` in place of `mysite.wsgi:application` in render.yaml",
        ),
        (
            {
                "one.py": "import flask\nfirst = flask.Flask('a')\n",
                "two.py": "import flask\nother = flask.Flask('b')\n",
            },
            "gunicorn shop.main:app",
            "the commit has neither shop/main.py nor shop/main/__init__.py",
            "commit the module shop.main, or correct `shop.main:app` in render.yaml",
        ),
    ],
)
def test_the_application_that_a_wrong_start_command_must_mean_is_named_where_there_is_but_one(
    checked: Checked, files: Mapping[str, str | bytes], start: str, why: str, remedy: str
) -> None:
    (finding,) = checked({"requirements.txt": "gunicorn\nuvicorn\n", **files}, start=start)

    assert finding.message.endswith(f": {why}")
    assert finding.remedy == remedy


def test_a_module_that_is_untracked_is_not_pushed(checked: Checked) -> None:
    (finding, state) = checked(
        {"requirements.txt": "gunicorn\n"},
        start="gunicorn shop.main:app",
        state=WorkingState(untracked=("shop/main.py",)),
    )

    assert (finding.code, finding.remedy) == ("module-not-pushed", "git add shop/main.py && git commit && git push")
    assert state.code == "untracked-files"


@pytest.mark.parametrize(
    ("files", "build", "variables"),
    [
        ({"requirements.txt": "gunicorn\nshop\n"}, "pip install -r requirements.txt", {}),
        ({"requirements.txt": "gunicorn\n-e .\n", "pyproject.toml": ""}, "pip install -r requirements.txt", {}),
        ({"requirements.txt": "gunicorn\n"}, "pip install -r requirements.txt", {"PYTHONPATH": "backend"}),
    ],
)
def test_a_module_that_may_be_installed_or_is_on_another_path_is_not_reported(
    checked: Checked, files: Mapping[str, str | bytes], build: str, variables: Mapping[str, str]
) -> None:
    found = checked(files, build=build, start="gunicorn shop.main:app", variables=variables)

    assert [one for one in found if "module" in one.code] == []


def test_what_is_not_pushed_or_committed_is_said(checked: Checked) -> None:
    commit = Commit(sha="c" * 40, tree="d" * 40, subject="Move numpy up")
    state = WorkingState(
        upstream="origin/main",
        unpushed=(commit,),
        modified=("app.py",),
        untracked=("shop/new.py", "notes.md", "data.csv", "requirements-dev.txt"),
    )

    found = checked(FILES, state=state)

    assert [(one.code, one.evidence, one.remedy) for one in found] == [
        ("commit-not-pushed", ("ccccccc Move numpy up",), "git push"),
        ("uncommitted-changes", ("app.py",), "git add app.py && git commit && git push"),
        (
            "untracked-files",
            ("shop/new.py", "requirements-dev.txt"),
            "git add shop/new.py requirements-dev.txt && git commit && git push, or name them in .gitignore",
        ),
    ]
    assert found[0].message == "a commit is not pushed to origin/main: Render will not have this"


def test_of_a_service_with_a_folder_of_its_own_only_what_it_gets_is_said(checked: Checked) -> None:
    changed = ("api/app.py", "other/app.py", "render.yaml", "README.md")
    state = WorkingState(modified=changed, untracked=("other/new.py", "api/new.py"))

    found = checked({f"api/{name}": content for name, content in FILES.items()}, root="api", state=state)

    assert [(one.code, one.evidence) for one in found] == [
        ("uncommitted-changes", ("api/app.py", "render.yaml")),
        ("untracked-files", ("api/new.py",)),
    ]


def test_many_changed_files_are_not_named_one_by_one(checked: Checked) -> None:
    state = WorkingState(modified=("a.py", "b.py", "c.py", "d.py"), untracked=("a b.py",))

    found = checked(FILES, state=state)

    assert [one.remedy for one in found] == [
        "git add --update && git commit && git push",
        "git add 'a b.py' && git commit && git push, or name them in .gitignore",
    ]


def test_what_of_the_commit_is_not_here_is_said(checked: Checked) -> None:
    state = WorkingState(absent=Absent(files=("model.bin",), submodules=("vendor/lib",)))

    found = checked(FILES, state=state)

    assert [(one.code, one.outcome, one.evidence, one.location) for one in found] == [
        ("submodule-not-here", WARNING, ("vendor/lib",), Location(".gitmodules")),
        ("content-not-here", WARNING, ("model.bin",), Location("model.bin")),
    ]


def test_a_script_of_the_pipfile_is_followed(checked: Checked) -> None:
    files = {
        "app.py": "import x\napp = x.make()\n",
        "Pipfile": "[packages]\ngunicorn = '*'\n[scripts]\nupgrade = 'flask db upgrade'\n",
        "migrations/env.py": "",
        "migrations/versions/a.py": "down_revision = None\n",
    }

    assert outcomes(checked(files, build="pipenv install && pipenv run upgrade")) == []
    assert outcomes(checked(files, build="pipenv install")) == [("migrations-not-run", WARNING)]


APP = "import flask\nimport numpy\n\napp = flask.Flask(__name__)\n\n\ndef later():\n    import pandas\n"
LATEST = Commit(sha="c" * 40, tree="d" * 40, subject="Require numpy", branch="main")


def _not_pushed(checked: Checked, *, upstream: str, now: str = "flask\ngunicorn\nnumpy>=1.24\npandas\n") -> Finding:
    state = WorkingState(
        upstream="origin/main", unpushed=(LATEST,), upstream_texts={"requirements.txt": upstream} if upstream else {}
    )
    (found,) = checked({"app.py": APP, "requirements.txt": now}, state=state)
    return found


def test_a_requirement_that_only_the_unpushed_commit_has_is_named_with_the_import_that_needs_it(
    checked: Checked,
) -> None:
    found = _not_pushed(checked, upstream="flask\ngunicorn\n")

    assert (found.code, found.outcome, found.location) == (
        "commit-not-pushed",
        Outcome.WARNING,
        Location("requirements.txt", 3),
    )
    assert found.message == (
        "a commit is not pushed to origin/main: Render will not have this, nor numpy, which its start needs"
    )
    assert found.evidence == (
        "ccccccc Require numpy",
        "requirements.txt:3: numpy>=1.24, needed at start: app.py:2 import numpy",
    )


def test_an_unpushed_commit_that_changes_no_requirement_is_told_as_such(checked: Checked) -> None:
    for upstream in ("", "flask\ngunicorn\nnumpy\n"):
        found = _not_pushed(checked, upstream=upstream)

        assert (found.location, found.evidence) == (None, ("ccccccc Require numpy",))
        assert found.message == "a commit is not pushed to origin/main: Render will not have this"


def test_packages_that_the_start_command_installs_are_a_warning_at_their_line(checked: Checked) -> None:
    script = "#!/bin/bash\nset -e\npip install -q flask gunicorn\nexec gunicorn app:app\n"

    found = checked({**FILES, "start.sh": script}, start="./start.sh", executable=("start.sh",))

    assert [(one.code, one.outcome, one.location) for one in found] == [
        ("installs-at-start", Outcome.WARNING, Location("start.sh", 3))
    ]
    assert found[0].remedy == "move `pip install -q flask gunicorn` into the build command of shop"


UV_PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask", "gunicorn"]\n\n'
    '[dependency-groups]\n# of the desk\ndev = ["pytest"]\n',
    "app.py": FILES["app.py"],
}


def test_what_uv_run_brings_at_each_start_is_a_note_with_the_option_that_spares_it(checked: Checked) -> None:
    found = checked(UV_PROJECT, build="uv sync --no-dev", start="uv run gunicorn app:app")

    (note,) = [one for one in found if one.code == "installs-at-start"]
    assert note.outcome is Outcome.NOTE
    assert note.message == "`uv run` installs at each start what the build leaves out by --no-dev"
    assert note.remedy == "write `uv run --no-sync` in render.yaml"


@pytest.mark.parametrize(
    ("build", "start"),
    [
        ("uv sync", "uv run gunicorn app:app"),
        ("uv sync --no-dev", "uv run --no-dev gunicorn app:app"),
        ("uv sync --no-dev", "uv run --no-sync gunicorn app:app"),
        ("uv sync --no-dev", "UV_NO_SYNC=1 uv run gunicorn app:app"),
        ("uv sync --no-install-project", "uv run gunicorn app:app"),
        ("uv sync --no-dev", ".venv/bin/gunicorn app:app"),
    ],
)
def test_uv_run_that_finds_all_it_wants_is_none(checked: Checked, build: str, start: str) -> None:
    found = checked(UV_PROJECT, build=build, start=start)

    assert "installs-at-start" not in [one.code for one in found]


def test_a_pip_that_only_renews_itself_at_start_is_none(checked: Checked) -> None:
    assert outcomes(checked(FILES, start="pip install --upgrade pip && gunicorn app:app")) == []


def test_uv_that_passes_over_the_environment_is_a_warning(checked: Checked) -> None:
    (finding,) = checked(
        {"requirements.txt": "gunicorn\n", "app.py": "app = 1\n"},
        build="pip install uv && uv pip install --system -r requirements.txt",
        start="gunicorn app:app",
    )

    assert (finding.code, finding.outcome) == ("uv-system-python", Outcome.WARNING)


@pytest.mark.parametrize(
    ("present", "remedy"),
    [
        (
            "requirements.tx",
            "git mv requirements.tx requirements.txt && git commit, or correct the name in render.yaml",
        ),
        (
            "deploy/requirements.txt",
            "write `rootDir: deploy` for shop in render.yaml, or name deploy/requirements.txt",
        ),
        ("other.txt", "commit requirements.txt, or correct its name in render.yaml"),
    ],
)
def test_for_a_file_that_is_not_there_the_nearest_one_is_named(checked: Checked, present: str, remedy: str) -> None:
    found = checked(
        {present: "gunicorn\n", "app.py": "app = 1\n"},
        build="pip install -r requirements.txt",
        start="gunicorn app:app",
    )

    assert [one.remedy for one in found if one.code in {"requirements-file-missing", "wrong-root-directory"}] == [
        remedy
    ]


def test_without_a_command_nothing_is_claimed_of_files_or_of_a_server(tmp_path: Path) -> None:
    contract = replace(gunicorn_case.CONTRACT, location=Location("render.yaml", 2))

    (passed,) = check(gunicorn_case.case_of(contract, tmp_path))

    assert passed.message == "no command to read: only the code and what the commit lacks were looked at"


def test_what_was_read_is_counted(tmp_path: Path) -> None:
    files = {**FILES, "requirements.txt": "gunicorn\nx\n"}

    (passed,) = check(gunicorn_case.case(tmp_path, files, start="gunicorn -b 0.0.0.0:$PORT app:app"))

    assert passed.message.startswith("2 commands, 1 requirement file read: the files they name are there, the server")


@pytest.mark.parametrize(
    ("start", "claims"),
    [
        ("gunicorn -b 0.0.0.0:$PORT app:app", True),
        ("python app.py", False),
        ("PY=python3; $PY -m gunicorn app:app", False),
    ],
)
def test_where_a_server_listens_is_claimed_of_one_that_a_command_names_alone(
    tmp_path: Path, start: str, *, claims: bool
) -> None:
    (passed,) = (one for one in check(gunicorn_case.case(tmp_path, FILES, start=start)) if one.code == "config")

    assert ("listens where the target looks" in passed.message) is claims
    assert ("shows at the boot" in passed.message) is not claims
