"""A contract's variables into values: what only the target has is made up here, and marked."""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy_suite.environments import django_settings
from deploy_suite.manifests import dotenv_file
from deploy_suite.model.contract import (
    Bindings,
    Contract,
    DatabaseField,
    FromDatabase,
    FromService,
    Generated,
    Literal,
    Phase,
    Prompted,
    Variable,
)
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Masker, Secret

ANSWERS_FILE: Final = ".env.preflight"
DEFAULT_DATABASE: Final = "preflight"
_EXAMPLE_FILES: Final = (".env.example", ".env.sample", ".env.template", "env.example", ".env.dist", "example.env")

_POSTGRES_URL: Final = re.compile(r"^(?P<scheme>postgres(?:ql)?(?:\+\w+)?)://")
# An example that names another database says which driver the service has; SQLite's only says what is used at the desk.
_OTHER_DATABASE: Final = re.compile(r"^(?:mysql|mariadb|mongodb|mssql|oracle|redis|clickhouse)[\w+]*://")
_URL_NAME: Final = re.compile(
    r"^(?:.*_)?(?:(?:DATABASE|DB|POSTGRES(?:QL)?|PG|SQLALCHEMY(?:_DATABASE)?|ASYNC_DATABASE|SYNC_DATABASE)_?"
    r"(?:URL|URI|DSN|CONNECTION(?:_STRING)?)|DATABASE)$"
)
_PART_NAME: Final = re.compile(
    r"^(?:.*_)?(?:DATABASE|DB|POSTGRES(?:QL)?|PG|SQL)_?"
    r"(?P<part>HOST(?:NAME)?|SERVER|PORT|USER(?:NAME)?|PASS(?:WORD)?|NAME|DATABASE|DB)$"
)
_USUAL_PORT: Final = "5432"
_PARTS: Final[Mapping[str, DatabaseField]] = {
    "HOST": DatabaseField.HOST,
    "HOSTNAME": DatabaseField.HOST,
    "SERVER": DatabaseField.HOST,
    "PORT": DatabaseField.PORT,
    "USER": DatabaseField.USER,
    "USERNAME": DatabaseField.USER,
    "PASS": DatabaseField.PASSWORD,
    "PASSWORD": DatabaseField.PASSWORD,
    "NAME": DatabaseField.DATABASE,
    "DATABASE": DatabaseField.DATABASE,
    "DB": DatabaseField.DATABASE,
}
# What a made-up value must look like for settings classes to take it, by the words that names commonly carry.
_DUMMIES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        (r"MONGO", "mongodb://127.0.0.1:27017/preflight"),
        (r"^CLOUDINARY_URL$", "cloudinary://123456789012345:preflight-dummy@preflight-dummy"),
        (r"AMQP|RABBIT", "amqp://guest@127.0.0.1:5672//"),
        (r"REDIS|CELERY_(BROKER|RESULT)|BROKER_URL", "redis://127.0.0.1:6379/0"),
        (r"^(DEBUG|.*_DEBUG)$|^(ENABLE|USE|IS|HAS|DISABLE)_|_(ENABLED|DISABLED)$|_(USE_)?(TLS|SSL)$", "false"),
        (r"_PORT$", "2525"),
        (r"(TIMEOUT|LIMIT|(?<!AC)(?<!DIS)COUNT|SIZE|DAYS|HOURS|MINUTES|SECONDS|TTL|_ID|MAX|(?<!AD)MIN)(_|$)", "1"),
        (r"EMAIL|_FROM$|MAIL_(SENDER|USERNAME)", "dummy@example.com"),
        (r"(URL|URI|ENDPOINT|ORIGINS?|DOMAIN|WEBHOOK)S?$", "https://preflight-dummy.invalid"),
        (r"HOST$", "127.0.0.1"),
        (r"(^|_)(USER|USERNAME|LOGIN|NAME)$", "preflight-user"),  # columns for names are often narrow
    )
)
# One word, a number or version, a module path or host (with a dot before it: all below it), the address of a host
# without a path, a module and its object, a path of a file.
_PLAIN: Final = re.compile(
    r"^(?:[A-Za-z]{1,12}|\d{1,6}(?:\.\d{1,6})*|\.?[A-Za-z][\w-]{0,30}(?:\.[A-Za-z][\w-]{0,30})+(?::\w{1,30})?"
    r"|https?://[A-Za-z\d-]{1,63}(?:\.[A-Za-z\d-]{1,63}){0,5}(?::\d{1,5})?/?|\w{1,30}:\w{1,30}"
    r"|\.{0,2}/?(?:[\w.-]{1,30}/)+[\w.-]{0,30}|\*)$"
)
# The servers behind such an address are asked of DNS before anything connects, and no made-up name has any there;
# https://www.mongodb.com/docs/manual/reference/connection-string-formats/#srv-connection-format
_BY_DNS: Final = re.compile(r"^(?P<scheme>\w+)\+srv://[^/?#]*")
_ALLOWED_HOSTS: Final = re.compile(r"ALLOWED_HOSTS?$")
_JSON_NAME: Final = re.compile(r"(?:^|_)JSON$")
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|KEY|PASS|CREDENTIAL|DSN|AUTH|PRIVATE|SALT|JWT", re.IGNORECASE)


def databases_needed(contract: Contract) -> tuple[str, ...]:
    """Return the names of the databases that the variables refer to.

    A variable whose value the target asks for, or a literal URL of a PostgreSQL, stands for one too: the service
    must not meet a real one here.
    """
    named = [v.source.name for v in contract.variables if isinstance(v.source, FromDatabase)]
    implied = [DEFAULT_DATABASE] if any(_stands_for_database(v) for v in contract.variables) else []
    return tuple(dict.fromkeys([*contract.databases, *named, *implied]))


def bind(
    contract: Contract,
    *,
    databases: Mapping[str, DatabaseAddress],
    answers: Mapping[str, Secret],
    service_folder: Path,
) -> Bindings:
    """Return a value for each variable.

    Shape: *answers* are the user's own values for what the target asks for (`.env.preflight`); *databases* has an
    address for each of `databases_needed`. What is answered by neither is made up, after the project's own example
    file where it has one, and listed in `dummies`.
    """
    examples = _examples(service_folder)
    values: dict[str, Secret] = {}
    dummies: set[str] = set()
    for variable in contract.variables:
        if variable.name in answers:
            values[variable.name] = answers[variable.name]
            continue
        example = examples.get(variable.name, "")
        if variable.name == django_settings.VARIABLE and isinstance(variable.source, Prompted):
            example = django_settings.of_deployment(service_folder, example=example)
        value, is_dummy = _value(variable, contract=contract, databases=databases, example=example)
        values[variable.name] = value
        if is_dummy:
            dummies.add(variable.name)
    extra = {name: value for name, value in answers.items() if name not in values}
    return Bindings(values={**values, **extra}, dummies=frozenset(dummies))


def rebound(contract: Contract, bindings: Bindings, databases: Mapping[str, DatabaseAddress]) -> Bindings:
    """Return *bindings* with other databases in them, all other values kept."""
    values = dict(bindings.values)
    for variable in contract.variables:
        match variable.source:
            case FromDatabase(name, part):
                values[variable.name] = _part(databases[name], part, scheme="postgresql")
            case _ if variable.name in bindings.dummies and (behind := _port_behind(variable, contract)):
                values[variable.name] = _part(databases[behind], DatabaseField.PORT, scheme="postgresql")
            case _ if variable.name in bindings.dummies and _stands_for_database(variable):
                like = bindings.values[variable.name].revealed()
                values[variable.name] = _of_database(variable.name, databases[DEFAULT_DATABASE], like=like)
            case _:
                pass
    return Bindings(values=values, dummies=bindings.dummies)


def at_run(contract: Contract, bindings: Bindings) -> Mapping[str, Secret]:
    """Return the values that the service sees when it runs, and its migrations with it."""
    hidden = {variable.name for variable in contract.variables if Phase.RUN not in variable.phases}
    return {name: value for name, value in bindings.values.items() if name not in hidden}


def masker(contract: Contract, bindings: Bindings, databases: Mapping[str, DatabaseAddress]) -> Masker:
    """Return a masker of all values that are not plainly public: words, numbers, versions, module paths, hosts.

    Values made up here are no secrets, but for the passwords in addresses of the databases.
    """
    public = {variable.name for variable in contract.variables if variable.is_platform} | bindings.dummies
    hidden = (value for name, value in bindings.values.items() if name not in public and is_hidden(name, value))
    return Masker.of([*hidden, *(address.password for address in databases.values())])


def literals(contract: Contract) -> Masker:
    """Return a masker of what the manifest states, those values included in whose place others are bound here."""
    return Masker.of(
        variable.source.value
        for variable in contract.variables
        if isinstance(variable.source, Literal)
        and not variable.is_platform
        and is_hidden(variable.name, variable.source.value)
    )


def is_hidden(name: str, value: Secret) -> bool:
    """Whether *value* is to be masked: its variable's name says so, or it is more than plain words and numbers."""
    return bool(_SECRET_NAME.search(name)) or not all(_PLAIN.match(one.strip()) for one in value.revealed().split(","))


def answers_in(folder: Path) -> Mapping[str, Secret]:
    """Return what the user's `.env.preflight` in *folder* answers; it is read from the folder, never committed."""
    return {name: Secret(value) for name, value in _read(folder / ANSWERS_FILE).items()}


def hidden_answers(folder: Path) -> tuple[Secret, ...]:
    """Return those of the answers that no output may show."""
    return tuple(value for name, value in answers_in(folder).items() if is_hidden(name, value))


def _examples(folder: Path) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name in reversed(_EXAMPLE_FILES):
        found.update({key: value for key, value in _read(folder / name).items() if value})
    return found


def _read(file: Path) -> Mapping[str, str]:
    try:
        return dotenv_file.parse(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}


def _stands_for_database(variable: Variable) -> bool:
    match variable.source:
        case Prompted():
            return bool(_URL_NAME.match(variable.name) or _PART_NAME.match(variable.name))
        case Literal(value):
            return bool(_POSTGRES_URL.match(value.revealed()))
        case _:
            return False


def _port_behind(variable: Variable, contract: Contract) -> str:
    """Return the database whose port *variable* states as PostgreSQL's usual one, as its neighbour says of the host.

    The host leads to a throw-away server here, and that answers on a port of its own; "" where nothing says so.
    """
    part = _PART_NAME.match(variable.name)
    if part is None or part["part"] != "PORT" or not isinstance(variable.source, Literal):
        return ""
    if variable.source.value.revealed().strip() != _USUAL_PORT:
        return ""
    stem = variable.name.removesuffix("PORT")
    for one in contract.variables:
        beside = _PART_NAME.match(one.name)
        if beside is None or one.name.removesuffix(beside["part"]) != stem:
            continue
        match one.source:
            case FromDatabase(name, DatabaseField.HOST):
                return name
            case Prompted() if _PARTS[beside["part"]] is DatabaseField.HOST:
                return DEFAULT_DATABASE
            case _:
                pass
    return ""


def _value(
    variable: Variable, *, contract: Contract, databases: Mapping[str, DatabaseAddress], example: str
) -> tuple[Secret, bool]:
    """Return the value, and whether it is made up."""
    match variable.source:
        case Literal() if behind := _port_behind(variable, contract):
            return _part(databases[behind], DatabaseField.PORT, scheme="postgresql"), True
        case Literal(value) if not _stands_for_database(variable):
            return value, False
        case Generated():
            return Secret(base64.b64encode(secrets.token_bytes(32)).decode()), False
        case FromDatabase(name, part):
            return _part(databases[name], part, scheme="postgresql"), False
        case FromService(_, part):
            return Secret(_service_part(part)), True
        case Literal(value):
            return _of_database(variable.name, databases[DEFAULT_DATABASE], like=value.revealed()), True
        case Prompted():
            if _stands_for_database(variable) and not _OTHER_DATABASE.match(example):
                return _of_database(variable.name, databases[DEFAULT_DATABASE], like=example), True
            if example and contract.host and _ALLOWED_HOSTS.search(variable.name):
                return Secret(_with_host(example, contract.host)), True
            return Secret(_BY_DNS.sub(r"\g<scheme>://127.0.0.1", example) or _dummy(variable.name, contract)), True


def _with_host(example: str, host: str) -> str:
    """Return the hosts of a desk and that of the target, in the form in which the project's example lists them."""
    try:
        listed = json.loads(example)
    except ValueError:
        return f"{example}{' ' if ' ' in example.strip() and ',' not in example else ','}{host}"
    return json.dumps([*listed, host]) if isinstance(listed, list) else f"{example},{host}"


def _of_database(name: str, address: DatabaseAddress, *, like: str) -> Secret:
    part = _PART_NAME.match(name)
    if part and not _POSTGRES_URL.match(like):
        return _part(address, _PARTS[part["part"]], scheme="postgresql")
    scheme = _POSTGRES_URL.match(like)
    return address.url(scheme["scheme"] if scheme else "postgresql")


def _part(address: DatabaseAddress, part: DatabaseField, *, scheme: str) -> Secret:
    match part:
        case DatabaseField.CONNECTION_STRING:
            return address.url(scheme)
        case DatabaseField.HOST:
            return Secret(address.host)
        case DatabaseField.PORT:
            return Secret(str(address.port))
        case DatabaseField.USER:
            return Secret(address.user)
        case DatabaseField.PASSWORD:
            return address.password
        case DatabaseField.DATABASE:
            return Secret(address.name)


def _service_part(part: str) -> str:
    return {
        "host": "127.0.0.1",
        "port": "6379",
        "hostport": "127.0.0.1:6379",
        "connectionString": "redis://127.0.0.1:6379",
    }.get(part, "preflight-dummy")


def _dummy(name: str, contract: Contract) -> str:
    if _ALLOWED_HOSTS.search(name):
        return contract.host
    if _JSON_NAME.search(name):
        return "{}"
    if _SECRET_NAME.search(name):
        return f"preflight-dummy-{name.lower()}-not-a-real-secret-0123456789"
    return next((value for pattern, value in _DUMMIES if pattern.search(name)), f"preflight-dummy-{name.lower()}")
