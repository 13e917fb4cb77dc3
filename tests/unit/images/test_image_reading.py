from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.images import bases, lints, overrides, reading, runs
from deploy_suite.images.reading import Made

Read = Callable[..., Made]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading_of(text: str, files: Mapping[str, str], *, context: str = "", **rest: str) -> Made:
        for name, content in {**files, "Dockerfile": text}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        made = reading.read(tmp_path, PurePosixPath("Dockerfile"), context=PurePosixPath(context), given={}, **rest)
        assert made is not None
        return made

    return reading_of


def lines(made: Made) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(made.build.split("\n"), 1) if line]


def started(made: Made) -> tuple[str, int] | None:
    return (made.start.text, made.start.line) if made.start else None


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("python:3.11-slim", "3.11"),
        ("python:3.12.4-slim-bookworm", "3.12.4"),
        ("docker.io/library/python:3.13-alpine", "3.13"),
        ("registry:5000/python:3.10@sha256:abc", "3.10"),
        ("mcr.microsoft.com/devcontainers/python:3.12-bullseye", "3.12"),
        ("mcr.microsoft.com/devcontainers/python:1-3.11-bookworm", "3.11"),
        ("mcr.microsoft.com/devcontainers/base:ubuntu", None),
        ("python", ""),
        ("python:slim", ""),
        ("python:3-slim", ""),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "3.12"),
        ("python:2.7", None),
        ("node:20-alpine", None),
        ("gcr.io/distroless/python3-debian12", None),
        ("ghcr.io/astral-sh/uv:latest", None),
        ("tiangolo/uvicorn-gunicorn:python3.11", None),
    ],
)
def test_the_python_of_an_image_is_in_its_name(name: str, version: str | None) -> None:
    base = bases.read(name)

    assert (base.version if base else None) == version


def test_the_run_lines_become_a_build_command_in_their_own_lines(read: Read) -> None:
    made = read(
        "ARG PYTHON_VERSION=3.11\n"
        "FROM python:${PYTHON_VERSION}-slim\n"
        "WORKDIR /app\n"
        "ENV MODELS=/app/models DATA=/data PATH=/opt/venv/bin:$PATH\n"
        "RUN apt-get update && \\\n"
        "    apt-get install -y --no-install-recommends libpq5=15.1 curl && \\\n"
        "    pip install --no-cache-dir -r /tmp/requirements.txt && \\\n"
        "    rm -rf /var/lib/apt/lists/*\n"
        "COPY requirements.txt /tmp/requirements.txt\n"
        "RUN mkdir -p /app/logs && chown app /app/logs\n"
        "COPY . .\n"
        'CMD ["gunicorn", "--bind", "0.0.0.0:$PORT", "main:app"]\n',
        {"requirements.txt": "flask\n", "main.py": ""},
    )

    assert lines(made) == [
        (1, "set -e; mkdir -p .image"),
        (4, "export MODELS=models; export DATA=.image/data"),
        (7, "( pip install --no-cache-dir -r ./requirements.txt )"),
        (10, "( mkdir -p logs )"),
    ]
    assert started(made) == ("gunicorn --bind '0.0.0.0:$PORT' main:app", 12)
    assert (made.base.version if made.base else None, made.packages, made.obstacles) == ("3.11", ("libpq5", "curl"), ())
    assert made.left_out[0] == "apt-get update"
    assert made.environment == {
        "MODELS": ("/opt/render/project/src/models", 4),
        "DATA": ("/opt/render/project/src/.image/data", 4),
    }


def test_a_folder_that_the_image_does_not_have_yet_may_be_here_from_the_beginning(read: Read) -> None:
    made = read(
        "FROM python:3.12\nRUN mkdir /app\nWORKDIR /app\nADD ./ /app/\nRUN mkdir static && touch static/a\n",
        {"main.py": "", "static/b": ""},
    )

    assert lines(made) == [(1, "set -e"), (2, "( mkdir -p . )"), (5, "( mkdir -p static && touch static/a )")]


def test_what_a_python_stage_installs_comes_along_with_its_environment(read: Read) -> None:
    made = read(
        "FROM python:3.12-slim AS builder\n"
        "WORKDIR /build\n"
        "RUN python -m venv /opt/venv\n"
        "COPY requirements.txt ./\n"
        "RUN /opt/venv/bin/pip install --prefix=/install -r requirements.txt\n"
        "FROM python:3.12-slim\n"
        "COPY --from=builder /opt/venv /opt/venv\n"
        "WORKDIR /srv\n"
        "COPY backend/ .\n"
        "COPY backend/start.sh /start.sh\n"
        'ENTRYPOINT ["/usr/bin/tini", "--", "/start.sh"]\n',
        {"requirements.txt": "flask\n", "backend/main.py": "", "backend/start.sh": "#!/bin/sh\n"},
    )

    assert (str(made.layout.root), made.obstacles) == ("backend", ())
    assert next(number for number, line in lines(made) if "pip" in line) == 5
    assert started(made) == ("./start.sh", 11)
    assert {str(place): str(origin) for place, origin in made.layout.origins.items()} == {
        "backend/main.py": "backend/main.py",
        "backend/start.sh": "backend/start.sh",
        "backend/.image/build/requirements.txt": "requirements.txt",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM node:20\nCMD node x.js\n", "it is built on node:20, no image of Python"),
        ("FROM python:3.12\nRUN make install\nCMD x\n", "it runs `make install`, of which nothing is known here"),
        (
            'FROM python:3.12\nARG WHEEL\nCOPY "$WHEEL" /tmp/\nRUN pip install /tmp/*.whl\nCMD x\n',
            "it copies what the build argument WHEEL names, which has no default and is not given",
        ),
        (
            "FROM python:3.12\nWORKDIR /app\nRUN curl -o model.bin https://x.test/m\nCMD x\n",
            "it runs `curl -o model.bin https://x.test/m`, of which nothing is known here",
        ),
        (
            "FROM debian AS a\nRUN pip3 install x\nFROM python:3.12\nWORKDIR /app\nCOPY --from=a /x static\nCMD x\n",
            "it takes files from a stage on debian, no image of Python, which runs Python",
        ),
        (
            "FROM debian AS a\nFROM a\nRUN /x/conda install x\nFROM python:3.12\nCOPY --from=1 /x static\nCMD x\n",
            "it takes files from a stage on debian, no image of Python, which runs Python",
        ),
        (
            "FROM base/own AS a\nFROM python:3.12\nWORKDIR /app\nCOPY --from=a /opt/venv /opt/venv\nCMD x\n",
            "it takes /opt/venv from base/own, no image of Python",
        ),
        (
            "FROM node:20 AS web\nFROM python:3.12\nWORKDIR /app\nCOPY --from=web /all .\nCMD x\n",
            "it takes /all from node:20, no image of Python",
        ),
        (
            "FROM node:20 AS web\nFROM web\nCOPY --from=web /all .\nCMD x\n",
            "it is built on node:20, no image of Python",
        ),
        (
            "FROM python:3.12\nWORKDIR /app\nCOPY --from=python:3.11 /usr/x /app/x\nCMD x\n",
            "it takes files from the image python:3.11",
        ),
        (
            "FROM python:3.12\nRUN if [ -f x ]; then apt-get update; pip install flask; fi\nCMD x\n",
            "it mixes installing with branches or loops around what cannot be run here",
        ),
        (
            "FROM python:3.11 AS a\nRUN pip install x\nFROM python:3.12\nCOPY --from=a /usr/local /usr/local\nCMD x\n",
            "its stages have several versions of Python: 3.11, 3.12",
        ),
    ],
)
def test_what_cannot_be_enacted_is_said(read: Read, text: str, reason: str) -> None:
    assert [one.reason for one in read(text, {}).obstacles][:1] == [reason]


FRONTEND = (
    "FROM node:20-alpine AS deps\nWORKDIR /web\nARG MODE=x\nENV A=b\nCOPY web/package*.json ./\nRUN npm ci\n"
    "FROM deps AS web\nCOPY web/ ./\nCOPY --from=deps /web/node_modules ./node_modules\nRUN npm run build\n"
    "FROM python:3.12-slim\nWORKDIR /app\n"
)
SOURCES = {"main.py": "", "web/package.json": "{}", "web/main.js": ""}


@pytest.mark.parametrize(
    ("copy", "stand_in"),
    [
        ("--from=web /web/dist ./static", ("static", True, True, "/app/static", "node:20-alpine")),
        ("--from=web /web/dist/ ./", None),
        ("--from=web /web/dist/* /app/static/", ("static", True, True, "/app/static", "node:20-alpine")),
        ("--from=web /web/app.css static/", ("static/app.css", False, False, "/app/static/app.css", "node:20-alpine")),
        ("--from=web /web/dist /srv/www", (".image/srv/www", True, True, "/srv/www", "node:20-alpine")),
        ("--from=web /usr/local/bin/node /usr/local/bin/", ("", False, False, "/usr/local/bin/node", "node:20-alpine")),
        ("--from=golang:1.24 /gen ./gen", ("gen", True, False, "/app/gen", "golang:1.24")),
        ("--from=1 /web/dist dist", ("dist", True, True, "/app/dist", "node:20-alpine")),
    ],
)
def test_what_a_stage_without_python_builds_is_stood_in_for(
    read: Read, copy: str, stand_in: tuple[str, bool, bool, str, str] | None
) -> None:
    made = read(f"{FRONTEND}COPY main.py .\nCOPY {copy}\nCMD python main.py\n", SOURCES)

    told = [(one.path, one.is_folder, one.is_site, one.target, one.origin) for one in made.stand_ins]
    assert told == ([stand_in] if stand_in else [])
    assert len(made.obstacles) == (0 if stand_in else 1)
    assert [one.line for one in made.stand_ins] == [14] * len(told)


def test_a_stage_that_is_stood_in_for_gives_the_image_nothing(read: Read) -> None:
    made = read(f"{FRONTEND}COPY main.py .\nCOPY --from=web /web/dist static\nCMD python main.py\n", SOURCES)

    assert (made.build, made.environment, made.left_out) == ("", {}, ())
    assert [str(origin) for origin in made.layout.origins.values()] == ["main.py"]


def test_what_a_stage_that_is_stood_in_for_copies_must_be_there(read: Read) -> None:
    made = read(f"{FRONTEND}COPY main.py .\nCOPY --from=web /web/dist static\nCMD python main.py\n", {"main.py": ""})

    assert found(made) == [("docker-copy-missing-file", "failed", "Dockerfile:8")]


@pytest.mark.parametrize(
    ("start", "codes"), [("python main.py", ["docker-file-not-copied:main.py"]), ("python static/run.py", [])]
)
def test_what_no_line_copies_is_told_beside_a_stand_in_and_not_below_it(
    read: Read, start: str, codes: list[str]
) -> None:
    files = {**SOURCES, "static/run.py": ""}
    made = read(f"{FRONTEND}COPY --from=web /web/dist static\nCMD {start}\n", files)

    assert [code for code, _, _ in found(made)] == codes


@pytest.mark.parametrize("copy", ["--from=ghcr.io/astral-sh/uv:latest /uv /bin/", "--from=uv /uv /uvx /bin/"])
def test_an_installer_that_is_copied_is_no_stand_in(read: Read, copy: str) -> None:
    made = read(f"FROM ghcr.io/astral-sh/uv:0.8 AS uv\nFROM python:3.12\nWORKDIR /app\nCOPY {copy}\nCMD python\n", {})

    assert (made.stand_ins, made.obstacles) == ((), ())


def test_what_only_tidies_the_image_up_is_no_obstacle(read: Read) -> None:
    made = read("FROM python:3.12\nRUN pip install x && truncate --size 0 /var/log/*log\nCMD python main.py\n", {})

    assert (made.obstacles, made.left_out) == ((), ("truncate --size 0 /var/log/*log",))


def test_of_folders_made_at_once_those_in_the_tree_are_made(read: Read) -> None:
    text = (
        "FROM python:3.12\nWORKDIR /srv\n"
        "RUN pip install x && mkdir -p /config /srv/data /tmp/y && chmod 1777 /tmp/y && chmod -R 777 /config data\n"
        "CMD python main.py\n"
    )

    made = read(text, {})

    assert lines(made)[-1] == (
        3,
        "( pip install x && mkdir -p .image/config data && chmod -R 777 .image/config data )",
    )
    assert (made.obstacles, made.left_out) == ((), ("chmod 1777 /tmp/y",))


def test_a_stage_that_nothing_needs_is_no_obstacle(read: Read) -> None:
    made = read("FROM node:20 AS docs\nRUN npm ci\nFROM python:3.12\nCMD python main.py\n", {"main.py": ""})

    assert (made.obstacles, started(made)) == ((), ("python main.py", 4))


@pytest.mark.parametrize(
    ("end", "start"),
    [
        ("CMD uvicorn main:app --port ${PORT:-8000}\n", ("uvicorn main:app --port ${PORT:-8000}", 3)),
        ('ENTRYPOINT ["python"]\nCMD ["main.py"]\n', ("python main.py", 3)),
        ("ENTRYPOINT python main.py\nCMD x\n", ("python main.py", 3)),
        ('ENTRYPOINT ["gosu", "app", "python", "/app/main.py"]\n', ("python main.py", 3)),
        ('CMD ["sh", "-c", "cd /app/sub && exec python main.py"]\n', ("sh -c 'cd sub && exec python main.py'", 3)),
        ('CMD ["/app/.venv/bin/uvicorn", "main:app"]\n', ("uvicorn main:app", 3)),
        ("CMD python one.py\nCMD python two.py\n", ("python two.py", 4)),
        ("USER app\n", None),
    ],
)
def test_the_start_is_made_of_entrypoint_and_cmd(read: Read, end: str, start: tuple[str, int] | None) -> None:
    assert started(read(f"FROM python:3.12\nWORKDIR /app\n{end}", {})) == start


def test_the_target_may_replace_cmd_and_not_the_entrypoint(read: Read) -> None:
    text = 'FROM python:3.12\nENTRYPOINT ["./run.sh"]\nCMD ["web"]\n'

    assert started(read(text, {}, command="worker --fast")) == ("./run.sh worker --fast", 0)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("pip install --user -r r.txt", "( pip install -r r.txt )"),
        ("pip3 install --root-user-action=ignore flask", "( pip install flask )"),
        ("python -m pip install --upgrade pip", "( pip install --upgrade pip )"),
        ("pip wheel --wheel-dir /wheels -r r.txt", "( pip install -r r.txt )"),
        ("pip install --no-cache /wheels/*", ""),
        ("uv pip install --system --no-cache -r r.txt", "( uv pip install --no-cache -r r.txt )"),
        ("pip install torch --find-links https://x.test/whl", "( pip install torch --find-links https://x.test/whl )"),
        ("apt-get update; pip install flask", "( set +e; pip install flask )"),
        ("pip uninstall -y a && pip install 'a<2'", "( pip uninstall -y a && pip install 'a<2' )"),
        ("pip install x || true", "( pip install x || true )"),
        ("apt-get update && useradd app", ""),
        ("curl -LsSf https://astral.sh/uv/install.sh | sh", ""),
        ("python -m build --wheel", "( pip install . )"),
        (". /opt/venv/bin/activate && pip install flask", "( pip install flask )"),
        ("pip check /app/*", "( pip check '/app/*' )"),
        ("uv pip sync a.whl", "( uv pip sync a.whl )"),
        ("pip uninstall --root / a.whl", "( pip uninstall a.whl )"),
        ("pip install --user --index-url '' flask", "( pip install --index-url '' flask )"),
    ],
)
def test_only_what_python_finds_is_run_here(source: str, text: str) -> None:
    enacted = runs.read(source)

    assert (enacted.text, enacted.obstacle) == (text, "")


@pytest.mark.parametrize(
    "source",
    [
        "rm -rf /root/.cache / /var/lib",
        "cp x /etc/y && chmod +x /usr/bin/z && ln -s /a /usr/bin/b",
        'rm -rf "$UNSET"/*',
        "cd /tmp && rm -rf *",
        "cd .. && rm -rf *",
        "cd - && rm -rf *",
        "cd $SOMEWHERE && rm -rf *",
        "rm -rf ../other",
        "find / -name '*.pyc' -delete",
        "rm -rf ~/.cache",
    ],
)
def test_nothing_outside_of_the_working_folder_is_touched(source: str) -> None:
    enacted = runs.read(source)

    assert (enacted.text, enacted.obstacle) == ("", "")


def test_an_install_in_a_folder_of_the_image_itself_is_an_obstacle() -> None:
    assert runs.read("cd /tmp/source && pip install .").obstacle == (
        "it runs `pip install .`, of which nothing is known here"
    )


def found(made: Made, *, is_sure: bool = True) -> list[tuple[str, str, str]]:
    return [
        (one.code, one.outcome.value, str(one.location))
        for one in (*lints.problems(made, is_sure=is_sure), *overrides.problems(made))
    ]


def test_a_path_that_the_commit_or_the_context_lacks_cannot_be_copied(read: Read) -> None:
    made = read(
        "FROM python:3.12\nCOPY requirments.txt .\nCOPY secret.key glob-*.x /k/\nCOPY .git .\nCMD python main.py\n",
        {"requirements.txt": "", "secret.key": "", ".dockerignore": "*.key\n"},
    )

    assert found(made) == [
        ("docker-copy-missing-file", "failed", "Dockerfile:2"),
        ("docker-copy-missing-file", "failed", "Dockerfile:3"),
    ]
    messages = [one.message for one in lints.problems(made, is_sure=True)]
    assert messages == [
        "COPY cannot find requirments.txt: the build context is the top of the repository, and it has requirements.txt",
        "COPY cannot find secret.key: .dockerignore:1 leaves it out (*.key)",
    ]


def test_an_assumed_build_context_proves_nothing(read: Read) -> None:
    made = read("FROM python:3.12\nCOPY missing .\nCMD python main.py\n", {})

    assert found(made, is_sure=False) == [("docker-copy-missing-file", "warning", "Dockerfile:2")]


def test_a_requirements_file_must_be_copied_before_it_is_installed(read: Read) -> None:
    made = read(
        "FROM python:3.12\nWORKDIR /app\nRUN pip install -r requirements.txt\nCOPY . .\nCMD python main.py\n",
        {"requirements.txt": "flask\n", "main.py": ""},
    )

    assert found(made) == [("docker-file-not-copied:requirements.txt", "failed", "Dockerfile:3")]


def test_a_list_that_installs_the_project_itself_needs_the_project_copied_before(read: Read) -> None:
    lines = ["FROM python:3.12", "WORKDIR /app", "COPY requirements.txt .", "COPY . .", "CMD python main.py"]
    files = {"requirements.txt": "flask\n-e .\n", "setup.py": "", "main.py": ""}

    def with_install_at(number: int) -> Made:
        run = "RUN pip install -r requirements.txt"
        return read("\n".join((*lines[:number], run, *lines[number:])) + "\n", files)

    assert found(with_install_at(3)) == [("docker-file-not-copied:project", "failed", "requirements.txt:2")]
    assert found(with_install_at(4)) == []


def test_a_list_names_the_project_by_the_folder_that_pip_runs_in(read: Read) -> None:
    made = read(
        "FROM python:3.12\nWORKDIR /app\nCOPY backend backend\n"
        "RUN cd backend && pip install -r requirements.txt\nCMD python backend/main.py\n",
        {"backend/requirements.txt": "-e .\n", "backend/setup.py": "", "backend/main.py": ""},
    )

    assert found(made) == []


def test_files_that_are_bound_copied_or_made_are_there(read: Read) -> None:
    made = read(
        "FROM python:3.12\nWORKDIR /app\n"
        "RUN --mount=type=bind,source=requirements.txt,target=requirements.txt pip install -r requirements.txt\n"
        "RUN poetry export -o made.txt && pip install -r made.txt\n"
        "COPY requirements.txt ./other.txt\nRUN pip install -r other.txt\nCMD python -m app\n",
        {"requirements.txt": "flask\n", "pyproject.toml": ""},
    )

    assert found(made) == []


def test_the_file_that_is_started_must_be_copied(read: Read) -> None:
    made = read(
        'FROM python:3.12\nWORKDIR /app\nCOPY app ./app\nCMD ["python", "main.py"]\n', {"main.py": "", "app/a.py": ""}
    )

    assert found(made) == [("docker-file-not-copied:main.py", "failed", "Dockerfile:4")]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("openai==0.28.1", ["requirement-overridden:openai"]),
        ("openai==1.59.7", []),
        ("openai", []),
        ("gunicorn==23.0.0", []),
    ],
)
def test_a_pin_that_contradicts_the_requirements_file_is_told(read: Read, line: str, codes: list[str]) -> None:
    made = read(
        "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt && \\\n"
        f"  pip uninstall -y openai && \\\n  pip install {line}\nCMD python -m app\n",
        {"requirements.txt": "# first\nopenai==1.59.7\n"},
    )

    assert [(one.code, str(one.location)) for one in overrides.problems(made)] == [
        (code, "Dockerfile:5") for code in codes
    ]
