import base64
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy_suite.environments import bindings
from deploy_suite.model.contract import (
    Contract,
    DatabaseField,
    FromDatabase,
    FromService,
    Generated,
    Literal,
    Phase,
    Prompted,
    Source,
    Variable,
)
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret
from tests.unit.checks.gunicorn_case import CONTRACT

SERVER = DatabaseAddress(host="127.0.0.1", port=5555, user="shop", password=Secret("pa55-word"), name="shop_db")
URL = "postgresql://shop:pa55-word@127.0.0.1:5555/shop_db"


def contract(*variables: Variable) -> Contract:
    return replace(CONTRACT, variables=variables)


def value_of(name: str, source: Source, folder: Path, **answers: str) -> str:
    bound = bindings.bind(
        contract(Variable(name=name, source=source)),
        databases={"preflight": SERVER, "main": SERVER},
        answers={key: Secret(value) for key, value in answers.items()},
        service_folder=folder,
    )
    return bound.values[name].revealed()


def test_a_database_variable_takes_the_part_it_names(tmp_path: Path) -> None:
    assert value_of("URL", FromDatabase("main", DatabaseField.CONNECTION_STRING), tmp_path) == URL
    assert value_of("X", FromDatabase("main", DatabaseField.PORT), tmp_path) == "5555"
    assert value_of("X", FromDatabase("main", DatabaseField.PASSWORD), tmp_path) == "pa55-word"


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "SQLALCHEMY_DATABASE_URI", "POSTGRES_URL", "DB_DSN", "APP_DATABASE_URL"]
)
def test_a_prompted_database_url_is_the_throw_away_one(tmp_path: Path, name: str) -> None:
    assert value_of(name, Prompted(), tmp_path) == URL


def test_a_prompted_database_part_is_the_throw_away_ones(tmp_path: Path) -> None:
    assert value_of("DB_HOST", Prompted(), tmp_path) == "127.0.0.1"
    assert value_of("POSTGRES_USER", Prompted(), tmp_path) == "shop"
    assert value_of("DB_NAME", Prompted(), tmp_path) == "shop_db"


def test_the_scheme_follows_the_projects_own_example(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("DATABASE_URL=postgresql+asyncpg://u:p@localhost/x\n")

    assert value_of("DATABASE_URL", Prompted(), tmp_path) == URL.replace("postgresql", "postgresql+asyncpg")


@pytest.mark.parametrize(
    "line",
    [
        "      - DATABASE_URL=postgresql+asyncpg://u:${DB_PASSWORD}@db:5432/x",
        "      DATABASE_URL: postgresql+asyncpg://u:p@db/x",
        '      "DATABASE_URL": "postgresql+asyncpg://u:p@db/x"',
    ],
)
@pytest.mark.parametrize("root", ["", "backend"])
def test_the_driver_follows_the_projects_compose_file(tmp_path: Path, line: str, root: str) -> None:
    (tmp_path / root).mkdir(exist_ok=True)
    (tmp_path / "docker-compose.yml").write_text(f"services:\n  web:\n    environment:\n{line}\n")

    wanted = URL.replace("postgresql", "postgresql+asyncpg")

    assert value_of("DATABASE_URL", Prompted(), tmp_path / root) == wanted
    assert value_of("OTHER_DATABASE_URL", Prompted(), tmp_path / root) == URL


def test_a_file_of_examples_stands_before_a_compose_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  web:\n    environment:\n      DB_URL: postgresql+asyncpg://d/x\n"
    )
    (tmp_path / ".env.example").write_text("DB_URL=postgresql+psycopg://d/x\n")

    assert value_of("DB_URL", Prompted(), tmp_path) == URL.replace("postgresql", "postgresql+psycopg")


def test_an_example_whose_servers_dns_would_have_to_name_is_led_to_this_machine(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(
        "MONGO_DSN=mongodb+srv://<user>:<pw>@cluster0.x.mongodb.net/shop?w=majority\n"
    )

    assert value_of("MONGO_DSN", Prompted(), tmp_path) == "mongodb://127.0.0.1/shop?w=majority"


def test_an_example_that_names_another_database_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("DATABASE_URL=mysql+pymysql://u@localhost/x\n")

    service = contract(Variable(name="DATABASE_URL", source=Prompted()))
    databases = {"preflight": SERVER}

    bound = bindings.bind(service, databases=databases, answers={}, service_folder=tmp_path)

    for one in (bound, bindings.rebound(service, bound, databases)):
        assert one.values["DATABASE_URL"].revealed() == "mysql+pymysql://u@localhost/x"


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("mysql+pymysql://u:${DB_PASSWORD}@db.example.com:21861/x?ssl_ca=${CA}", "mysql+pymysql://127.0.0.1/preflight"),
        ("${HOST}/api", "https://preflight-dummy.invalid"),
        ("https://${HOST:-localhost}/api", "https://localhost/api"),
    ],
)
def test_an_example_that_leaves_a_part_open_gives_its_scheme_alone(tmp_path: Path, example: str, expected: str) -> None:
    (tmp_path / ".env.example").write_text(f"BACKEND_URL={example}\n")

    assert value_of("BACKEND_URL", Prompted(), tmp_path) == expected


@pytest.mark.parametrize("name", ["ENCRYPTION_KEY", "FERNET_KEY", "FIELD_ENCRYPTION_KEY", "app_fernet_secret_key"])
def test_a_made_up_key_for_encryption_has_the_32_bytes_that_ciphers_take(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env.example").write_text("FERNET_KEY=your-fernet-key-here\n")

    assert len(base64.urlsafe_b64decode(value_of(name, Prompted(), tmp_path))) == 32


@pytest.mark.parametrize("name", ["TOKEN", "API_TOKEN", "BOT_TOKEN", "BOTTOKEN", "TELEGRAM_TOKEN", "TG_BOT_API_TOKEN"])
def test_a_made_up_token_of_a_bot_has_the_form_that_libraries_of_telegram_take(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env.example").write_text(f"{name}=your_bot_token_here\n")

    number, colon, rest = value_of(name, Prompted(), tmp_path).partition(":")

    assert number.isdigit()
    assert colon
    assert rest


@pytest.mark.parametrize("name", ["ACCESS_TOKEN", "ROBOT_ID", "TOKEN_URL", "HF_TOKEN", "TG_CHANNEL"])
def test_other_names_get_no_token_of_a_bot(tmp_path: Path, name: str) -> None:
    assert not value_of(name, Prompted(), tmp_path).startswith("0123456789:")


def test_an_example_that_has_the_form_of_a_bots_token_is_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("BOT_TOKEN=1:abc\n")

    assert value_of("BOT_TOKEN", Prompted(), tmp_path) == "1:abc"


def test_an_example_that_has_the_length_of_a_key_is_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(f"ENCRYPTION_KEY={'0123456789abcdef' * 4}\n")

    assert value_of("ENCRYPTION_KEY", Prompted(), tmp_path) == "0123456789abcdef" * 4


def test_a_made_up_address_has_the_form_that_drivers_take(tmp_path: Path) -> None:
    assert value_of("MONGO_URI", Prompted(), tmp_path) == "mongodb://127.0.0.1:27017/preflight"


def test_a_literal_url_of_a_real_database_is_replaced(tmp_path: Path) -> None:
    real = Literal(Secret("postgres://prod:real@db.example.com/prod"))

    assert value_of("DATABASE_URL", real, tmp_path) == URL.replace("postgresql", "postgres")


FROM_DATABASE = Variable(name="DB_HOST", source=FromDatabase("main", DatabaseField.HOST))
LITERAL_PORT = Variable(name="DB_PORT", source=Literal(Secret("5432")))


@pytest.mark.parametrize(
    ("beside", "port", "expected"),
    [
        (FROM_DATABASE, LITERAL_PORT, ("5555", "6666")),
        (Variable(name="DB_HOSTNAME", source=Prompted()), LITERAL_PORT, ("7777", "8888")),
        (Variable(name="DB_HOST", source=Literal(Secret("db.example.com"))), LITERAL_PORT, ("5432", "5432")),
        (FROM_DATABASE, Variable(name="DB_PORT", source=Literal(Secret("6543"))), ("6543", "6543")),
        (FROM_DATABASE, Variable(name="OTHER_DB_PORT", source=Literal(Secret("5432"))), ("5432", "5432")),
        (Variable(name="DB_USER", source=FromDatabase("main", DatabaseField.USER)), LITERAL_PORT, ("5432", "5432")),
    ],
)
def test_a_literal_port_goes_with_the_host_that_the_database_gives(
    tmp_path: Path, beside: Variable, port: Variable, expected: tuple[str, str]
) -> None:
    service = contract(beside, port)
    first = {"main": SERVER, "preflight": replace(SERVER, port=7777)}
    second = {"main": replace(SERVER, port=6666), "preflight": replace(SERVER, port=8888)}

    bound = bindings.bind(service, databases=first, answers={}, service_folder=tmp_path)
    rebound = bindings.rebound(service, bound, second)

    assert tuple(one.values[port.name].revealed() for one in (bound, rebound)) == expected


def test_the_users_answer_is_kept_for_a_literal_port(tmp_path: Path) -> None:
    service = contract(FROM_DATABASE, LITERAL_PORT)

    bound = bindings.bind(
        service, databases={"main": SERVER}, answers={"DB_PORT": Secret("5433")}, service_folder=tmp_path
    )

    assert bindings.rebound(service, bound, {"main": SERVER}).values["DB_PORT"].revealed() == "5433"


def test_the_users_answer_beats_everything(tmp_path: Path) -> None:
    assert value_of("API_KEY", Prompted(), tmp_path, API_KEY="mine") == "mine"
    assert value_of("MODE", Literal(Secret("production")), tmp_path, MODE="test") == "test"


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("localhost,127.0.0.1", "localhost,127.0.0.1,web.onrender.com"),
        ("localhost 127.0.0.1", "localhost 127.0.0.1 web.onrender.com"),
        ('["localhost"]', '["localhost", "web.onrender.com"]'),
        ("", "web.onrender.com"),
    ],
)
def test_the_hosts_of_a_desk_are_not_all_that_the_target_allows(tmp_path: Path, example: str, expected: str) -> None:
    (tmp_path / ".env.example").write_text(f"ALLOWED_HOSTS={example}\n")

    assert value_of("ALLOWED_HOSTS", Prompted(), tmp_path) == expected


@pytest.mark.parametrize(
    ("modules", "example", "expected"),
    [
        (("settings/dev", "settings/prod"), "shop.settings.dev", "shop.settings.prod"),
        (("settings/base", "settings/production"), "", "shop.settings.production"),
        (("settings/dev",), "shop.settings.dev", "shop.settings.dev"),
        (("settings",), "", "shop.settings"),
    ],
)
def test_the_settings_that_are_typed_in_are_productions_where_there_are_such(
    tmp_path: Path, modules: tuple[str, ...], example: str, expected: str
) -> None:
    for module in modules:
        file = tmp_path / "shop" / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("DEBUG = False\n")
    (tmp_path / "shop/render.py").write_text("def page() -> str: ...\n")
    (tmp_path / "shop/wsgi.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n')
    (tmp_path / ".env.example").write_text(f"DJANGO_SETTINGS_MODULE={example}\n")

    assert value_of("DJANGO_SETTINGS_MODULE", Prompted(), tmp_path) == expected
    assert value_of("DJANGO_SETTINGS_MODULE", Literal(Secret("shop.own")), tmp_path) == "shop.own"


def test_what_nobody_answers_is_a_marked_dummy(tmp_path: Path) -> None:
    subject = contract(
        Variable(name="OPENAI_API_KEY", source=Prompted()), Variable(name="MODE", source=Literal(Secret("x")))
    )

    bound = bindings.bind(subject, databases={}, answers={}, service_folder=tmp_path)

    assert bound.dummies == {"OPENAI_API_KEY"}
    assert "dummy" in bound.values["OPENAI_API_KEY"].revealed()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RETRY_COUNT", "1"),
        ("FIREBASE_SERVICE_ACCOUNT_JSON", "{}"),
        ("GOOGLE_CREDENTIALS_JSON", "{}"),
        ("STRIPE_ACCOUNT", "preflight-dummy-stripe_account"),
        ("SITE_ADMIN", "preflight-dummy-site_admin"),
        ("SUPERUSER_NAME", "preflight-user"),
        ("TIME_ZONE", "UTC"),
        ("CELERY_TIMEZONE", "UTC"),
        ("AUTHORIZED_USER_ID", "1"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "1"),
        ("AUTH_CLIENT_ID", "preflight-dummy-auth_client_id-not-a-real-secret-0123456789"),
    ],
)
def test_a_dummy_has_the_form_that_its_name_asks_for(tmp_path: Path, name: str, text: str) -> None:
    assert value_of(name, Prompted(), tmp_path) == text


@pytest.mark.parametrize(("example", "expected"), [("your_user_id_here", "1"), ("12,34", "12,34")])
def test_an_example_in_words_gives_way_to_a_number_where_the_name_asks_for_one(
    tmp_path: Path, example: str, expected: str
) -> None:
    (tmp_path / ".env.example").write_text(f"ADMIN_USER_ID={example}\n")

    assert value_of("ADMIN_USER_ID", Prompted(), tmp_path) == expected


def test_generated_values_differ_from_run_to_run(tmp_path: Path) -> None:
    assert value_of("SECRET", Generated(), tmp_path) != value_of("SECRET", Generated(), tmp_path)


def test_another_service_is_out_of_reach_but_well_formed(tmp_path: Path) -> None:
    assert value_of("REDIS_URL", FromService("cache", "connectionString"), tmp_path) == "redis://127.0.0.1:6379"


def test_rebinding_changes_the_database_and_nothing_else(tmp_path: Path) -> None:
    subject = contract(
        Variable(name="DATABASE_URL", source=FromDatabase("main", DatabaseField.CONNECTION_STRING)),
        Variable(name="ASYNC_DB_URL", source=Prompted()),
        Variable(name="SECRET", source=Generated()),
    )
    before = bindings.bind(
        subject, databases={"main": SERVER, "preflight": SERVER}, answers={}, service_folder=tmp_path
    )

    other = replace(SERVER, name="copy")
    after = bindings.rebound(subject, before, {"main": other, "preflight": other})

    assert after.values["DATABASE_URL"].revealed() == URL.replace("shop_db", "copy")
    assert after.values["ASYNC_DB_URL"].revealed() == URL.replace("shop_db", "copy")
    assert after.values["SECRET"] == before.values["SECRET"]


def test_the_service_sees_no_variable_of_the_build(tmp_path: Path) -> None:
    subject = contract(
        Variable(name="CI", source=Literal(Secret("true")), phases=frozenset({Phase.BUILD})),
        Variable(name="PORT", source=Literal(Secret("10000")), phases=frozenset({Phase.RUN})),
    )
    bound = bindings.bind(subject, databases={}, answers={}, service_folder=tmp_path)

    assert set(bindings.at_run(subject, bound)) == {"PORT"}


def test_what_is_made_up_here_is_no_secret(tmp_path: Path) -> None:
    subject = contract(Variable(name="API_TOKEN", source=Prompted()))
    bound = bindings.bind(subject, databases={}, answers={}, service_folder=tmp_path)

    masker = bindings.masker(subject, bound, {})

    assert masker.masked("write it into .env.preflight") == "write it into .env.preflight"


def test_the_masker_hides_values_but_not_plain_words(tmp_path: Path) -> None:
    subject = contract(
        Variable(name="API_TOKEN", source=Literal(Secret("abcdefgh"))),
        Variable(name="MODE", source=Literal(Secret("production"))),
        Variable(name="GREETING", source=Literal(Secret("S3ntinel:0451!"))),
    )
    bound = bindings.bind(subject, databases={}, answers={}, service_folder=tmp_path)

    masker = bindings.masker(subject, bound, {})

    assert masker.masked("abcdefgh production S3ntinel:0451!") == "*** production ***"


@pytest.mark.parametrize(
    ("value", "is_shown"),
    [
        (".onrender.com", True),
        ("shop.onrender.com,localhost, 127.0.0.1", True),
        ("https://shop.onrender.com,http://localhost:3000", True),
        ("https://shop.onrender.com/hooks/S3ntinel0451", False),
        ("https://user:S3ntinel0451@shop.onrender.com", False),
        ("shop.onrender.com,S3ntinel:0451!", False),
    ],
)
def test_lists_of_hosts_are_no_secret_unless_more_stands_in_them(tmp_path: Path, *, value: str, is_shown: bool) -> None:
    subject = contract(Variable(name="ALLOWED_HOSTS", source=Literal(Secret(value))))
    bound = bindings.bind(subject, databases={}, answers={}, service_folder=tmp_path)

    shown = bindings.masker(subject, bound, {}).masked(f"answers for {value} only")

    assert (shown == f"answers for {value} only") is is_shown


def test_an_address_of_cloudinary_has_the_form_that_its_client_asks_for(tmp_path: Path) -> None:
    subject = contract(Variable(name="CLOUDINARY_URL", source=Prompted()))

    bound = bindings.bind(subject, databases={}, answers={}, service_folder=tmp_path)

    parts = urlsplit(bound.values["CLOUDINARY_URL"].revealed())
    assert (parts.scheme, bool(parts.username), bool(parts.password), bool(parts.hostname)) == (
        "cloudinary",
        True,
        True,
        True,
    )
    assert "CLOUDINARY_URL" in bound.dummies


def test_of_the_answers_plain_words_may_be_shown_and_what_is_called_a_secret_never(tmp_path: Path) -> None:
    answers = "FLASK_APP=run.py\nPOSTGRES_DB=prices\nPOSTGRES_PASSWORD=prices\nAPI=https://a.example.com/?k=1\n"
    (tmp_path / ".env.preflight").write_text(answers)

    hidden = [value.revealed() for value in bindings.hidden_answers(tmp_path)]

    assert hidden == ["prices", "https://a.example.com/?k=1"]


def test_the_databases_needed_are_named_once() -> None:
    subject = contract(
        Variable(name="A", source=FromDatabase("main", DatabaseField.HOST)),
        Variable(name="B", source=FromDatabase("main", DatabaseField.PORT)),
        Variable(name="DATABASE_URL", source=Prompted()),
    )

    assert bindings.databases_needed(subject) == ("main", "preflight")


def test_what_a_committed_env_file_keeps_secret_by_name_is_masked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BOT_TOKEN=fixed-value-77\nDB_NAME=warehouse\n")

    assert bindings.committed(tmp_path).masked("fixed-value-77 of warehouse") == "*** of warehouse"


@pytest.mark.parametrize("text", [None, "BOT_TOKEN='never closed\n"])
def test_an_env_file_that_is_not_there_or_cannot_be_read_hides_nothing(tmp_path: Path, text: str) -> None:
    if text is not None:
        (tmp_path / ".env").write_text(text)

    assert bindings.committed(tmp_path).secrets == frozenset()
