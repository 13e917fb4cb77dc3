from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from deploy_suite.errors import UsageError
from deploy_suite.manifests.settings import ServiceSettings, Settings
from deploy_suite.model.contract import (
    Contract,
    DatabaseField,
    FromDatabase,
    FromService,
    Generated,
    Limits,
    Literal,
    Phase,
    Prompted,
    ServiceKind,
    Source,
)
from deploy_suite.model.finding import Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from deploy_suite.model.secret import Secret
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

WHOLE = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: standard
    rootDir: backend
    buildCommand: pip install -r requirements.txt
    preDeployCommand: alembic upgrade head
    startCommand: gunicorn app.main:app
    healthCheckPath: /health
    maxShutdownDelaySeconds: 60
    domains: [shop.example.com]
    envVars:
      - key: PYTHON_VERSION
        value: "3.12.8"
      - key: DATABASE_URL
        fromDatabase: {name: shop-db, property: connectionString}
      - key: SECRET_KEY
        generateValue: true
      - key: OPENAI_API_KEY
        sync: false
      - key: REDIS_URL
        fromService: {name: cache, type: keyvalue, property: connectionString}
      - key: LEVEL
        value: service
      - fromGroup: shared
      - key: UV_VERSION
        value: 0.9.1
  - type: keyvalue
    name: cache
    plan: free
    ipAllowList: []
databases:
  - name: shop-db
    plan: basic-256mb
    postgresMajorVersion: "17"
envVarGroups:
  - name: shared
    envVars:
      - {key: LEVEL, value: group}
      - {key: ZONE, value: group}
"""
FILES = {
    "render.yaml": WHOLE,
    "backend/requirements.txt": "gunicorn\n",
    "backend/app/main.py": "from flask import Flask\napp = Flask(__name__)\n",
}


def source(contract: Contract, name: str) -> Source | None:
    found = contract.variable(name)
    return found.source if found else None


def test_a_blueprint_becomes_one_contract_with_all_that_it_says(read: Read) -> None:
    reading = read(FILES)

    (contract,) = reading.contracts
    assert (contract.service, contract.kind, contract.root) == ("shop", ServiceKind.WEB, PurePosixPath("backend"))
    assert contract.build == CommandText(text="pip install -r requirements.txt", location=Location("render.yaml", 7))
    assert contract.pre_deploy == CommandText(text="alembic upgrade head", location=Location("render.yaml", 8))
    assert contract.start == CommandText(text="gunicorn app.main:app", location=Location("render.yaml", 9))
    assert contract.entry is not None
    assert (contract.entry.spec, str(contract.entry.file)) == ("app.main:app", "backend/app/main.py")
    assert (contract.port, contract.port_is_movable) == (10000, True)
    assert (contract.health_path, contract.host) == ("/health", "shop.example.com")
    assert (contract.memory_bytes, contract.plan) == (2048 * 1024 * 1024, "standard")
    assert contract.limits == Limits(build_s=7200, pre_deploy_s=1800, start_s=900, health_request_s=5, shutdown_s=60)
    assert contract.databases == {"shop-db": "17"}
    assert contract.tool_versions == {"poetry": "2.1.3", "uv": "0.9.1"}
    assert (contract.python.version, contract.python.is_pinned) == ("3.12.8", True)
    assert contract.location == Location("render.yaml", 2)


def test_every_form_of_a_variable_becomes_its_source(read: Read) -> None:
    (contract,) = read(FILES).contracts

    sources = {one.name: one.source for one in contract.variables if not one.is_platform}
    assert sources == {
        "PYTHON_VERSION": Literal(Secret("3.12.8")),
        "DATABASE_URL": FromDatabase("shop-db", DatabaseField.CONNECTION_STRING),
        "SECRET_KEY": Generated(),
        "OPENAI_API_KEY": Prompted(),
        "REDIS_URL": FromService("cache", "connectionString"),
        "LEVEL": Literal(Secret("service")),
        "ZONE": Literal(Secret("group")),
        "UV_VERSION": Literal(Secret("0.9.1")),
    }


def test_the_platforms_variables_are_those_of_their_phase(read: Read) -> None:
    (contract,) = read(FILES).contracts

    values = {
        one.name: (one.source.value.revealed(), one.phases)
        for one in contract.variables
        if one.is_platform and isinstance(one.source, Literal)
    }
    assert values["CI"] == ("true", frozenset({Phase.BUILD}))
    assert values["PORT"] == ("10000", frozenset({Phase.RUN}))
    assert values["WEB_CONCURRENCY"] == ("1", frozenset({Phase.RUN}))
    assert values["RENDER_CPU_COUNT"] == ("1", frozenset(Phase))
    assert values["RENDER_EXTERNAL_HOSTNAME"] == ("shop.onrender.com", frozenset(Phase))
    assert values["RENDER_GIT_REPO_SLUG"] == ("acme/shop", frozenset(Phase))
    assert values["GUNICORN_CMD_ARGS"] == (
        "--preload --access-logfile - --bind=0.0.0.0:10000",
        frozenset(Phase),
    )


def test_a_variable_of_the_user_replaces_the_platforms(read: Read) -> None:
    text = WHOLE.replace("      - key: LEVEL\n", "      - key: PORT\n        value: 8000\n      - key: LEVEL\n")

    (contract,) = read({**FILES, "render.yaml": text}).contracts

    assert [one.is_platform for one in contract.variables if one.name == "PORT"] == [False]
    assert contract.port == 8000


def test_a_variable_of_another_service_is_taken_over_where_the_file_tells_it(read: Read) -> None:
    text = """\
services:
  - {type: pserv, name: store, runtime: docker, plan: starter, envVars: [{key: ROOT_PASSWORD, generateValue: true}]}
  - type: worker
    name: jobs
    runtime: python
    plan: starter
    buildCommand: pip install celery
    startCommand: celery -A tasks worker
    envVars:
      - key: STORE_PASSWORD
        fromService: {name: store, type: pserv, envVarKey: ROOT_PASSWORD}
      - key: STORE_HOST
        fromService: {name: store, type: pserv, property: hostport}
"""
    (contract,) = read({"render.yaml": text, "tasks.py": ""}).contracts

    assert source(contract, "STORE_PASSWORD") == Generated()
    assert source(contract, "STORE_HOST") == FromService("store", "hostport")
    assert (contract.variable("PORT"), contract.host, contract.health_path) == (None, "", "")


def test_services_in_projects_and_ungrouped_ones_are_found(read: Read) -> None:
    service = "{{type: web, name: {0}, runtime: python, plan: free, buildCommand: pip install x, startCommand: x}}"
    text = (
        "ungrouped:\n  services: [" + service.format("loose") + "]\n"
        "projects:\n  - name: p\n    environments:\n      - name: production\n        services: ["
        + service.format("inner")
        + "]\n"
    )

    reading = read({"render.yaml": text})

    assert [contract.service for contract in reading.contracts] == ["loose", "inner"]


def test_what_is_not_pythons_is_skipped_and_leaves_the_verdict_complete(read: Read) -> None:
    site = "  - {type: web, name: site, runtime: static, buildCommand: make, staticPublishPath: public}\n"
    text = FILES["render.yaml"].replace("services:\n", f"services:\n{site}")

    (skipped,) = [one for one in read({**FILES, "render.yaml": text}).findings if one.outcome is Outcome.SKIPPED]

    assert (skipped.code, skipped.service, skipped.required) == ("service-not-checked", "site", False)


def test_of_a_store_nothing_is_said_for_it_has_no_code(read: Read) -> None:
    assert "type: keyvalue" in FILES["render.yaml"]
    assert [one.service for one in read(FILES).findings if one.outcome is Outcome.SKIPPED] == []


def test_a_blueprint_without_any_python_service_leaves_the_verdict_incomplete(read: Read) -> None:
    reading = read(
        {"render.yaml": "services:\n  - {type: web, name: a, runtime: docker, plan: free}\n", "Dockerfile": ""}
    )

    assert reading.contracts == ()
    assert [(one.outcome, one.required) for one in reading.findings] == [(Outcome.SKIPPED, True)]


def test_a_service_of_another_repository_is_skipped(read: Read) -> None:
    text = WHOLE.replace("    rootDir: backend\n", "    repo: https://github.com/acme/other.git\n")

    reading = read({**FILES, "render.yaml": text})

    assert reading.contracts == ()
    assert "another repository" in reading.findings[-2].message


def test_a_clone_of_a_folder_does_not_say_which_repository_it_is(read: Read) -> None:
    text = WHOLE.replace(
        "    rootDir: backend\n", "    rootDir: backend\n    repo: https://github.com/acme/other.git\n"
    )

    reading = read({**FILES, "render.yaml": text}, slug="mirror/repo", is_near=True)

    assert [one.service for one in reading.contracts] == ["shop"]
    assert not {one.code for one in reading.findings} & {"service-not-checked", "service-repository-differs"}


@pytest.mark.parametrize("runtime", ["runtime: python", "runtime: docker"])
def test_a_fork_that_kept_the_name_of_its_origin_is_checked_and_told(read: Read, runtime: str) -> None:
    text = f"services:\n  - {{type: web, name: a, {runtime}, plan: free, repo: https://github.com/acme/other}}\n"
    built_from = {"requirements.txt": "gunicorn\n", "Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "app:app"]\n'}

    reading = read({"render.yaml": text, "app.py": "app = 1\n", **built_from})

    assert [one.service for one in reading.contracts] == ["a"]
    told = next(one for one in reading.findings if one.code == "service-repository-differs")
    assert (told.outcome, told.message) == (
        Outcome.NOTE,
        "Render builds https://github.com/acme/other, and this clone comes from acme/shop: its own commit is checked",
    )


def test_where_one_service_is_this_repositorys_the_others_are_left_to_theirs(read: Read) -> None:
    one = "  - {type: web, name: %s, runtime: python, plan: free, buildCommand: 'true', startCommand: 'true'%s}\n"
    text = "services:\n" + one % ("a", "") + one % ("b", ", repo: https://github.com/acme/other")

    reading = read({"render.yaml": text, "requirements.txt": "gunicorn\n"})

    assert [made.service for made in reading.contracts] == ["a"]
    assert "service-repository-differs" not in {found.code for found in reading.findings}


def test_a_port_that_the_start_command_fixes_cannot_be_moved(read: Read) -> None:
    fixed = WHOLE.replace("gunicorn app.main:app", "gunicorn app.main:app -b 0.0.0.0:10000")
    defaulted = WHOLE.replace("gunicorn app.main:app", "gunicorn app.main:app -b 0.0.0.0:${PORT:-10000}")

    assert [read({**FILES, "render.yaml": fixed}).contracts[0].port_is_movable] == [False]
    assert [read({**FILES, "render.yaml": defaulted}).contracts[0].port_is_movable] == [True]


def test_a_block_of_commands_has_the_line_of_its_first_word(read: Read) -> None:
    text = WHOLE.replace(
        "buildCommand: pip install -r requirements.txt", "buildCommand: |\n      pip install x\n      ls"
    )

    (contract,) = read({**FILES, "render.yaml": text}).contracts

    assert contract.build == CommandText(text="pip install x\nls", location=Location("render.yaml", 8))


def test_a_plan_named_by_its_size_grants_what_it_says(read: Read) -> None:
    (contract,) = read({**FILES, "render.yaml": WHOLE.replace("plan: standard", "plan: 2c-4g")}).contracts

    assert (contract.plan, contract.memory_bytes) == ("2c-4g", 4 * 1024**3)
    assert source(contract, "WEB_CONCURRENCY") == Literal(Secret("2"))


def test_the_projects_folder_chooses_among_the_services(read: Read) -> None:
    text = """\
services:
  - {type: web, name: a, runtime: python, plan: free, rootDir: a, buildCommand: pip install x, startCommand: x}
  - {type: web, name: b, runtime: python, plan: free, rootDir: b, buildCommand: pip install x, startCommand: x}
"""
    reading = read({"render.yaml": text, "a/main.py": "", "b/main.py": ""}, root="b")

    assert [contract.service for contract in reading.contracts] == ["b"]


def test_deploy_toml_names_the_application_and_its_probes(read: Read) -> None:
    settings = Settings(services={"shop": ServiceSettings(entry="app.main:other"), "shpo": ServiceSettings()})

    reading = read(FILES, settings=settings)

    entry = reading.contracts[0].entry
    assert entry is not None
    assert entry.spec == "app.main:other"
    (finding,) = [one for one in reading.findings if one.code == "deploy-toml-unknown-service"]
    assert finding.remedy == "rename it to one of shop; the nearest is shop"


@pytest.mark.parametrize("text", ["services: []\n", "databases:\n  - {name: a, plan: free}\n"])
def test_a_blueprint_without_services_is_an_error_of_the_call(read: Read, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read({"render.yaml": text})

    assert (caught.value.message, caught.value.source) == ("render.yaml defines no service", "render.yaml")


def test_a_command_that_is_not_stated_is_told_and_taken_as_the_dashboard_proposes_it(read: Read) -> None:
    text = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: free
    buildCommand: ""
"""
    app = "from flask import Flask\napp = Flask(__name__)\n"
    reading = read({"render.yaml": text, "requirements.txt": "flask\ngunicorn\n", "app.py": app})

    (contract,) = reading.contracts
    assert [one and one.text for one in (contract.build, contract.start)] == [
        "pip install -r requirements.txt",
        "gunicorn app:app",
    ]
    assert [(one.code, one.outcome) for one in reading.findings] == [
        ("render-missing-key:buildCommand", Outcome.FAILED),
        ("render-missing-key:startCommand", Outcome.FAILED),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_blueprint_in_utf_16_is_read_as_it_is_meant(read: Read, encoding: str) -> None:
    text = (
        "services:\n  - {type: web, name: shop, runtime: python, plan: free, buildCommand: 'true', startCommand: x}\n"
    )
    data = text.encode(encoding)
    reading = read({"render.yaml": data})

    if encoding == "utf-16-le":  # without a mark nobody can tell
        assert [one.code for one in reading.findings] == ["render-yaml-invalid"]
    else:
        assert [one.service for one in reading.contracts] == ["shop"]
        assert [(one.code, one.outcome) for one in reading.findings] == [("render-yaml-encoding", Outcome.WARNING)]


HOSTED = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: free
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: ALLOWED_HOSTS
        value: {value}
"""


@pytest.mark.parametrize(
    ("value", "allowed", "expected"),
    [
        ("shop-68z1.onrender.com,shop.example", "[]", "shop-68z1.onrender.com"),
        ("localhost", "['127.0.0.1', 'shop-7ahc.onrender.com']", "shop-7ahc.onrender.com"),
        ("shop-68z1.onrender.com", "['shop.onrender.com']", "shop.onrender.com"),
        ("my-shop-68z1.onrender.com", "['shop-admin.onrender.com', 'other.onrender.com']", "shop.onrender.com"),
        ("'*'", "[]", "shop.onrender.com"),
    ],
)
def test_the_host_of_a_name_that_was_taken_is_the_one_that_the_project_states(
    read: Read, value: str, allowed: str, expected: str
) -> None:
    files = {"manage.py": "", "shop/settings.py": f"ALLOWED_HOSTS = {allowed}\n", "requirements.txt": "django\n"}

    (contract,) = read({"render.yaml": HOSTED.format(value=value), **files}).contracts

    hostname = next(one.source for one in contract.variables if one.name == "RENDER_EXTERNAL_HOSTNAME")
    assert (contract.host, hostname) == (expected, Literal(Secret(expected)))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FRONTEND_URL", "https://shop-68z1.onrender.com", "shop.onrender.com"),
        ("CORS_ORIGINS", "https://shop-site.onrender.com,https://shop-demo.onrender.com", "shop.onrender.com"),
        ("BASE_URL", "https://shop-site.onrender.com", "shop.onrender.com"),
        ("BASE_URL", "https://shop-68z1.onrender.com", "shop-68z1.onrender.com"),
        ("APP_HOST", "shop-68z1.onrender.com", "shop-68z1.onrender.com"),
        ("DJANGO_ALLOWED_HOSTS", "shop-abcd.onrender.com", "shop-abcd.onrender.com"),
        ("ALLOWED_HOSTS", "shop-auth.onrender.com", "shop.onrender.com"),
    ],
)
def test_a_name_of_another_service_is_not_taken_for_the_one_that_the_target_made(
    read: Read, name: str, value: str, expected: str
) -> None:
    blueprint = HOSTED.replace("ALLOWED_HOSTS", name).format(value=value)
    auth = (
        "  - type: web\n    name: shop-auth\n    runtime: python\n    plan: free\n    startCommand: gunicorn a.wsgi\n"
    )

    reading = read({"render.yaml": blueprint + auth, "requirements.txt": "flask\n"})

    assert reading.contracts[0].host == expected
