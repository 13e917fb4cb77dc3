import html
import io
import json

import pytest

from deploy_suite.knowledge.diagnosis import Diagnosis, EvidenceLine, LogVerdict, Seen, diagnose, diagnose_stream
from deploy_suite.model.secret import Masker, Secret
from deploy_suite.reports.diagnosis import render_json, render_text

NUMPY = """Traceback (most recent call last):
  File "/srv/venv/lib/python3.12/site-packages/gunicorn/arbiter.py", line 608, in spawn_worker
    worker.init_process()
  File "/srv/app/api/main.py", line 26, in <module>
    import numpy as np
ModuleNotFoundError: No module named 'numpy'
"""

TRAPPED = """(trapped) error reading bcrypt version
Traceback (most recent call last):
  File "/srv/venv/lib/python3.12/site-packages/passlib/handlers/bcrypt.py", line 620, in _load_backend_mixin
    version = _bcrypt.__about__.__version__
AttributeError: module 'bcrypt' has no attribute '__about__'
INFO:     Application startup complete.
"""


def slugs(text: str) -> tuple[str, ...]:
    return tuple(cause.slug for cause in diagnose(text).causes)


def root(text: str) -> str:
    found = diagnose(text)
    return found.root.slug if found.root else found.verdict.value


def test_a_missing_package_is_named_with_the_line_that_proves_it() -> None:
    found = diagnose(NUMPY)

    assert found.verdict is LogVerdict.KNOWN
    assert found.causes[0].slug == "missing-requirement:numpy"
    assert found.causes[0].evidence == (EvidenceLine(6, "ModuleNotFoundError: No module named 'numpy'"),)
    assert "numpy" in found.causes[0].fix
    assert "{" not in found.causes[0].title + found.causes[0].why + found.causes[0].fix


def test_an_export_from_a_lock_that_lacks_a_package_is_told_as_that() -> None:
    log = "Installing dependencies\n\nDependency walk failed at setuptools (>=3.0)\n"

    assert slugs(log) == ("lockfile-out-of-date",)


@pytest.mark.parametrize(
    "dressed",
    [
        lambda line: f"\x1b[31m{line}\x1b[0m",
        lambda line: f"web_1  | {line}",
        lambda line: f"web-1  | {line}",
        lambda line: f"2026-11-21T10:00:00.123456+00:00 app[web.1]: {line}",
        lambda line: f"2026-11-21T10:00:00.123456789Z {line}",
        lambda line: f"Nov 21 10:00:00 host gunicorn[811]: {line}",
        lambda line: f"remote:        {line}",
        lambda line: f"#12 3.456 {line}",
        lambda line: f"2026-11-21T10:00:00Z app[3d8d] iad [info] {line}",
        lambda line: f"Nov 21 10:00:00 AM  [abcde] {line}",
        lambda line: f"{line}\r",
        lambda line: f"\ufeff{line}",
        lambda line: f"   7 | {line}",
        lambda line: f"   7  {line}",
        lambda line: f"2026-11-21T10:00:00.123Z\t{line}",
        lambda line: f"2026-11-21T10:00:00.123456+00:00 ecs/web/0123456789abcdef {line}",
        lambda line: f"November 21, 2026 at 10:00 (UTC+1:00)\t{line}",
        lambda line: f"2026-11-21 10:00:00.123 CET {line}",
        lambda line: f"2026-11-21 10:00:00 default[20261121t100000]  {line}",
        lambda line: f"2026-11-21T10:00:00.123456789Z [ab1cd] {line}",
        lambda line: f"2026-11-21T10:00:00.123456789Z stderr F {line}",
        lambda line: f"2026-11-21T10:00:00.123456Z 01E {line}",
        lambda line: f"build\tInstall\t2026-11-21T10:00:00.1234567Z {line}",
        lambda line: f"[web] [2026-11-21 10:00:00] {line}",
        lambda line: f"[10:00:00.123] {line}",
        lambda line: f"10:00:00 web.1  | {line}",
        lambda line: f"0|web  | {line}",
        lambda line: f"app_web.1.abcdefghijklmnop@host    | {line}",
        lambda line: f"web-6d5f8c9b77-x2x4z web {line}",
        lambda line: f"Nov 21 10:00:00 ip-172-31-1-2 web: {line}",
        lambda line: f"Nov 21 10:00:00 web: {line}",
        lambda line: f"2026-11-21T10:00:00+0100 host gunicorn[811]: {line}",
        lambda line: f"2026-11-21 10:00:00,123: {line}",
        lambda line: f"[Sat Nov 21 10:00:00.123456 2026] [wsgi:error] [pid 7:tid 8] [client 192.0.2.1:5] {line}",
        lambda line: f"ERROR 2026-11-21T10:00:00.123456Z {line}",
        lambda line: json.dumps({"log": f"{line}\n", "stream": "stderr", "time": "2026-11-21T10:00:00.1Z"}),
        lambda line: json.dumps({"textPayload": line, "timestamp": "2026-11-21T10:00:00Z", "severity": "ERROR"}),
        html.escape,
        lambda line: f"{html.escape(line)}<br>",
    ],
)
def test_the_dress_of_a_line_changes_nothing(dressed: object) -> None:
    text = "\n".join(dressed(line) for line in NUMPY.splitlines())  # type: ignore[operator]

    assert root(text) == "missing-requirement:numpy"


def test_a_line_wrapped_by_the_terminal_is_read_as_one() -> None:
    line = "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres"

    assert root(f"{line[:60]}\n{line[60:]}\n") == "postgres-url-scheme"


def test_one_line_is_enough() -> None:
    assert root("bash: line 1: gunicorn: command not found") == "gunicorn-not-installed"


def test_a_proxy_that_is_refused_is_the_symptom_of_the_crash_behind_it() -> None:
    text = (
        "nginx_1  | [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream\n"
        + "\n".join(f"web_1    | {line}" for line in NUMPY.splitlines())
    )

    found = diagnose(text)

    assert found.causes[0].slug == "missing-requirement:numpy"
    assert found.causes[0].explains == ("nginx-upstream-refused",)
    assert [cause.slug for cause in found.causes] == ["missing-requirement:numpy"]


def test_a_database_that_cannot_read_its_files_explains_the_name_that_does_not_resolve() -> None:
    text = (
        'web-1 | psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known\n'
        "db-1  | FATAL:  database files are incompatible with server\n"
    )

    assert slugs(text) == ("postgres-data-version-mismatch",)


def test_the_kill_after_a_worker_timeout_is_no_lack_of_memory() -> None:
    text = (
        "[2026-11-21 10:00:00 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:7)\n"
        "[2026-11-21 10:00:01 +0000] [1] [ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?\n"
    )

    assert slugs(text) == ("gunicorn-worker-timeout",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TRAPPED,
        "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour\n",
        "/srv/app/main.py:3: DeprecationWarning: no current event loop\nINFO:  Application startup complete.\n",
        "2026-11-21 GET /errors 200\nNot Found: /favicon.ico\n",
    ],
)
def test_what_harms_nothing_is_no_failure(text: str) -> None:
    assert diagnose(text) == Diagnosis(verdict=LogVerdict.HEALTHY)


def test_telemetry_that_cannot_be_sent_is_no_build_without_a_network() -> None:
    text = (
        "urllib3.connectionpool - WARNING - Retrying (Retry(total=0, connect=None)) after connection broken by "
        "NameResolutionError: Failed to resolve 'o1.ingest.sentry.io': /api/1/envelope/\n"
    )

    assert "build-failure:network" not in slugs(text)


def test_an_exception_that_no_row_knows_is_unknown_and_quoted_with_the_own_frame() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/srv/app/shop/prices.py", line 12, in total\n'
        "    return parse(rate)\n"
        '  File "/srv/venv/lib/python3.12/site-packages/money/core.py", line 5, in parse\n'
        "    raise CurrencyError(code)\n"
        "money.core.CurrencyError: XXQ\n"
    )

    assert diagnose(text) == Diagnosis(
        verdict=LogVerdict.UNKNOWN,
        seen=Seen(exception="money.core.CurrencyError: XXQ", line=6, own_frame="/srv/app/shop/prices.py:12 in total"),
    )


def test_a_traceback_that_is_cut_off_does_not_hide_the_exception_before_it() -> None:
    head = "Traceback (most recent call last):\n"
    raised = f'{head}  File "/app/main.py", line 9, in <module>\nRuntimeError: no way\n'
    found = diagnose(f"{raised}==> No open ports detected, continuing to scan...\n{head}")

    assert found.verdict is LogVerdict.UNKNOWN
    assert found.seen is not None
    assert found.seen.exception == "RuntimeError: no way"


def test_a_known_exception_before_the_unknown_one_does_not_hide_behind_it() -> None:
    text = (
        "sqlite3.OperationalError: no such table: users\n\nThe above exception was the direct cause of the following "
        "exception:\n\nTraceback (most recent call last):\n"
        '  File "/srv/app/shop/views.py", line 3, in home\n    rows()\n'
        "django.db.utils.OperationalError: no such table: users\n"
    )

    assert slugs(text) == ("migrations-not-run",)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            'psycopg2.errors.UndefinedColumn: column "title" of relation "conversations" does not exist',
            'column "title" of relation "conversations" does not exist',
        ),
        (
            'asyncpg.exceptions.UndefinedTableError: relation "users" does not exist',
            'relation "users" does not exist',
        ),
        ("psycopg.errors.UndefinedTable", "a table does not exist"),
        ("MySQLdb.OperationalError: (1054, \"Unknown column 'a.b' in 'field list'\")", "Unknown column 'a.b'"),
    ],
)
def test_what_the_database_lacks_is_told_in_its_words(said: str, what: str) -> None:
    root = diagnose(f"{said}\n").root

    assert root is not None
    assert (root.slug, root.title) == ("migrations-not-run", f"migrations were not applied: {what}")


@pytest.mark.parametrize("thing", ['constraint "uq" of relation', 'trigger "t" for relation'])
def test_a_constraint_or_a_trigger_that_is_not_there_is_no_missing_table(thing: str) -> None:
    assert diagnose(f'psycopg2.errors.UndefinedObject: {thing} "users" does not exist\n').root is None


def test_a_database_that_was_not_there_yet_is_taken_back_by_a_start_that_succeeded() -> None:
    text = (
        'psycopg2.OperationalError: connection to server at "db", port 5432 failed: Connection refused\n'
        "INFO:     Application startup complete.\n"
    )

    assert diagnose(text).verdict is not LogVerdict.KNOWN


def test_secrets_in_a_quoted_line_are_masked() -> None:
    text = (
        'sqlalchemy.exc.OperationalError: connection to server at "db", port 5432 failed: Connection refused '
        "postgresql://app:hunter22@db/shop API_KEY=abcdef123456 sentinel-value\n"
    )

    shown = render_text(diagnose(text, masker=Masker.of([Secret("sentinel-value")])))

    assert "hunter22" not in shown
    assert "abcdef123456" not in shown
    assert "sentinel-value" not in shown


def test_utf_16_and_odd_bytes_are_read() -> None:
    assert diagnose_stream(io.BytesIO(NUMPY.encode("utf-16"))).causes[0].slug == "missing-requirement:numpy"
    assert diagnose_stream(io.BytesIO(b"\xff\x00\n" + NUMPY.encode())).causes[0].slug == "missing-requirement:numpy"


def test_line_numbers_hold_across_blocks() -> None:
    quiet = "2026-11-21 10:00:00 INFO all is well, nothing to see here\n"

    found = diagnose(quiet * 40_000 + NUMPY + quiet * 40_000)

    assert found.causes[0].evidence[0].line == 40_006


def test_json_says_what_the_issue_asks_for() -> None:
    document = json.loads(render_json(diagnose(NUMPY)))

    assert {"schema", "verdict", "causes", "seen", "build"} == set(document)
    assert document["schema"] == 1
    assert document["verdict"] == "known"
    assert document["causes"][0]["cause"] == "missing-requirement:numpy"
    assert document["causes"][0]["evidence"] == [{"line": 6, "text": "ModuleNotFoundError: No module named 'numpy'"}]


def test_text_for_a_person_names_cause_line_fix_and_check() -> None:
    shown = render_text(diagnose(NUMPY))

    assert shown.startswith("missing-requirement:numpy: numpy is imported but not installed\n")
    assert "     6 | ModuleNotFoundError: No module named 'numpy'" in shown
    assert "nox -s preflight (check: dependencies)" in shown


def test_text_of_the_other_verdicts_says_what_to_do() -> None:
    assert render_text(Diagnosis(verdict=LogVerdict.HEALTHY)) == "no failure found in this log\n"
    assert "send along" in render_text(Diagnosis(verdict=LogVerdict.UNKNOWN, seen=Seen(exception="XError: y", line=1)))


def test_the_package_whose_metadata_pip_refuses_is_named() -> None:
    text = (
        "WARNING: Ignoring version 4.3.0 of celery since it has invalid metadata:\n    pytz (>dev)\n"
        "Please use pip<24.1 if you need to use this version.\nERROR: No matching distribution found for celery==4.3.0\n"  # noqa: E501
    )

    found = diagnose(text).root

    assert found is not None
    assert (found.slug, found.title.startswith("the metadata of celery")) == ("build-failure:package-metadata", True)


def test_a_pipfile_that_demands_another_python_is_no_unknown_failure() -> None:
    text = (
        'Warning: Your Pipfile requires "python_version" 3.11, but you are using 3.13.0\nfrom /venv/bin/python.\n'
        "[DeployException]:   File ensure_project\n[DeployException]:       raise exceptions.DeployException\n"
        "ERROR:: Aborting deploy\n"
    )

    assert root(text) == "python-version-unsupported"


def test_the_package_that_poetry_could_not_build_is_not_one_that_it_installed_beside_it() -> None:
    text = (
        "  - Installing idna (3.4)\n  - Installing pydantic-core (2.10.1)\n  ChefBuildError\n"
        "  Backend subprocess exited when trying to invoke build_wheel\n"
        "Note: This error originates from the build backend, and is likely not a problem with poetry but one of the "
        "following issues with pydantic-core (2.10.1)\n"
    )

    assert root(text) == "build-failure:pydantic-core"


def test_a_traceback_inside_a_line_of_json_is_read_like_any_other() -> None:
    found = diagnose(
        r'{"message": "Exception in worker process", "exc_info": "Traceback (most recent call last):\n'
        r"  File \"/app/main.py\", line 3, in <module>\n    import numpy\n"
        r"ModuleNotFoundError: No module named 'numpy'\n\"}",
    )

    assert found.root is not None
    assert found.root.slug == "missing-requirement:numpy"


def test_a_word_that_a_terminal_broke_over_two_lines_is_read_as_one() -> None:
    found = diagnose(
        "2021-01-11T15:02:54.234045+00:00 app[web.1]: ModuleNotFoundError: No module name\nd 'django_heroku'\n",
    )

    assert found.root is not None
    assert found.root.slug == "missing-requirement:django-heroku"


_ASKED = "ModuleNotFoundError: No module named 'shopfront'"
_COMMAND = "Starting process with command `gunicorn shopfront.wsgi --log-file -`"


@pytest.mark.parametrize("broken", ["", "\n"], ids=["whole lines", "wrapped"])
def test_the_command_that_the_platform_names_for_a_dyno_is_that_of_the_program_in_it(broken: str) -> None:
    log = (
        f"2026-11-21T10:00:00.123456+00:00 app[web.1]: {_ASKED[:33]}{broken}{_ASKED[33:]}\n"
        f"2026-11-21T10:00:09.123456+00:00 heroku[web.1]: {_COMMAND[:33]}{broken}{_COMMAND[33:]}\n"
    )

    assert slugs(log) == ("gunicorn-module-path",)


def test_the_command_of_another_dyno_says_nothing_of_this_one() -> None:
    log = f"2026-11-21T10:00:00+00:00 app[worker.1]: {_ASKED}\n2026-11-21T10:00:09+00:00 heroku[web.1]: {_COMMAND}\n"

    assert slugs(log) == ("missing-requirement:shopfront",)


def test_what_a_request_asked_for_does_not_hide_why_it_failed() -> None:
    found = diagnose(
        "2023/04/13 01:20:45 [crit] 20#20: *23 connect() to unix:/run/app.sock failed (13: Permission denied) while "
        'connecting to upstream, client: 192.0.2.1, server: app, request: "GET /favicon.ico HTTP/1.1"',
    )

    assert found.root is not None
    assert found.root.slug == "nginx-socket-permission"


def test_a_database_that_came_late_is_no_failure() -> None:
    found = diagnose(
        'web-1 | psycopg.OperationalError: connection failed: connection to server at "172.18.0.2", port 5432 failed: '
        "Connection refused\nweb-1 | Running migrations:\nweb-1 |   No migrations to apply.\n",
    )

    assert found == Diagnosis(verdict=LogVerdict.HEALTHY)


def test_a_line_that_says_that_something_cannot_be_is_no_sign_of_health() -> None:
    found = diagnose("Installing dependencies from Pipfile.lock\nThe Python interpreter can't be found.\n")

    assert (found.verdict, found.seen and found.seen.line) == (LogVerdict.UNKNOWN, 2)


_ON_HEROKU = """2022-05-11T10:02:14.000000+00:00 app[web.1]: App running on http://127.0.0.1:5000
2022-05-11T10:03:11.000000+00:00 heroku[web.1]: Error R10 (Boot timeout) -> Web process failed to bind to $PORT
"""
_IN_CONTAINERS = """web-1   | Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)
nginx-1 | connect() failed (111: Connection refused) while connecting to upstream, upstream: "http://192.0.2.2:8000/"
"""


@pytest.mark.parametrize("log", [_ON_HEROKU, _IN_CONTAINERS])
def test_what_another_container_says_tells_that_a_local_address_is_the_wrong_one(log: str) -> None:
    found = diagnose(log)

    assert found.root is not None
    assert found.root.slug == "bound-to-wrong-address"


CAME_UP = "INFO:     Application startup complete.\n"
TRIED_TWICE = """Building wheels for collected packages: retrying
  Running setup.py bdist_wheel for retrying: finished with status 'error'
  Failed building wheel for retrying
Failed to build retrying
    Running setup.py install for retrying: finished with status '{status}'
"""


@pytest.mark.parametrize(
    "said",
    [
        "WARNING: OpenAI API key not set, AI features are disabled",
        "nvcc not found in PATH, using the CPU",
        "matplotlib: [Errno 13] Permission denied: '/.config'",
        "INFO no accelerator: No module named 'torch.distributed.elastic'",
        "You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations.",
    ],
)
def test_what_services_go_without_is_no_cause_once_they_are_up_and_one_as_long_as_they_are_not(said: str) -> None:
    assert diagnose(f"{said}\n{CAME_UP}").verdict is LogVerdict.HEALTHY
    assert diagnose(f"{said}\n").verdict is LogVerdict.KNOWN
    assert diagnose(f"{CAME_UP}{said}\n").verdict is LogVerdict.KNOWN


def test_a_package_that_an_old_pip_installs_at_the_second_attempt_is_no_failed_build() -> None:
    text = TRIED_TWICE.format(status="done")

    assert diagnose(f"{text}Successfully installed idna-2.7 retrying-1.3.3\n{CAME_UP}").verdict is LogVerdict.HEALTHY
    assert slugs(f"{text}Successfully installed idna-2.7\n") == ("build-failure:retrying",)
    assert slugs(TRIED_TWICE.format(status="error")) == ("build-failure:retrying",)


@pytest.mark.parametrize(
    "said",
    [
        "Nov 21 09:00:01 host sshd[123]: error: kex_exchange_identification: Connection closed by remote host",
        "Nov 21 09:00:01 host sshd[123]: Disconnecting user root: Too many authentication failures [preauth]",
    ],
)
def test_strangers_at_the_door_of_a_server_are_no_failure_of_a_deploy(said: str) -> None:
    assert diagnose(f"{said}\n").verdict is LogVerdict.HEALTHY


def test_a_host_that_django_refuses_is_named_whole() -> None:
    root = diagnose("Invalid HTTP_HOST header: 'www.example.com'. You may need to add it to ALLOWED_HOSTS.\n").root

    assert root is not None
    assert root.values["host"] == "www.example.com"


_OWN_FAULT = """Traceback (most recent call last):
  File "/srv/shop/main.py", line 9, in <module>
    stock = opened(path)
ShelfError: the shelf is not to be had
"""


@pytest.mark.parametrize(
    "log",
    [
        f"{_OWN_FAULT}unable to load app 0 (mountpoint='') (callable not found or import error)\n",
        f"WARNING:shop.checks: optional MAIL_TOKEN is not set, no mail is sent\n{_OWN_FAULT}",
    ],
    ids=["vague", "only warned of"],
)
def test_an_exception_that_nobody_knows_says_more_than_a_vague_sign_or_a_warning(log: str) -> None:
    found = diagnose(log)

    assert found.verdict is LogVerdict.UNKNOWN
    assert found.seen is not None
    assert found.seen.exception == "ShelfError: the shelf is not to be had"


def test_a_vague_sign_is_told_where_nothing_says_more() -> None:
    assert slugs("unable to load app 0 (mountpoint='') (callable not found or import error)\n") == (
        "gunicorn-module-path",
    )


def test_a_file_that_hides_a_module_of_python_is_told_by_the_module_that_misses_a_name_in_it() -> None:
    log = (
        'Traceback (most recent call last):\n  File "/srv/shop/main.py", line 1, in <module>\n    import inspect\n'
        '  File "/usr/local/lib/python3.12/inspect.py", line 154, in <module>\n'
        "    mod_dict = dis.COMPILER_FLAG_NAMES\n               ^^^^^^^^^^^^^^^^^^^^^^^\n"
        "AttributeError: module 'dis' has no attribute 'COMPILER_FLAG_NAMES'\n"
    )

    assert slugs(log) == ("shadowed-module:dis",)


def test_a_log_pasted_as_an_indented_block_is_read_like_any_other() -> None:
    log = "2026-11-21T10:00:00.123456+00:00 app[web.1]: sh: /app/bin/prepare: not found\n"

    assert slugs(f"    {log}") == slugs(log) == ("start-command-not-found:/app/bin/prepare",)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("sqlite3.DatabaseError: file is not a database", "sqlite-file-damaged"),
        (
            "!!! UNABLE to load uWSGI plugin: ./python3_plugin.so: cannot open shared object file !!!",
            "missing-system-lib",
        ),
        ("failed to authorize: failed to fetch oauth token: unexpected status: 401", "docker-image-not-found"),
        ("/entry.sh: exec: line 7: /srv/shop/serve: Permission denied", "entrypoint-not-executable"),
        ("ERROR:  Your project has exceeded the compute time quota.", "platform-plan-limit"),
        ("ModuleNotFoundError: No module named 'schemas.orders'", "module-not-on-path"),
        ("Startup probe failed: HTTP probe failed with statuscode: 502", "health-check-failed"),
        ('Liveness probe failed: Get "http://192.0.2.7:80/ok": context deadline exceeded', "health-check-failed"),
        ('Readiness probe failed: Get "http://192.0.2.7:80/": dial tcp 192.0.2.7:80: refused', "no-open-port"),
        (
            "1 validation error for ShopSettings\n  Value error, in production SHOP_URL wants https [type=value_error]",
            "invalid-env-value",
        ),
    ],
)
def test_a_few_words_of_a_program_are_enough(text: str, family: str) -> None:
    found = diagnose(text)

    assert found.root is not None
    assert found.root.family == family


_OF_A_CLASS = """  File "{file}", line 194, in __init__
    raised(title)
pydantic_core._pydantic_core.ValidationError: 1 validation error for ShopConfig
region
  {says}
"""


@pytest.mark.parametrize(
    ("says", "family"),
    [
        ("Field required [type=missing, input_value={}, input_type=dict]", "missing-env-var"),
        ("Extra inputs are not permitted [type=extra_forbidden, input_value='eu']", "invalid-env-value"),
    ],
)
def test_a_class_of_pydantic_is_one_of_settings_where_its_name_or_pydantic_settings_says_so(
    says: str,
    family: str,
) -> None:
    of_settings = diagnose(_OF_A_CLASS.format(says=says, file="/srv/venv/site-packages/pydantic_settings/main.py"))
    of_any = diagnose(_OF_A_CLASS.format(says=says, file="/srv/venv/site-packages/pydantic/main.py"))

    assert of_settings.root is not None
    assert of_settings.root.family == family
    assert of_any.verdict is LogVerdict.UNKNOWN


def test_what_is_said_of_an_address_that_is_invalid_is_quoted() -> None:
    line = 'psycopg2.ProgrammingError: invalid dsn: invalid connection option "sslcertmode"'

    found = diagnose(f"{line}\n")

    assert found.root is not None
    assert [one.text for one in found.root.evidence] == [line]


def test_what_celery_says_of_its_application_is_shown_by_the_line_that_names_the_module() -> None:
    found = diagnose("Error: \nUnable to load celery application.\nThe module shop.tasks was not found.\n")

    assert found.root is not None
    assert [one.line for one in found.root.evidence] == [3]


RAISED_IN_A_REVISION = """INFO  [alembic.runtime.migration] Running upgrade 1a -> 2b, price
Traceback (most recent call last):
  File "/srv/app/migrations/versions/2b_price.py", line 9, in upgrade
    op.odd()
KeyError: 3
"""


@pytest.mark.parametrize(
    ("log", "named"),
    [
        (
            "  Applying shop.0007_price... Traceback (most recent call last):\nValueError: odd price\n",
            "shop.0007_price",
        ),
        (RAISED_IN_A_REVISION, "versions/2b_price.py"),
    ],
)
def test_the_migration_that_fails_is_named(log: str, named: str) -> None:
    found = diagnose(log).root

    assert found is not None
    assert (found.slug, found.title) == ("migration-failed", f"the migration {named} fails")


def test_a_broker_that_came_back_is_no_failure() -> None:
    away = "[2026-01-01 10:00:00,000: ERROR/MainProcess] consumer: Cannot connect to amqp://broker:5672//: refused.\n"
    back = "[2026-01-01 10:00:09,000: INFO/MainProcess] Connected to amqp://broker:5672//\n"

    assert diagnose(away + back).verdict is LogVerdict.HEALTHY
    assert root(back + away) == "celery-broker-refused"


def test_a_submodule_that_a_known_package_lacks_may_be_misspelt() -> None:
    found = diagnose("ModuleNotFoundError: No module named 'django.core.handleers'").root

    assert found is not None
    assert found.confidence < 0.7


@pytest.mark.parametrize(
    ("caller", "slug"),
    [("uvicorn_worker/_workers.py", "dep-conflict:uvicorn-worker-uvicorn"), ("uvicorn/x.py", "dep-conflict:uvicorn")],
)
def test_who_asks_uvicorn_for_what_it_no_longer_has_is_named(caller: str, slug: str) -> None:
    frame = (
        f'  File "/venv/lib/python3.13/site-packages/{caller}", line 9, in run\n    self.config.setup_event_loop()\n'
    )
    error = "AttributeError: The `setup_event_loop` method was replaced by `get_loop_factory` in uvicorn 0.36.0.\n"

    assert root(frame + error) == slug


def test_advice_after_an_exception_says_less_than_the_exception() -> None:
    raised = (
        "Traceback (most recent call last):\n"
        '  File "/app/migrations/versions/2_x.py", line 28, in upgrade\n'
        '    with op.batch_alter_table("product") as batch:\n'
        '  File "/venv/lib/python3.12/site-packages/sqlalchemy/engine/reflection.py", line 3, in reflect_table\n'
        "    raise exc.NoSuchTableError(table_name)\n"
        "sqlalchemy.exc.NoSuchTableError: product"
    )
    advice = "[entrypoint] If you hit duplicate column name: price, follow the runbook."

    assert diagnose(f"{raised}\n{advice}\n").causes[0].slug == "migration-failed"
    assert [one.slug for one in diagnose(f"{advice}\n").causes] == ["migration-duplicate-table"]
