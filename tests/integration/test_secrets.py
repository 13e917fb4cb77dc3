"""Secrets are in no output: sentinels wherever one can be put, looked for in all that is told and kept."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from deploy_suite.entry import cli, interruption
from tests.integration.users_project import Told, preflight, project, server

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]

LITERAL = 'literal "sentinel" 7f3a/é'
GROUPED = "grouped-sentinel-91bc"
PASSWORD = "password-sentinel-55d0"
ANSWERED = "answered-sentinel-0c1e"
MANY_LINES = "-----BEGIN KEY-----\nsentinelofmanylines\nsecondsentinelline\n-----END KEY-----"
SENTINELS = (LITERAL, GROUPED, PASSWORD, ANSWERED, "sentinelofmanylines", "secondsentinelline")

BLUEPRINT = f"""\
services:
  - type: web
    name: shop
    runtime: python
    plan: starter
    buildCommand: {{build}}
    startCommand: python main.py
    healthCheckPath: /
    envVars:
      - key: PYTHON_VERSION
        value: "3.12.8"
      - key: API_KEY
        value: {json.dumps(LITERAL, ensure_ascii=False)}
      - key: DATABASE_URL
        value: postgresql://shop:{PASSWORD}@db.example.com/shop
      - key: GREETING
        sync: false
      - key: MANY
        sync: false
      - fromGroup: common
envVarGroups:
  - name: common
    envVars:
      - key: COLOUR
        value: {GROUPED}
"""

# In the forms in which programs print values: as they are, in Python's, JSON's, URL's and base64's.
TELL_ALL = """
import base64, json, os, sys, urllib.parse
for name in ("API_KEY", "COLOUR", "GREETING", "MANY", "DATABASE_URL"):
    value = os.environ.get(name, "")
    print(value, repr(value), json.dumps(value), urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value),
          base64.b64encode(value.encode()).decode(), "x" * 290 + value, sep="\\n", flush=True)
print(dict(os.environ), json.dumps(dict(os.environ)), flush=True)
"""
COMPLAIN = "raise RuntimeError(' '.join(os.environ[name] for name in ('API_KEY', 'COLOUR', 'GREETING', 'MANY')))"


def shop(main: str, *, build: str = "python tell.py") -> dict[str, str]:
    return {
        **project(main),
        "tell.py": TELL_ALL,
        "fail.py": f"{TELL_ALL}\n{COMPLAIN}\n",
        "render.yaml": BLUEPRINT.replace("{build}", build),
        ".gitignore": ".env.preflight\n",
    }


def answered(folder: Path) -> Path:
    lines = json.dumps(MANY_LINES)
    (folder / ".env.preflight").write_text(f"GREETING={ANSWERED}\nMANY={lines}\n")
    return folder


def forms(sentinel: str) -> set[str]:
    return {
        sentinel,
        repr(sentinel)[1:-1],
        json.dumps(sentinel)[1:-1],
        quote(sentinel, safe=""),
        base64.b64encode(sentinel.encode()).decode().rstrip("="),
    }


def leaks(texts: Iterable[str]) -> set[str]:
    """Return the forms of sentinels that *texts* hold."""
    every = {form for sentinel in SENTINELS for form in forms(sentinel)}
    return {form for text in texts for form in every if form in text}


def kept(cache: Path) -> list[str]:
    """Return all that is kept in *cache*, copies of the project itself left out, and the environments' programs."""
    files = [each for each in cache.rglob("*") if each.is_file() and not each.is_symlink()]
    ours = [each for each in files if not {"src", "uv", "venv", "postgres"} & set(each.relative_to(cache).parts)]
    return [each.read_text(encoding="utf-8", errors="replace") for each in ours]


def told_in_all_forms(folder: Path, cache: Path, *options: str) -> list[Told]:
    return [
        preflight(folder, "--fresh", *options, "--format", form, cache=cache) for form in ("json", "text", "github")
    ]


def test_a_service_that_tells_all_it_knows_and_passes(committed: Committed, own_cache: Path) -> None:
    folder = answered(committed(shop(f"{TELL_ALL}\n{server()}")))

    every = [*told_in_all_forms(folder, own_cache), preflight(folder, cache=own_cache)]

    assert [told.code for told in every] == [0, 0, 0, 0], every[0].out
    assert leaks([*(text for told in every for text in (told.out, told.err)), *kept(own_cache)]) == set()
    assert list((own_cache / "cache/verdicts").iterdir())


def test_the_output_of_a_build_that_is_kept(committed: Committed, own_cache: Path) -> None:
    files = shop(server())
    lines = files["render.yaml"].splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "DATABASE_URL" in line)
    without_database = "".join(lines[:at] + lines[at + 2 :])  # a build that may write to a database is not kept
    folder = answered(committed({**files, "render.yaml": without_database}))

    told = preflight(folder, cache=own_cache)

    assert (told.code, len(list(own_cache.glob("cache/environments/*/complete.json")))) == (0, 1)
    assert leaks([told.out, told.err, *kept(own_cache)]) == set()


def test_a_traceback_at_start(committed: Committed, own_cache: Path) -> None:
    folder = answered(committed(shop(f"{TELL_ALL}\n{COMPLAIN}")))

    every = told_in_all_forms(folder, own_cache)

    assert {told.code for told in every} <= {1, 3}
    assert "RuntimeError" in every[0].out
    assert leaks([*(text for told in every for text in (told.out, told.err)), *kept(own_cache)]) == set()


def test_the_output_of_a_build_that_fails(committed: Committed, own_cache: Path) -> None:
    folder = answered(committed(shop(server(), build="python fail.py")))

    every = told_in_all_forms(folder, own_cache)

    assert {told.code for told in every} == {1}
    assert "RuntimeError" in every[0].out
    assert leaks([*(text for told in every for text in (told.out, told.err)), *kept(own_cache)]) == set()


def test_the_traceback_of_an_answer_500(committed: Committed, own_cache: Path) -> None:
    files = shop(server(in_request=COMPLAIN))
    folder = answered(committed(files))

    told = preflight(folder, cache=own_cache)

    assert told.code in {1, 3}
    assert leaks([told.out, told.err, *kept(own_cache)]) == set()


def test_progress_that_quotes_the_log(committed: Committed, own_cache: Path) -> None:
    waits = "import os, time\nif __name__ == '__main__':\n    print(os.environ['GREETING'], flush=True)\n"
    waits += "    time.sleep(99)\n"
    folder = answered(committed(shop(waits)))

    told = preflight(folder, "--start-timeout", "12", cache=own_cache)

    assert "it said last: ***" in told.err
    assert leaks([told.out, told.err, *kept(own_cache)]) == set()


def test_a_pre_deploy_command_that_fails(committed: Committed, own_cache: Path) -> None:
    files = shop(server())
    text = files["render.yaml"].replace(
        "    healthCheckPath", "    preDeployCommand: python fail.py\n    healthCheckPath"
    )
    folder = answered(committed({**files, "render.yaml": text}))

    told = preflight(folder, cache=own_cache)

    assert "RuntimeError" in told.out
    assert leaks([told.out, told.err, *kept(own_cache)]) == set()


REVISION = '''
"""First."""
import os
import sqlalchemy as sa
from alembic import op
revision = "a1"
down_revision = None
def upgrade():
    print(dict(os.environ))
    op.execute(sa.text("SELECT no_such_function('" + os.environ["GREETING"] + "', '" + os.environ["COLOUR"] + "')"))
def downgrade():
    pass
'''
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def test_a_migration_that_fails(committed: Committed, shared_cache: Path) -> None:
    files = {
        **shop(server(), build="pip install -r requirements.txt"),
        "requirements.txt": "alembic\nsqlalchemy\npsycopg[binary]\n",
        "alembic.ini": "[alembic]\nscript_location = migrations\n",
        "migrations/env.py": ENV,
        "migrations/script.py.mako": "",
        "migrations/versions/a1_first.py": REVISION,
    }
    files["render.yaml"] = files["render.yaml"].replace(
        "    health", "    preDeployCommand: alembic upgrade head\n    health"
    )
    folder = answered(committed(files))

    told = preflight(folder, cache=shared_cache)

    assert told.code == 1
    assert any("no_such_function" in each["message"] + str(each["evidence"]) for each in told.findings.values()), (
        told.out
    )
    assert leaks([told.out, told.err, *kept(shared_cache)]) == set()


@pytest.mark.parametrize(
    "url", [f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop", f"nonsense {PASSWORD}", f"mysql://shop:{PASSWORD}@h/x"]
)
def test_the_address_of_a_disposable_server_that_does_not_answer(
    url: str, committed: Committed, own_cache: Path
) -> None:
    told = preflight(answered(committed(shop(server()))), "--database-url", url, cache=own_cache)

    assert told.code in {2, 4}
    assert leaks([told.out, told.err, *kept(own_cache)]) == set()


def test_a_manifest_that_cannot_be_read(committed: Committed, own_cache: Path) -> None:
    broken = BLUEPRINT.replace("envVarGroups:", "envVarGroups: [") + f"  - {{API_KEY: {GROUPED}\n"

    told = preflight(committed({**shop(server()), "render.yaml": broken}), cache=own_cache)

    assert told.code == 1
    assert leaks([told.out, told.err]) == set()


def test_a_fault_of_the_suite_itself(
    committed: Committed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_request: object, _ports: object) -> None:
        raise RuntimeError(f"{ANSWERED} postgresql://shop:{PASSWORD}@db.example.com/shop")

    folder = answered(committed(shop(server())))
    monkeypatch.setattr("deploy_suite.preflight.preflight", fails)
    monkeypatch.setattr(interruption, "listen", lambda: None)  # signal handlers are the test runner's
    monkeypatch.setenv("DEPLOY_SUITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    code = cli.main(["preflight", "--project", str(folder)])

    out, err = capsys.readouterr()
    logs = [each.read_text() for each in tmp_path.glob("deploy-suite-*.log")]
    assert (code, out, len(logs)) == (5, "", 1)
    assert "RuntimeError" in logs[0]
    assert leaks([err, *logs]) == set()
