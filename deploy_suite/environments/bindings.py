"""A contract's variables into values: what only the target has is made up here, and marked."""

import base64
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy_suite.environments import django_settings, examples, made_up
from deploy_suite.environments.database_variables import (
    DEFAULT_DATABASE,
    of_database,
    part_of,
    port_behind,
    stands_for_database,
)
from deploy_suite.manifests import dotenv_file
from deploy_suite.manifests.errors import ManifestError
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
# An example that names another database says which driver the service has; SQLite's only says what is used at the desk.
_OTHER_DATABASE: Final = re.compile(r"^(?:mysql|mariadb|mongodb|mssql|oracle|redis|clickhouse)[\w+]*://")
# One word, a number or version, a module path or host (with a dot before it: all below it), the address of a host
# without a path, a module and its object, a path of a file.
_PLAIN: Final = re.compile(
    r"^(?:[A-Za-z]{1,12}|\d{1,6}(?:\.\d{1,6})*|\.?[A-Za-z][\w-]{0,30}(?:\.[A-Za-z][\w-]{0,30})+(?::\w{1,30})?"
    r"|https?://[A-Za-z\d-]{1,63}(?:\.[A-Za-z\d-]{1,63}){0,5}(?::\d{1,5})?/?|\w{1,30}:\w{1,30}"
    r"|\.{0,2}/?(?:[\w.-]{1,30}/)+[\w.-]{0,30}|\*)$"
)


def databases_needed(contract: Contract) -> tuple[str, ...]:
    """Return the names of the databases that the variables refer to.

    A variable whose value the target asks for, or a literal URL of a PostgreSQL, stands for one too: the service
    must not meet a real one here.
    """
    named = [v.source.name for v in contract.variables if isinstance(v.source, FromDatabase)]
    implied = [DEFAULT_DATABASE] if any(stands_for_database(v) for v in contract.variables) else []
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
    where it gives one, and listed in `dummies`.
    """
    given = examples.read(service_folder)
    values: dict[str, Secret] = {}
    dummies: set[str] = set()
    for variable in contract.variables:
        if variable.name in answers:
            values[variable.name] = answers[variable.name]
            continue
        example = given.get(variable.name, "")
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
                values[variable.name] = part_of(databases[name], part)
            case _ if variable.name in bindings.dummies and (behind := port_behind(variable, contract)):
                values[variable.name] = part_of(databases[behind], DatabaseField.PORT)
            case _ if variable.name in bindings.dummies and stands_for_database(variable):
                like = bindings.values[variable.name].revealed()
                if not _OTHER_DATABASE.match(like):
                    values[variable.name] = of_database(variable.name, databases[DEFAULT_DATABASE], like=like)
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
    return made_up.is_secret(name) or not all(_PLAIN.match(one.strip()) for one in value.revealed().split(","))


def answers_in(folder: Path) -> Mapping[str, Secret]:
    """Return what the user's `.env.preflight` in *folder* answers; it is read from the folder, never committed."""
    return {name: Secret(value) for name, value in _read(folder / ANSWERS_FILE).items()}


def hidden_answers(folder: Path) -> tuple[Secret, ...]:
    """Return those of the answers that no output may show."""
    return tuple(value for name, value in answers_in(folder).items() if is_hidden(name, value))


def committed(folder: Path) -> Masker:
    """Return a masker of what a `.env` that the commit holds in *folder* keeps secret by name: programs load it."""
    try:
        found = _read(folder / ".env")
    except ManifestError:  # programs may read more of it than can be read here
        return Masker()
    return Masker.of(Secret(value) for name, value in found.items() if made_up.is_secret(name))


def _read(file: Path) -> Mapping[str, str]:
    try:
        return dotenv_file.parse(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}


def _value(
    variable: Variable, *, contract: Contract, databases: Mapping[str, DatabaseAddress], example: str
) -> tuple[Secret, bool]:
    """Return the value, and whether it is made up."""
    match variable.source:
        case Literal() if behind := port_behind(variable, contract):
            return part_of(databases[behind], DatabaseField.PORT), True
        case Literal(value) if not stands_for_database(variable):
            return value, False
        case Generated():
            return Secret(base64.b64encode(secrets.token_bytes(32)).decode()), False
        case FromDatabase(name, part):
            return part_of(databases[name], part), False
        case FromService(_, part):
            return Secret(made_up.of_service(part)), True
        case Literal(value):
            return of_database(variable.name, databases[DEFAULT_DATABASE], like=value.revealed()), True
        case Prompted():
            if stands_for_database(variable) and not _OTHER_DATABASE.match(example):
                return of_database(variable.name, databases[DEFAULT_DATABASE], like=example), True
            return Secret(made_up.value(variable.name, contract, example=example)), True
