"""Variables that nothing states: found in what the checks ended on, told once, assumed from then on."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite import unstated
from deploy_suite.model.contract import Container, Contract, Literal, Prompted, Variable
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from tests.projects import write
from tests.unit.checks import gunicorn_case

CONTRACT = replace(
    gunicorn_case.CONTRACT,
    variables=(
        Variable(name="RENDER", source=Literal(Secret("true")), is_platform=True),
        Variable(name="PYTHON_VERSION", source=Literal(Secret("3.12.1")), location=Location("render.yaml", 8)),
    ),
)
STATING = replace(
    CONTRACT, variables=(Variable(name="SECRET_KEY", source=Prompted(), location=Location("render.yaml", 9)),)
)
MET = Finding(
    code="missing-env-var:database_url",
    outcome=Outcome.SKIPPED,
    message="cannot be checked here",
    location=Location("app/config.py", 4),
    evidence=("KeyError: 'DATABASE_URL'",),
    check="boot",
    service="web",
    target="render",
)
RESULTS = (
    CheckResult(check="imports", service="web", target="render", seconds=1.0),
    CheckResult(check="boot", service="web", target="render", seconds=1.0, findings=(MET,)),
)


def test_a_variable_is_a_warning_where_the_manifest_states_none_of_the_application() -> None:
    (found,) = unstated.found(RESULTS, CONTRACT)

    assert (found.code, found.outcome, found.location) == (
        "missing-env-var:DATABASE_URL",
        Outcome.WARNING,
        Location("app/config.py", 4),
    )
    assert found.message == (
        "the service needs the variable DATABASE_URL to start, and no manifest says whether the target has it"
    )
    assert found.certainty.startswith("the deploy fails unless the variable is set by hand on the target")


def test_a_variable_is_a_failure_where_the_manifest_states_others() -> None:
    (found,) = unstated.found(RESULTS, STATING)

    assert (found.outcome, found.message) == (
        Outcome.FAILED,
        "the service needs the variable DATABASE_URL to start, and render.yaml does not state it",
    )


def test_a_variable_is_asked_for_once_and_then_known() -> None:
    found = unstated.found(RESULTS, CONTRACT)
    assumed = unstated.assumed(CONTRACT, found)

    assert [variable.name for variable in assumed.variables] == ["RENDER", "PYTHON_VERSION", "DATABASE_URL"]
    assert unstated.found(RESULTS, assumed) == ()


def test_a_variable_that_is_missing_without_an_error_of_its_own_is_found_by_what_complains_of_none() -> None:
    message = "importing the application fails at start: TypeError: can only concatenate str (not "
    line = "main.py:27: api = Api(os.getenv('ACCESS_TOKEN'), os.environ.get('MODE', 'live'))"
    failed = replace(
        MET,
        code="import-failed:TypeError",
        outcome=Outcome.FAILED,
        message=f'{message}"NoneType") to str',
        evidence=(line,),
    )
    other = replace(failed, message="importing the application fails at start: ImportError: no")

    found, nothing = (unstated.found((replace(RESULTS[0], findings=(one,)),), CONTRACT) for one in (failed, other))

    assert ([finding.code for finding in found], nothing) == (["missing-env-var:ACCESS_TOKEN"], ())


def test_all_variables_that_one_exception_asks_for_are_told_together() -> None:
    fields = "2 validation errors for Settings\ndatabase_url\n  Field required [missing]\nredis_url\n  Field required"
    listed = replace(MET, code="missing-env-var:A_KEY", message="A_KEY, B_KEY must be set at start, and nothing says")
    met = (replace(RESULTS[0], findings=(listed,)), replace(RESULTS[1], findings=(replace(MET, evidence=(fields,)),)))

    found = unstated.found(met, CONTRACT)

    assert [finding.code.partition(":")[2] for finding in found] == ["A_KEY", "B_KEY", "DATABASE_URL", "REDIS_URL"]


def test_what_was_found_is_told_in_the_check_that_met_it_and_before_what_lay_behind_it() -> None:
    found = unstated.found(RESULTS, CONTRACT)
    later = Finding(code="boot", outcome=Outcome.PASSED, message="listens")
    again = (RESULTS[0], replace(RESULTS[1], findings=(later,)))

    imports, boot = unstated.told(again, found)

    assert (imports.findings, boot.findings) == ((), (*found, later))


def test_of_several_fields_each_finding_quotes_its_own() -> None:
    evidence = (
        "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings",
        "database_url",
        "  Field required [type=missing, input_value={}, input_type=dict]",
        "secret_key",
        "  Field required [type=missing, input_value={}, input_type=dict]",
    )
    boot = replace(RESULTS[1], findings=(replace(MET, evidence=evidence),))

    found = unstated.found((boot,), CONTRACT)

    assert [one.evidence for one in found] == [evidence[:3], (evidence[0], *evidence[3:])]


def test_a_note_is_left_out_when_each_variable_that_it_lists_is_told_by_itself() -> None:
    def listed(*lines: str) -> CheckResult:
        note = Finding(code="missing-env-var", outcome=Outcome.NOTE, message="every start needs", evidence=lines)
        return CheckResult(check="variables", service="web", target="render", seconds=0.1, findings=(note,))

    told = unstated.found(RESULTS, CONTRACT)
    met, other = "a.py:1: DATABASE_URL, by os.environ", "a.py:2: OTHER, by os.environ"

    assert unstated.settled(listed(met), told, RESULTS).findings == ()
    for lines in ((met, other), (other,), ()):
        assert unstated.settled(listed(*lines), told, RESULTS) == listed(*lines)


def test_a_variable_is_to_be_set_on_the_target_where_no_manifest_describes_the_service() -> None:
    described = replace(CONTRACT, location=Location("render.yaml", 2))
    guessed = replace(CONTRACT, location=Location("Procfile", 1))

    remedies = [unstated.found(RESULTS, one)[0].remedy.partition(";")[0] for one in (described, guessed, CONTRACT)]

    assert remedies == [
        "add `- key: DATABASE_URL` with `sync: false`, a value or `fromDatabase` to the envVars of web in render.yaml",
        "set DATABASE_URL on the target's own page of web, or state it in a render.yaml",
        "set DATABASE_URL on the target's own page of web, or state it in a render.yaml",
    ]


def test_the_variable_that_the_call_hands_over_is_named_and_not_the_one_that_the_library_would_take() -> None:
    imports = replace(MET, code="missing-env-var:OPENAI_API_KEY", check="imports", evidence=("OpenAIError: Missing",))
    call = ("client = AsyncOpenAI(", 'api_key=os.getenv("GROQ_API_KEY", ""),', "base_url=os.getenv('GROQ_URL'))")
    boot = replace(imports, check="boot", evidence=call)
    results = [replace(RESULTS[0], findings=(imports,)), replace(RESULTS[1], findings=(boot,))]

    assert [one.code for one in unstated.found(results, CONTRACT)] == ["missing-env-var:GROQ_API_KEY"]


def test_a_variable_of_another_kind_in_the_same_call_is_not_taken_for_it() -> None:
    call = ('client = OpenAI(base_url=os.getenv("BASE_URL"))',)
    met = replace(MET, code="missing-env-var:OPENAI_API_KEY", evidence=call)

    assert [one.code for one in unstated.found([replace(RESULTS[1], findings=(met,))], CONTRACT)] == [
        "missing-env-var:OPENAI_API_KEY"
    ]


def test_variables_that_a_project_lists_in_its_own_words_are_taken_together() -> None:
    said = "ImproperlyConfigured: Missing required environment variables: DATABASE_URL, SECRET_KEY and BOT_TOKEN"
    other = "ImproperlyConfigured: see DOCS, README; DATABASE_URL is missing, as HTTP and JSON say"

    def names(line: str) -> list[str]:
        met = replace(MET, evidence=(line,))
        found = unstated.found((replace(RESULTS[1], findings=(met,)),), CONTRACT)
        return [one.code.removeprefix("missing-env-var:") for one in found]

    assert names(said) == ["DATABASE_URL", "SECRET_KEY", "BOT_TOKEN"]
    assert names(other) == ["DATABASE_URL"]


def test_an_exception_about_several_fields_is_quoted_by_its_head_alone() -> None:
    line = "ValidationError: 2 validation errors for Settings DATABASE_URL Field required JWT_KEY Field required [type"
    met = replace(RESULTS[1], findings=(replace(MET, evidence=(line,)),))

    (found,) = unstated.found((met,), CONTRACT)

    assert found.evidence == ("ValidationError: 2 validation errors for Settings",)


@pytest.mark.parametrize("config", ['SettingsConfigDict(env_prefix="shop_")', 'DEFAULT | {"env_prefix": "SHOP_"}'])
def test_a_field_of_a_settings_class_is_told_by_the_variable_that_its_prefix_makes(tmp_path: Path, config: str) -> None:
    write(tmp_path, {"shop/config.py": f"class ShopConfig(BaseSettings):\n    model_config = {config}\n    db: str\n"})
    raised = "pydantic_core._pydantic_core.ValidationError: 2 validation errors for ShopConfig"
    met = replace(MET, code="missing-env-var:DB", evidence=(raised, "DB\n  Field required", "HOST\n  Field required"))

    found = unstated.found((replace(RESULTS[1], findings=(met,)),), CONTRACT, folder=tmp_path)

    assert [one.code for one in found] == ["missing-env-var:SHOP_DB", "missing-env-var:SHOP_HOST"]


def test_a_variable_that_only_an_image_or_a_compose_file_sets_tells_nothing_of_what_the_target_has() -> None:
    image = Container(dockerfile="docker/Dockerfile", workdir="/app")

    def stating(file: str) -> Contract:
        return replace(
            CONTRACT,
            container=image,
            variables=(Variable(name="MODE", source=Prompted(), location=Location(file, 3)),),
        )

    outcomes = [
        unstated.found(RESULTS, stating(file))[0].outcome
        for file in ("docker/Dockerfile", "backend/docker-compose.yml", "render.yaml")
    ]

    assert outcomes == [Outcome.WARNING, Outcome.WARNING, Outcome.FAILED]


@pytest.mark.parametrize("code", ["django-database-missing", "django-system-check"])
@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("dj_database_url.config(conn_max_age=600)", ["DATABASE_URL"]),
        ("dj_database_url.config()", ["DATABASE_URL"]),
        ('dj_database_url.config(env="PG_URL", conn_max_age=600)', ["PG_URL"]),
        ('dj_database_url.config("PG_URL")', ["PG_URL"]),
        ("dj_database_url.config(default='sqlite:///db.sqlite3')", []),
        ("dj_database_url.config(conn_max_age=600, default=FALLBACK)", []),
    ],
)
def test_django_without_a_database_wants_the_variable_that_has_its_address(
    tmp_path: Path, call: str, names: list[str], code: str
) -> None:
    write(tmp_path, {"mysite/settings.py": f"DATABASES = {{'default': {call}}}\n"})
    met = replace(MET, code=code, outcome=Outcome.WARNING, evidence=("ImproperlyConfigured",))

    found = unstated.found((replace(RESULTS[1], findings=(met,)),), CONTRACT, folder=tmp_path)

    assert [one.code for one in found] == [f"missing-env-var:{name}" for name in names]


_GETENV = """import os

def url():
    return os.getenv("DATABASE_URL") or "sqlite:///app.db"
"""
_FIELD = """class Settings(BaseSettings):
    database_url: str = "sqlite+aiosqlite:///./app.db"
"""
_REFUSED = 'sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) near "ALTER": syntax error'


@pytest.mark.parametrize(
    ("source", "said", "driver", "found"),
    [
        (_GETENV, _REFUSED, "psycopg2-binary", ["DATABASE_URL"]),
        (
            _GETENV,
            "NotImplementedError: No support for ALTER of constraints in SQLite dialect",
            "asyncpg",
            ["DATABASE_URL"],
        ),
        (_FIELD, "ModuleNotFoundError: No module named 'aiosqlite'", "asyncpg", ["DATABASE_URL"]),
        (_GETENV, _REFUSED, "flask", []),  # SQLite is what the project means
        (_GETENV, "ValueError: of no database", "asyncpg", []),
        (_GETENV.replace("DATABASE_URL", "MONGODB_URL"), _REFUSED, "asyncpg", []),
        (_GETENV.replace("sqlite", "mysql"), _REFUSED, "asyncpg", []),
    ],
)
def test_who_fails_on_sqlite_and_lists_a_driver_of_postgresql_wants_the_address(
    tmp_path: Path, source: str, said: str, driver: str, found: list[str]
) -> None:
    write(tmp_path, {"requirements.txt": f"{driver}==1.0\n", "db.py": source})
    failed = replace(MET, code="build-failure", outcome=Outcome.FAILED, evidence=("…", said), check="environment")
    stating = replace(CONTRACT, root=PurePosixPath())
    results = (replace(RESULTS[0], check="environment", findings=(failed,)),)

    told = unstated.found(results, stating, folder=tmp_path)

    assert [one.code for one in told] == [f"missing-env-var:{name}" for name in found]
    for one in told:
        assert one.location is not None
        assert one.location.file == "db.py"
        assert one.evidence == (
            f"{one.location}: without DATABASE_URL the code goes on with SQLite, and fails on it:",
            "at app/config.py:4",
            said,
        )


_NEAR = """import os

URL = os.getenv("DATABASE_URL", "postgresql://shop:shop@localhost:5432/shop")
"""


@pytest.mark.parametrize(
    ("source", "said", "outcome", "found"),
    [
        (_NEAR, 'connection to server at "localhost" (::1), port 5432 failed', Outcome.SKIPPED, ["DATABASE_URL"]),
        (_NEAR, 'could not translate host name "db" to address', Outcome.FAILED, ["DATABASE_URL"]),
        (_NEAR, "[Errno 111] Connect call failed ('127.0.0.1', 5432)", Outcome.FAILED, ["DATABASE_URL"]),
        (
            _NEAR,
            "they connect to postgresql://x, and the contract names no database",
            Outcome.SKIPPED,
            ["DATABASE_URL"],
        ),
        (_NEAR, "[Errno 111] Connect call failed ('127.0.0.1', 6379)", Outcome.FAILED, []),
        (_NEAR, 'connection to server at "localhost" (::1), port 5432 failed', Outcome.WARNING, []),
        (_NEAR.replace("localhost", "db.example.com"), 'connection to server at "db"', Outcome.FAILED, []),
    ],
)
def test_who_fails_for_want_of_a_postgresql_of_the_desk_wants_the_address(
    tmp_path: Path, source: str, said: str, outcome: Outcome, found: list[str]
) -> None:
    write(tmp_path, {"requirements.txt": "psycopg2==2.9\n", "db.py": source})
    failed = replace(MET, code="cannot-check-here", outcome=outcome, evidence=(said,), check="boot")
    results = (replace(RESULTS[1], check="boot", findings=(failed,)),)

    told = unstated.found(results, replace(CONTRACT, root=PurePosixPath()), folder=tmp_path)

    assert [(one.code, str(one.location)) for one in told] == [(f"missing-env-var:{name}", "db.py:3") for name in found]


@pytest.mark.parametrize(
    ("engine", "host", "found"),
    [
        ("django.db.backends.postgresql", 'os.getenv("DB_HOST")', ["DB_NAME", "DB_HOST"]),
        ("django.db.backends.postgresql", 'os.environ.get("DB_HOST", "localhost")', ["DB_NAME", "DB_HOST"]),
        ("django.db.backends.postgresql", 'os.getenv("DB_HOST", "db.example.com")', []),
        ("django.db.backends.postgresql", 'config("DB_HOST")', []),
        ("django.db.backends.mysql", 'os.getenv("DB_HOST")', []),
    ],
)
def test_django_whose_postgresql_has_no_host_wants_the_parts_of_its_address(
    tmp_path: Path, engine: str, host: str, found: list[str]
) -> None:
    settings = f'DATABASES = {{"default": {{"ENGINE": "{engine}",\n"NAME": os.getenv("DB_NAME"),\n"HOST": {host}}}}}\n'
    write(tmp_path, {"requirements.txt": "psycopg2\n", "shop/settings.py": settings})
    said = "they connect to postgresql://localhost:5432/, and the contract names no database"
    failed = replace(MET, code="cannot-check-here", outcome=Outcome.SKIPPED, message=said, evidence=())
    results = (replace(RESULTS[1], check="migrations", findings=(failed,)),)

    told = unstated.found(results, replace(CONTRACT, root=PurePosixPath()), folder=tmp_path)

    assert [one.code for one in told] == [f"missing-env-var:{name}" for name in found]


def _met_twice(folder: Path, source: str, *, then: str = "0x2b") -> list[str]:
    (folder / "admin.py").write_text(source, encoding="utf-8")
    raised = "Exception: No request on <function get at {}>"
    place, name = Location("admin.py", 1), "A_URL"
    failed = Finding(
        code="import-failed",
        outcome=Outcome.FAILED,
        message="fails",
        location=place,
        evidence=("admin.py:1: @limit", raised.format("0x1a")),
    )
    unsure = replace(
        failed,
        code="needs-real-values",
        outcome=Outcome.SKIPPED,
        evidence=("admin.py:1: @limit", raised.format(then)),
    )
    told = replace(failed, code=f"missing-env-var:{name}")
    before, after = (
        [CheckResult(check="imports", service="web", target="render", seconds=1.0, findings=(one,))]
        for one in (failed, unsure)
    )
    return [one.code for one in unstated.kept(before, after, told=[told], folder=folder)[0].findings]


def test_a_failure_that_was_met_without_the_made_up_value_is_not_its_doing(tmp_path: Path) -> None:
    assert _met_twice(tmp_path, "@limit\ndef get(): ...\n") == ["import-failed"]


def test_a_failure_in_a_file_that_reads_the_variable_may_be_its_doing(tmp_path: Path) -> None:
    assert _met_twice(tmp_path, "@limit(settings.a_url)\ndef get(): ...\n") == ["needs-real-values"]


def test_another_exception_than_without_the_made_up_value_may_be_its_doing(tmp_path: Path) -> None:
    assert _met_twice(tmp_path, "@limit\ndef get(): ...\n", then="A_URL") == ["needs-real-values"]


def test_djangos_empty_key_is_told_as_the_variable_that_the_settings_take_it_from(tmp_path: Path) -> None:
    write(tmp_path, {"shop/settings.py": 'import os\nSECRET_KEY = SECRET_KEY = os.environ.get("KEY_OF_SHOP")\n'})
    met = replace(
        MET,
        code="empty-secret-key",
        outcome=Outcome.FAILED,
        location=Location("shop/urls.py", 3),
        evidence=("ImproperlyConfigured: The SECRET_KEY setting must not be empty.",),
    )

    found = unstated.found([replace(RESULTS[1], findings=(met, met))], CONTRACT, folder=tmp_path)

    assert [(one.code, one.outcome, one.location) for one in found] == [
        ("missing-env-var:KEY_OF_SHOP", Outcome.WARNING, Location("shop/settings.py", 2))
    ]


def test_who_forgets_to_choose_the_settings_is_to_write_the_line_that_does() -> None:
    met = replace(MET, code="missing-env-var:DJANGO_SETTINGS_MODULE", location=Location("api/wsgi.py", 8))
    (found,) = unstated.found((replace(RESULTS[1], findings=(met,)),), CONTRACT)
    (by_shell,) = unstated.found(
        (replace(RESULTS[1], findings=(replace(met, location=Location("build.sh", 3)),)),), CONTRACT
    )

    assert found.remedy.startswith('write `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` before api/wsgi.py:8')
    assert by_shell.remedy.startswith("set DJANGO_SETTINGS_MODULE on the target's own page")


def test_an_engine_without_an_address_is_told_by_what_the_sources_take_it_from_and_not_by_the_usual_name(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"app/config.py": "import os\n\nURL = os.getenv('NEON_URL', '')\nengine = create_engine(URL)\n"})
    said = "sqlalchemy.exc.ArgumentError: Could not parse SQLAlchemy URL from string ''"
    read = replace(MET, code="missing-env-var:DATABASE_URL", evidence=(said,))
    results = [replace(RESULTS[1], findings=(read,))]

    assert [one.code for one in unstated.found(results, CONTRACT, folder=tmp_path)] == ["missing-env-var:NEON_URL"]
    assert [one.code for one in unstated.found(results, CONTRACT)] == ["missing-env-var:DATABASE_URL"]
