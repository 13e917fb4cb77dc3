from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.images import judging, tree
from deploy_suite.model.contract import Contract, Literal, Phase, Prompted, ServiceKind
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.model.secret import Secret
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

YAML = """\
services:
  - type: web
    name: shop
    runtime: docker
    plan: starter
    dockerfilePath: ./backend/Dockerfile
    dockerContext: ./backend
    healthCheckPath: /health
    envVars:
      - key: SECRET_KEY
        sync: false
      - key: EXTRA
        value: redis
      - key: LOG_LEVEL
        value: warning
"""
DOCKERFILE = """\
FROM python:3.11-slim
ARG EXTRA
ENV LOG_LEVEL=info PYTHONPATH=/code PORT=5000
WORKDIR /code
RUN apt-get update && apt-get install -y libpq5
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
"""
APP = "from fastapi import FastAPI\nimport shop\napp = FastAPI()\n"
FILES = {
    "render.yaml": YAML,
    "backend/Dockerfile": DOCKERFILE,
    "backend/requirements.txt": "fastapi\nuvicorn\n",
    "backend/main.py": APP,
    "backend/shop/__init__.py": "",
    "frontend/index.html": "",
}


def only(reading: Reading) -> Contract:
    assert len(reading.contracts) == 1
    return reading.contracts[0]


def above_notes(reading: Reading) -> list[tuple[str, str, str]]:
    return [
        (one.code, one.outcome.value, str(one.location)) for one in reading.findings if one.outcome is not Outcome.NOTE
    ]


def test_the_dockerfile_is_the_contract(read: Read) -> None:
    contract = only(read(FILES))

    assert (contract.kind, str(contract.root), contract.python.version, contract.port) == (
        ServiceKind.WEB,
        "backend",
        "3.11",
        10000,
    )
    assert contract.start is not None
    assert (contract.start.text, contract.start.location) == (
        "uvicorn main:app --host 0.0.0.0 --port 8000",
        Location("backend/Dockerfile", 9),
    )
    assert contract.build is not None
    assert contract.build.text.split("\n")[6] == "( pip install -r requirements.txt )"
    assert (contract.image, contract.image_packages) == ("python:3.11-slim", ("libpq5",))
    assert contract.container is not None
    assert [origin for _, origin in contract.container.files] == [
        "backend/Dockerfile",
        "backend/main.py",
        "backend/requirements.txt",
        "backend/shop/__init__.py",
    ]
    assert contract.entry is not None
    assert contract.entry.file == PurePosixPath("backend/main.py")


def test_variables_of_the_service_win_and_the_build_sees_those_it_declares(read: Read) -> None:
    contract = only(read(FILES))

    sources = {one.name: one.source for one in contract.variables}
    phases = {one.name: one.phases for one in contract.variables}
    assert sources["SECRET_KEY"] == Prompted()
    assert {
        name: source.value.revealed()
        for name in ("LOG_LEVEL", "EXTRA", "PORT", "PYTHONPATH")
        if isinstance(source := sources[name], Literal)
    } == {"LOG_LEVEL": "warning", "EXTRA": "redis", "PORT": "10000", "PYTHONPATH": "/opt/render/project/src/backend"}
    assert (phases["EXTRA"], phases["SECRET_KEY"]) == (frozenset(Phase), frozenset({Phase.RUN}))
    assert not {"GUNICORN_CMD_ARGS", "VENV_ROOT", "CI"} & sources.keys()


def test_a_note_says_what_is_not_run_here(read: Read) -> None:
    note = next(one for one in read(FILES).findings if one.code == "image-not-built")

    assert (note.outcome, note.location) == (Outcome.NOTE, Location("backend/Dockerfile", 1))
    assert note.evidence == ("not run here: apt-get update; apt-get install -y libpq5",)


def test_a_module_that_is_not_copied_fails_before_anything_is_built(read: Read) -> None:
    dockerfile = DOCKERFILE.replace("COPY . .", "COPY main.py .")

    reading = read({**FILES, "backend/Dockerfile": dockerfile})

    assert (reading.contracts, above_notes(reading)) == (
        (),
        [("docker-file-not-copied:shop", "failed", "backend/main.py:2")],
    )


def test_a_module_that_a_requirement_may_bring_is_not_missed(read: Read) -> None:
    files = {
        **FILES,
        "backend/Dockerfile": DOCKERFILE.replace("COPY . .", "COPY main.py ."),
        "backend/requirements.txt": "fastapi\nuvicorn\nshop\n",
    }

    assert above_notes(read(files)) == []


def test_what_dockerignore_leaves_out_is_told_with_its_line(read: Read) -> None:
    reading = read({**FILES, "backend/.dockerignore": "*.md\nshop/\n"})

    message = next(one.message for one in reading.findings if one.outcome is Outcome.FAILED)
    assert message == (
        "shop is imported when the service starts, and backend/shop/__init__.py does not get into the image: "
        "backend/.dockerignore:2 leaves it out (shop/)"
    )


def test_an_image_that_cannot_be_enacted_is_skipped_with_the_reason(read: Read) -> None:
    reading = read({**FILES, "backend/Dockerfile": DOCKERFILE.replace("RUN pip", "RUN make x && pip")})

    skipped = next(one for one in reading.findings if one.code == "service-not-checked")
    assert reading.contracts == ()
    assert (skipped.outcome, skipped.required, skipped.message) == (
        Outcome.SKIPPED,
        True,
        (
            "shop is not checked: backend/Dockerfile:7: it runs `make x`, of which nothing is known here, "
            "and nothing runs a container here"
        ),
    )


def test_the_docker_command_replaces_cmd(read: Read) -> None:
    yaml = YAML.replace("    envVars:\n", "    dockerCommand: python worker.py --port $PORT\n    envVars:\n", 1)

    start = only(read({**FILES, "render.yaml": yaml})).start

    assert start is not None
    assert (start.text, start.location) == ("python worker.py --port $PORT", Location("render.yaml", 9))


def test_without_a_stated_context_the_one_that_has_the_files_is_taken(read: Read) -> None:
    yaml = YAML.replace("    dockerContext: ./backend\n", "")

    reading = read({**FILES, "render.yaml": yaml})

    assert (str(only(reading).root), above_notes(reading)) == ("backend", [])


def test_a_tag_without_a_version_leaves_the_python_open(read: Read) -> None:
    dockerfile = DOCKERFILE.replace("python:3.11-slim", "python:slim")

    python = only(read({**FILES, "backend/Dockerfile": dockerfile})).python

    assert (python.is_pinned, python.origin) == (False, "image python:slim, whose tag names no version")


COMPOSE = """\
services:
  db:
    image: postgres:16
  api:
    build: ./backend
    ports: ["8000:8000"]
    environment:
      DATABASE_URL: postgresql://shop:shop@db:5432/shop
      LOG_LEVEL: ${LOG_LEVEL:-debug}
  worker:
    build: ./jobs
    command: ["python", "work.py"]
  web:
    build: ./frontend
"""


def test_a_compose_file_alone_names_the_services(read: Read) -> None:
    files = {
        **FILES,
        "docker-compose.yml": COMPOSE,
        "frontend/Dockerfile": "FROM node:20\nCMD npm start\n",
        "jobs/Dockerfile": "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "jobs/requirements.txt": "redis\n",
        "jobs/work.py": "import redis\n",
    }
    del files["render.yaml"]

    reading = read(files)

    assert [(one.service, one.kind, str(one.root)) for one in reading.contracts] == [
        ("api", ServiceKind.WEB, "backend"),
        ("worker", ServiceKind.WORKER, "jobs"),
    ]
    api = {one.name: one.source for one in reading.contracts[0].variables}
    assert api["DATABASE_URL"] == Prompted()
    assert isinstance(api["LOG_LEVEL"], Literal)
    assert api["LOG_LEVEL"].value.revealed() == "debug"
    assert above_notes(reading) == [("render-yaml-missing", "warning", "docker-compose.yml:1")]


OF_STAGES = """\
FROM python:3.12 AS base
WORKDIR /srv
RUN pip install flask gunicorn
FROM base AS dev
CMD ["python", "main.py"]
FROM base AS final
COPY . .
CMD ["gunicorn", "main:app"]
"""


@pytest.mark.parametrize(
    ("own", "starts"),
    [
        ("{build: {context: ./vote, target: dev}, volumes: ['./vote:/srv'], ports: ['80:80']}", ["gunicorn main:app"]),
        ("{build: {context: ./vote, target: dev}, command: flask run, ports: ['80:80']}", ["gunicorn main:app"]),
        ("{build: {context: ./vote, target: dev}, command: celery -A main worker}", ["celery -A main worker"]),
        ("{build: {context: ./vote, target: final}, command: flask run, ports: ['80:80']}", ["flask run"]),
        ("{build: ./vote, profiles: [debug], ports: ['80:80']}", ["gunicorn main:app"]),
    ],
)
def test_of_a_compose_file_the_stage_is_taken_that_render_builds(read: Read, own: str, starts: list[str]) -> None:
    files = {"compose.yaml": f"services:\n  vote: {own}\n", "vote/Dockerfile": OF_STAGES, "vote/main.py": "app = 1\n"}

    assert [one.start.text for one in read(files).contracts if one.start] == starts


def test_of_a_compose_file_what_only_a_profile_starts_is_left_out_beside_others(read: Read) -> None:
    text = "services:\n  vote: {build: ./vote, ports: ['80:80']}\n  seed: {build: ./vote, profiles: [seed]}\n"
    files = {"compose.yaml": text, "vote/Dockerfile": OF_STAGES, "vote/main.py": "app = 1\n"}

    assert [one.service for one in read(files).contracts] == ["vote"]


@pytest.mark.parametrize(
    ("last", "start"),
    [
        ("", "./entry.sh start 8000"),
        ("CMD ['serve']\n".replace("'", '"'), "./entry.sh serve"),
    ],
)
def test_an_entrypoint_that_an_image_hands_nothing_is_called_as_the_compose_file_does(
    read: Read, last: str, start: str
) -> None:
    image = f'FROM python:3.12\nWORKDIR /srv\nCOPY . .\nENTRYPOINT ["/srv/entry.sh"]\n{last}'
    text = "services:\n  web: {build: ., command: [start, '8000'], ports: ['8000:8000']}\n"
    files = {"Dockerfile": image, "compose.yaml": text, "entry.sh": "exec uvicorn main:app\n", "main.py": APP}

    command = only(read(files)).start

    assert command is not None
    assert command.text == start


def test_of_long_commands_that_are_left_out_the_beginning_is_shown(read: Read) -> None:
    long = "apt-get install -y --no-install-recommends \\\n build-essential \\\n libffi-dev libssl-dev"
    reading = read({**FILES, "backend/Dockerfile": DOCKERFILE.replace("apt-get install -y libpq5", long)})

    (note,) = (one for one in reading.findings if one.code == "image-not-built")

    assert note.evidence == ("not run here: apt-get update; apt-get install -y --no-install-recommends …",)


IMAGE = "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\nCMD uvicorn main:app\n"
OF_A_DESK = "services:\n  web: {build: ., environment: [DEBUG=1]}\n  db: {image: postgres}\n"


@pytest.mark.parametrize(
    ("more", "containers"),
    [
        ({}, 1),
        ({"docker-compose.yml": OF_A_DESK}, 1),
        ({"docker-compose.yml": OF_A_DESK + "  worker: {build: ., command: celery -A main worker}\n"}, 1),
        ({"docker-compose.yml": OF_A_DESK + "  worker: {build: jobs}\n", "jobs/Dockerfile": IMAGE}, 0),
        ({"Procfile": "web: uvicorn main:app\n"}, 0),
        ({"Dockerfile": "FROM python:3.12\nCOPY . /srv\n"}, 0),
    ],
)
def test_a_dockerfile_that_says_how_it_starts_is_not_guessed_past(
    read: Read, more: Mapping[str, str], containers: int
) -> None:
    own = {"Dockerfile": IMAGE, "requirements.txt": "fastapi\nuvicorn\n", "main.py": APP}

    contract = only(read({**own, **more}))

    assert len([one for one in (contract.container,) if one]) == containers
    assert [one.source for one in contract.variables if one.name == "DEBUG"] == []


def test_the_host_that_the_code_allows_is_the_one_of_an_image_too(read: Read) -> None:
    allowing = APP + "app.add_middleware(Hosts, allowed_hosts=['localhost', 'Shop-Dc03.onrender.com'])\n"

    contract = only(read({"Dockerfile": IMAGE, "requirements.txt": "fastapi\nuvicorn\n", "main.py": allowing}))

    assert contract.host == "shop-dc03.onrender.com"


def test_nothing_is_guessed_beside_an_image_that_cannot_be_enacted(read: Read) -> None:
    image = "FROM python:3.12\nRUN make x && pip\nCMD uvicorn main:app\n"

    reading = read({"Dockerfile": image, "requirements.txt": "fastapi\nuvicorn\n", "main.py": APP})

    assert [(one.code, one.outcome, one.required) for one in reading.findings] == [
        ("render-yaml-missing", Outcome.NOTE, False),
        ("service-not-checked", Outcome.SKIPPED, True),
    ]
    assert reading.contracts == ()


def test_a_dockerfile_alone_is_a_web_service(read: Read) -> None:
    files = {"Dockerfile": 'FROM python:3.12\nCOPY . /srv\nWORKDIR /srv\nCMD ["python", "-m", "http.server"]\n'}

    reading = read(files)

    assert [(one.service, one.kind) for one in reading.contracts] == [("shop", ServiceKind.WEB)]


def test_the_tree_of_an_image_holds_what_is_copied_and_nothing_else(read: Read, tmp_path: Path) -> None:
    dockerfile = DOCKERFILE.replace("COPY . .", "COPY main.py .\nCOPY <<EOF start.sh\n#!/bin/sh\nEOF")
    contract = only(read({**FILES, "backend/Dockerfile": dockerfile, "backend/main.py": "app = 1\n"}))
    snapshot = Snapshot(commit=Commit(sha="a" * 40, tree="b" * 40, subject=""), folder=tmp_path)
    assert contract.container is not None

    laid_out = tree.laid_out(contract.container, snapshot, tmp_path / "image", root=contract.root)

    files = sorted(str(file.relative_to(laid_out.folder)) for file in laid_out.folder.rglob("*") if file.is_file())
    assert files == ["backend/main.py", "backend/requirements.txt", "backend/start.sh"]
    assert (laid_out.folder / "backend/start.sh").read_text() == "#!/bin/sh\n"
    assert laid_out.commit.tree.startswith("b" * 40 + "-")


def test_an_image_gets_its_tools_from_its_own_lines_alone(read: Read) -> None:
    native = FILES["render.yaml"].replace("runtime: docker", "runtime: python\n    startCommand: uvicorn main:app")

    assert "uv" in only(read({**FILES, "render.yaml": native})).tool_signs
    assert only(read(FILES)).tool_signs == {}


BUNDLED = DOCKERFILE.replace("COPY . .", "COPY . .\nCOPY --from=web /dist ./static\nCOPY --from=web /a.css ./css/")


def test_the_place_of_what_another_stage_builds_is_laid_out_and_told(read: Read, tmp_path: Path) -> None:
    reading = read({**FILES, "backend/Dockerfile": f"FROM node:20 AS web\nRUN npm run build\n{BUNDLED}"})
    contract = only(reading)
    snapshot = Snapshot(commit=Commit(sha="a" * 40, tree="b" * 40, subject=""), folder=tmp_path)
    assert contract.container is not None

    laid_out = tree.laid_out(contract.container, snapshot, tmp_path / "image", root=contract.root)

    assert (laid_out.folder / "backend/static/assets").is_dir()
    assert "stands in" in (laid_out.folder / "backend/static/index.html").read_text()
    assert list((laid_out.folder / "backend/css").iterdir()) == []
    (told,) = (one for one in reading.findings if one.code == "image-stage-not-built")
    assert told.outcome is Outcome.NOTE
    assert told.message == (
        "what backend/Dockerfile takes from node:20 is not built here: folders without its files stand in"
    )
    assert told.evidence == (
        "backend/Dockerfile:11: COPY --from brings /code/static from node:20",
        "backend/Dockerfile:12: COPY --from brings /code/css/a.css from node:20",
    )


def test_a_program_that_another_stage_brings_proves_nothing_here(read: Read) -> None:
    text = f"FROM golang:1.24 AS tools\n{DOCKERFILE}".replace(
        "RUN apt-get", "COPY --from=tools /go/bin/x /bin/\nRUN : "
    )
    contract = only(read({**FILES, "backend/Dockerfile": text}))
    ended = failure("start-command-not-found:x")
    result = CheckResult(check="boot", service="shop", target="render", seconds=0.0, findings=(ended,))

    (told,) = judging.judged(result, contract).findings

    assert told.outcome is Outcome.SKIPPED


def judged(read: Read, finding: Finding) -> tuple[str, str, str]:
    contract = only(read(FILES))
    assert contract.container is not None
    moved = replace(contract.container, files=(("backend/x.py", "other/x.py"),))
    result = CheckResult(check="boot", service="shop", target="render", seconds=0.0, findings=(finding,))
    told = judging.judged(result, replace(contract, container=moved)).findings[0]
    return told.code, told.outcome.value, str(told.location)


def failure(code: str, *evidence: str) -> Finding:
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message="it ended",
        location=Location("backend/x.py", 3),
        evidence=evidence,
        remedy="mend it",
    )


def test_a_failure_over_a_path_of_the_image_proves_nothing_here(read: Read) -> None:
    finding = failure("start-failed", "FileNotFoundError: [Errno 2] No such file or directory: '/code/data/x.json'")

    assert judged(read, finding) == ("cannot-check-here", "skipped", "other/x.py:3")


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        ("python:3.11-slim", "failed"),
        ("docker.io/library/debian:12", "failed"),
        ("python:3.12-alpine", "skipped"),
        ("python-alpine", "skipped"),
        ("registry.access.redhat.com/ubi9/python-311", "skipped"),
        ("", "skipped"),
    ],
)
def test_what_another_shell_makes_of_a_script_is_known_where_it_is_the_same(
    read: Read, image: str, outcome: str
) -> None:
    contract = replace(only(read(FILES)), image=image)
    ended = failure("shell-dialect", "./start.sh: 2: set: Illegal option -o pipefail")
    result = CheckResult(check="boot", service="shop", target="render", seconds=0.0, findings=(ended,))

    (told,) = judging.judged(result, contract).findings

    assert told.outcome.value == outcome


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("start.sh: 6: cannot create /etc/shop/shop.cfg: Directory nonexistent", "skipped"),
        ("start.sh: line 6: /opt/shop/.venv/bin/activate: No such file or directory", "skipped"),
        ("start.sh: line 6: /etc/other.cfg: No such file or directory", "failed"),
        ("start.sh: line 6: /opt/other/run: No such file or directory", "failed"),
    ],
)
def test_what_the_image_makes_and_where_it_works_is_not_missed_here(read: Read, said: str, outcome: str) -> None:
    contract = only(read(FILES))
    assert contract.container is not None
    image = replace(contract.container, workdir="/opt/shop", left_out=("mkdir -p /etc/shop && chmod 1777 /tmp",))
    result = CheckResult(check="boot", service="shop", target="render", seconds=0.0, findings=(failure("x", said),))

    (told,) = judging.judged(result, replace(contract, container=image)).findings

    assert told.outcome.value == outcome


def test_a_program_that_the_image_may_have_installed_proves_nothing_here(read: Read) -> None:
    assert judged(read, failure("start-command-not-found:nginx"))[:2] == ("cannot-check-here", "skipped")


def test_any_other_failure_stays_one_at_the_repository_s_own_place(read: Read) -> None:
    finding = failure("missing-requirement:redis", "GET /app/items answers 500", "File /usr/lib/python3/x.py")

    assert judged(read, finding) == ("missing-requirement:redis", "failed", "other/x.py:3")


def test_the_parts_of_a_database_that_is_another_container_are_the_targets_to_give(read: Read) -> None:
    files = {
        **FILES,
        "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n  api:\n    build: ./backend\n"
        "    ports: ['80:80']\n    environment:\n"
        "      POSTGRES_SERVER: db\n      POSTGRES_USER: shop\n      DB_NAME: shop\n      SHOP_USER: shop\n",
    }
    del files["render.yaml"]

    (contract,) = read(files).contracts

    stated = {one.name: one.source for one in contract.variables if one.name.startswith(("POSTGRES_", "DB_", "SHOP_"))}
    assert stated == {
        "POSTGRES_SERVER": Prompted(),
        "POSTGRES_USER": Prompted(),
        "DB_NAME": Prompted(),
        "POSTGRES_PORT": Prompted(),
        "SHOP_USER": Literal(Secret("shop")),
    }
