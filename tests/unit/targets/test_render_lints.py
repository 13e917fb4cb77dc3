from collections.abc import Callable

import pytest

from deploy_suite.model.finding import Outcome
from deploy_suite.targets.base import Reading

Read = Callable[..., Reading]

SERVICE = """\
services:
  - type: web
    name: shop
    runtime: python
    plan: free
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn app:app
"""
FILES = {"requirements.txt": "gunicorn\n", "app.py": "app = 1\n"}
DATABASE = "databases:\n  - name: db\n    plan: free\n"
FAILED, NOTE, WARNING = Outcome.FAILED, Outcome.NOTE, Outcome.WARNING

CASES = {
    "1 env": (SERVICE.replace("runtime:", "env:"), [("render-deprecated-key:env", NOTE, 4)]),
    "1 autoDeploy": (SERVICE + "    autoDeploy: false\n", [("render-deprecated-key:autoDeploy", NOTE, 8)]),
    "1 previewsEnabled": ("previewsEnabled: true\n" + SERVICE, [("render-deprecated-key:previewsEnabled", NOTE, 1)]),
    "1 pullRequestPreviewsEnabled": (
        SERVICE + "    pullRequestPreviewsEnabled: true\n",
        [("render-deprecated-key:pullRequestPreviewsEnabled", NOTE, 8)],
    ),
    "1 redis": (
        SERVICE + "  - {type: redis, name: r, plan: free, ipAllowList: []}\n",
        [("render-deprecated-type:redis", NOTE, 8)],
    ),
    "the database's address typed in": (
        SERVICE + "    envVars:\n      - key: DATABASE_URL\n        sync: false\n" + DATABASE,
        [("render-database-by-hand:DATABASE_URL", WARNING, 10)],
    ),
    "a value that is not to be generated": (
        SERVICE + "    envVars:\n      - {key: MODE, value: fast, generateValue: false}\n",
        [],
    ),
    "a value that is to be generated too": (
        SERVICE + "    envVars:\n      - {key: MODE, value: fast, generateValue: true}\n",
        [("render-variable-source", WARNING, 9)],
    ),
    "the address of another database typed in": (
        SERVICE
        + "    envVars:\n      - key: LEGACY_DB_URL\n        sync: false\n      - key: DATABASE_URL\n"
        + "        fromDatabase: {name: db, property: connectionString}\n"
        + DATABASE,
        [],
    ),
    "a variable listed twice": (
        SERVICE + "    envVars:\n      - {key: MODE, value: fast}\n      - {key: MODE, value: slow}\n",
        [("render-repeated-key:MODE", WARNING, 10)],
    ),
    "a variable listed twice with one value": (
        SERVICE + "    envVars:\n      - {key: MODE, value: fast}\n      - {key: MODE, value: fast}\n",
        [("render-repeated-key:MODE", NOTE, 10)],
    ),
    "a variable listed twice in a group": (
        SERVICE + "envVarGroups:\n  - name: g\n    envVars:\n      - {key: A, value: 1}\n      - {key: A, value: 2}\n",
        [("render-repeated-key:A", WARNING, 12)],
    ),
    "a mount path that is relative": (
        SERVICE.replace("free", "starter") + "    disk: {name: d, mountPath: data, sizeGB: 1}\n",
        [("render-mount-path", WARNING, 8)],
    ),
    "a database's disk of one": (SERVICE + DATABASE + "    diskSizeGB: 1\n", []),
    "a database's disk of fifteen": (SERVICE + DATABASE + "    diskSizeGB: 15\n", []),
    "a database's disk of seven": (
        SERVICE + DATABASE + "    diskSizeGB: 7\n",
        [("render-out-of-range:diskSizeGB", WARNING, 11)],
    ),
    "a health path of an unknown type": (
        SERVICE.replace("type: web", "type: wev") + "    healthCheckPath: /\n",
        [("render-unknown-type", WARNING, 2)],
    ),
    "2 legacy plan": (SERVICE + DATABASE.replace("free", "starter"), [("render-legacy-plan", WARNING, 10)]),
    "3 web without plan": (SERVICE.replace("    plan: free\n", ""), [("render-plan-omitted", NOTE, 2)]),
    "3 database without plan": (SERVICE + "databases:\n  - name: db\n", [("render-plan-omitted", NOTE, 9)]),
    "4 free and pre-deploy": (
        SERVICE + "    preDeployCommand: flask db upgrade\n",
        [("render-free-plan-limit:preDeployCommand", FAILED, 8)],
    ),
    "4 free and disk": (
        SERVICE + "    disk: {name: data, mountPath: /data}\n",
        [("render-free-plan-limit:disk", FAILED, 8)],
    ),
    "4 free and scaling": (
        SERVICE + "    scaling: {minInstances: 1, maxInstances: 2, targetCPUPercent: 60}\n",
        [("render-free-plan-limit:scaling", FAILED, 8)],
    ),
    "4 free and two instances": (
        SERVICE + "    numInstances: 2\n",
        [("render-free-plan-limit:numInstances", FAILED, 8)],
    ),
    "4 free worker": (SERVICE.replace("type: web", "type: worker"), [("render-free-plan-type", FAILED, 5)]),
    "5 disk and instances": (
        SERVICE.replace("free", "starter") + "    disk: {name: d, mountPath: /d}\n    numInstances: 3\n",
        [("render-disk-single-instance:numInstances", FAILED, 9)],
    ),
    "6 keyvalue": (
        SERVICE + "  - {type: keyvalue, name: r, plan: free}\n",
        [("render-missing-key:ipAllowList", FAILED, 8)],
    ),
    "7 two parts": (
        SERVICE + "    envVars:\n      - key: PYTHON_VERSION\n        value: '3.12'\n",
        [("python-runtime-unavailable", FAILED, 9)],
    ),
    "7 float": (
        SERVICE + "    envVars:\n      - key: PYTHON_VERSION\n        value: 3.10\n",
        [("python-runtime-unavailable", FAILED, 9)],
    ),
    "8 off": (SERVICE + "    autoDeployTrigger: off\n", [("render-unquoted-off", WARNING, 8)]),
    "8 off in previews": ("previews:\n  generation: off\n" + SERVICE, [("render-unquoted-off", WARNING, 2)]),
    "9 sync in group": (
        SERVICE + "envVarGroups:\n  - name: g\n    envVars:\n      - {key: A, sync: false}\n",
        [("render-group-source:sync", FAILED, 11)],
    ),
    "10 without type": (
        SERVICE + "    envVars:\n      - key: A\n        fromService: {name: shop, property: host}\n",
        [("render-missing-key:type", FAILED, 10)],
    ),
    "10 property": (
        SERVICE + "    envVars:\n      - key: A\n        fromDatabase: {name: db, property: url}\n" + DATABASE,
        [("render-unknown-property", FAILED, 10)],
    ),
    "10 property without type": (
        SERVICE + "    envVars:\n      - key: A\n        fromService: {name: shop, property: hots}\n",
        [("render-missing-key:type", FAILED, 10), ("render-unknown-property", FAILED, 10)],
    ),
    "10 elsewhere": (
        SERVICE + "    envVars:\n      - key: A\n        fromDatabase: {name: db, property: host}\n",
        [("render-unknown-reference:db", WARNING, 10)],
    ),
    "10 group of the Dashboard": (
        SERVICE + "    envVars:\n      - fromGroup: secrets\n",
        [("render-unknown-reference:secrets", NOTE, 9)],
    ),
    "11 twice": (
        SERVICE + "  - {type: web, name: shop, runtime: docker, plan: free, dockerfilePath: app.py}\n",
        [("render-duplicate-name:shop", FAILED, 8)],
    ),
    "12 branch and previews": (
        "previews:\n  generation: automatic\n" + SERVICE + "    branch: main\n",
        [("render-branch-with-previews", WARNING, 10)],
    ),
    "13 without schedule": (
        SERVICE.replace("type: web", "type: cron").replace("free", "starter"),
        [("render-missing-key:schedule", FAILED, 2)],
    ),
    "13 schedule elsewhere": (SERVICE + "    schedule: '* * * * *'\n", [("render-schedule", WARNING, 8)]),
    "14 static": (
        SERVICE + "  - {type: web, name: s, runtime: static, startCommand: npm start}\n",
        [("render-missing-key:staticPublishPath", FAILED, 8), ("render-static-start-command", WARNING, 8)],
    ),
    "a health path in a block of YAML": (
        SERVICE + "    healthCheckPath: |\n      /up\n",
        [("render-health-path", WARNING, 8)],
    ),
    "a variable's name with its value": (
        SERVICE + "    envVars:\n      - key: MODE=fast\n        sync: false\n",
        [("render-impossible-key", FAILED, 9)],
    ),
    "15 health path of a worker": (
        SERVICE.replace("type: web", "type: worker").replace("free", "starter") + "    healthCheckPath: /up\n",
        [("render-health-path", WARNING, 8)],
    ),
    "17 secret": (
        SERVICE + "    envVars:\n      - key: JWT_SECRET\n        value: kd83jfh3kd9fj3\n",
        [("secret-in-manifest:JWT_SECRET", WARNING, 10)],
    ),
    "17 address": (
        SERVICE + "    envVars:\n      - key: DB\n        value: postgres://shop:kd83jfh3@db.example.org/shop\n",
        [("secret-in-manifest:DB", WARNING, 10)],
    ),
    "18 root": (SERVICE + "    rootDir: backnd\n", [("wrong-root-directory", FAILED, 8)]),
    "19 filter": (SERVICE + "    buildFilter:\n      paths: ['a/**']\n", [("render-build-filter", WARNING, 8)]),
    "unknown key": (SERVICE + "    healthcheckpath: /up\n", [("render-unknown-key:healthcheckpath", WARNING, 8)]),
    "unknown root key": ("staticSites: []\n" + SERVICE, [("render-unknown-key:staticSites", WARNING, 1)]),
    "wrong type": (SERVICE + "    envVars: {A: 1}\n", [("render-wrong-type:envVars", FAILED, 8)]),
    "no mapping": (SERVICE + "  - web\n", [("render-wrong-type:services", FAILED, 8)]),
    "no start": (
        SERVICE.replace("    startCommand: gunicorn app:app\n", ""),
        [("render-missing-key:startCommand", FAILED, 2)],
    ),
    "API's word": (
        SERVICE + "  - {type: static_site, name: s, staticPublishPath: d}\n",
        [("render-unknown-type", FAILED, 8)],
    ),
    "a plan's name": (
        SERVICE + "  - {type: starter, name: s, runtime: static, staticPublishPath: d}\n",
        [("render-unknown-type", FAILED, 8)],
    ),
    "a database among the services, and who refers to it": (
        SERVICE
        + "    envVars:\n      - key: A\n        fromDatabase: {name: db, property: host}\n"
        + "  - {type: db, name: db, databaseName: shop, user: shop}\n",
        [("render-unknown-type", FAILED, 11)],
    ),
    "a database among the services by another word": (
        SERVICE + "  - {type: pspg, name: db, plan: free, databaseName: shop}\n",
        [("render-unknown-type", FAILED, 8)],
    ),
    "a source that is none": (
        SERVICE + "    envVars:\n      - key: A\n        fromRedis: {name: r, property: connectionString}\n",
        [("render-unknown-key:fromRedis", WARNING, 10)],
    ),
    "empty PORT": (
        SERVICE + "    envVars:\n      - key: PORT\n        value: ''\n",
        [("invalid-port-value", WARNING, 9)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_lint_speaks_once_with_its_line_and_a_remedy(read: Read, name: str) -> None:
    text, expected = CASES[name]

    found = [one for one in read({**FILES, "render.yaml": text}).findings if one.outcome is not Outcome.SKIPPED]

    places = [one.location for one in found if one.location]
    assert sorted((one.code, one.outcome, place.line) for one, place in zip(found, places, strict=True)) == sorted(
        expected
    )
    assert {place.file for place in places} <= {"render.yaml"}
    assert all(one.remedy and one.target == "render" for one in found)
    assert all(bool(one.certainty) == (one.outcome is not FAILED) for one in found)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "no buildCommand; Render runs no command of its own choice: add"),
        ('    buildCommand: ""\n', "an empty buildCommand; Render runs no command of its own choice: write"),
    ],
)
def test_a_command_that_is_empty_is_told_as_such(read: Read, line: str, told: str) -> None:
    text = SERVICE.replace("    buildCommand: pip install -r requirements.txt\n", line)

    found = [one for one in read({**FILES, "render.yaml": text}).findings if one.code.startswith("render-missing-key")]

    assert [f"{one.message}: {one.remedy.split()[0]}" for one in found] == [f"shop has {told}"]


def test_a_healthy_blueprint_gets_no_finding(read: Read) -> None:
    assert read({**FILES, "render.yaml": SERVICE + DATABASE}).findings == ()


def test_a_lost_zero_is_explained(read: Read) -> None:
    text = SERVICE + "    envVars:\n      - key: PYTHON_VERSION\n        value: 3.10\n"

    (finding,) = read({**FILES, "render.yaml": text}).findings

    assert finding.message.startswith("YAML reads the number 3.10 as 3.1; Render fails the build")
    assert finding.remedy == 'write `value: "3.10.0"` for PYTHON_VERSION in render.yaml, three numbers in quotes'


def test_the_nearest_known_key_is_named(read: Read) -> None:
    (finding,) = read({**FILES, "render.yaml": SERVICE + "    healthcheckpath: /up\n"}).findings

    assert finding.remedy == "rename it to `healthCheckPath:` in render.yaml"


@pytest.mark.parametrize(("key", "kind"), [("redis", "keyvalue"), ("web", "web")])
def test_a_kind_of_service_at_the_top_belongs_into_the_list_of_services(read: Read, key: str, kind: str) -> None:
    (finding,) = read({**FILES, "render.yaml": SERVICE + f"{key}:\n  - name: cache\n"}).findings

    assert finding.remedy == f"write what it holds as an entry of `services:` with `type: {kind}`"
    assert "nearest" not in finding.message


@pytest.mark.parametrize(
    "value",
    ["your_openrouter_api_key_here", "''", "changeme", "${SECRET}", "xxxxxxxx", "<token>", "any key works"],
)
def test_a_placeholder_is_no_secret(read: Read, value: str) -> None:
    text = SERVICE + f"    envVars:\n      - key: API_KEY\n        value: {value}\n"

    assert read({**FILES, "render.yaml": text}).findings == ()


@pytest.mark.parametrize("name", ["JWT_ALGORITHM", "ACCESS_TOKEN_EXPIRE_MINUTES", "SECRET_NAME", "MONKEY"])
def test_a_name_that_only_sounds_like_a_secret_is_none(read: Read, name: str) -> None:
    text = SERVICE + f"    envVars:\n      - key: {name}\n        value: a-long-enough-value\n"

    assert read({**FILES, "render.yaml": text}).findings == ()


def test_no_value_of_a_variable_appears_in_any_finding(read: Read) -> None:
    sentinel = "sentinel-7f3a9c"
    forms = "".join(
        f"      - key: {name}\n        {form}\n"
        for name, form in {
            "API_KEY": f"value: {sentinel}",
            "PORT": f"value: {sentinel}",
            "URL": f"value: postgres://u:{sentinel}@db.example.org/x",
            "BOTH": f"{{value: {sentinel}, sync: false}}",
            "TYPO": f"vlaue: {sentinel}",
        }.items()
        if not form.startswith("{")
    )

    reading = read({**FILES, "render.yaml": SERVICE + "    envVars:\n" + forms})

    assert sentinel not in repr(reading.findings)
    assert sentinel not in repr(reading.contracts)


def test_a_reference_that_differs_in_writing_alone_names_the_database(read: Read) -> None:
    text = SERVICE + "    envVars:\n      - key: A\n        fromDatabase: {name: Shop-DB, property: host}\n"
    reading = read({"render.yaml": text + "databases:\n  - {name: shop_db, plan: free}\n"})

    (finding,) = (one for one in reading.findings if one.code == "render-unknown-reference:Shop-DB")
    assert finding.remedy == "write `name: shop_db`, as the database is called in render.yaml"
    assert finding.certainty == "likely: shop_db is meant, which differs only in how it is written"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("env:\n      API_URL: x\n", "write the variables under `envVars:`"),
        ("envVars:\n      API_URL: x\n", "write each variable as an entry of a list"),
        ("envVars: x\n", "write a list for `envVars:` in render.yaml"),
    ],
)
def test_variables_that_are_written_as_other_platforms_have_them_get_the_form_that_render_reads(
    read: Read, written: str, said: str
) -> None:
    findings = read({**FILES, "render.yaml": f"{SERVICE}    {written}"}).findings

    (finding,) = (one for one in findings if one.code.startswith("render-wrong-type:"))
    assert finding.remedy.startswith(said)
