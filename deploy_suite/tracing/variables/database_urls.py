"""A project that was given no database, or no store → the variable that would have named it."""

import re
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from deploy_suite.manifests import own_files, requirements_file
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files
from deploy_suite.tracing.variables import texts

# Source: https://github.com/jazzband/dj-database-url#usage
_CALL: Final = re.compile(
    r"\bdj_database_url\.config\(\s*(?:(?:env\s*=\s*)?['\"](?P<name>[A-Z_][A-Z0-9_]*)['\"])?"
    r"(?P<rest>(?:[^()]|\([^()]*\))*)\)"
)
_USUAL: Final = "DATABASE_URL"
_DEFAULT: Final = re.compile(r"\bdefault\s*=\s*")
# A variable that is read without another value: None where it is not set.
_READ: Final = r"(?:getenv|environ\.get|config|env)\(\s*['\"](?P<name>\w+)['\"]\s*(?:,\s*default\s*=\s*None\s*)?\)"
_DEFAULT_READ: Final = re.compile(rf"\bdefault\s*=\s*(?:\w+\.)?{_READ}")
_DEFAULT_NAMED: Final = re.compile(r"\bdefault\s*=\s*(?P<name>[A-Za-z_]\w*)\s*(?:,|$)")
_STORE: Final = re.compile(rf"\b(?:os\.)?{_READ}")
_OF_STORE: Final = re.compile(r"REDIS|VALKEY|BROKER|KEY_?VALUE", re.IGNORECASE)


# What Django's settings take the whole address from, and do without.
# Source: https://django-environ.readthedocs.io/en/latest/types.html#environ-env-db-url
_OF_ENVIRON: Final = re.compile(
    r"\benv\.db(?:_url)?\(\s*(?:(?:var\s*=\s*)?['\"](?P<name>[A-Z_][A-Z0-9_]*)['\"])?(?P<rest>[^()]*)\)"
)
_PARSED: Final = re.compile(
    r"\bdj_database_url\.parse\(\s*(?:url\s*=\s*)?(?:\w+\.)*(?:getenv|environ\.get|config|env)\("
    r"\s*['\"](?P<name>\w+)['\"]\s*,(?P<rest>)"
)
# … or what was read into a name before: from a variable that may be missing, and asked for before it is used.
_PARSED_NAME: Final = re.compile(r"\bdj_database_url\.parse\(\s*(?:url\s*=\s*)?(?P<name>[A-Za-z_]\w*)\s*[,)]")
_MAY_BE_MISSING: Final = (
    r"(?:(?:getenv|environ\.get)\(\s*['\"]|(?:config|env)\(\s*['\"](?=\w+['\"]\s*,))(?P<read>\w+)['\"]"
)
_OF_SETTINGS: Final = re.compile(r"^[ \t]*DATABASES\b", re.MULTILINE)
_REQUIREMENTS: Final = "requirements.txt"
_TABLES: Final = ("pyproject.toml", "Pipfile")
_DRIVERS: Final = frozenset({"psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000"})
_DRIVER: Final = re.compile(r"(?im)^[\s\"'-]*(?:psycopg(?:2(?:-binary)?)?|asyncpg|pg8000)\b")
_ADDRESS: Final = r"(?!\w*MONGO)\w*(?:DATABASE|DB|POSTGRES|PG|SQLALCHEMY)\w*(?:URL|URI|DSN)"
_SQLITE: Final = re.compile(r"[\"']sqlite(?:\+\w+)?:/")
_ADDRESS_READ: Final = re.compile(
    rf"(?:getenv|environ\.get|config|env(?:\.str)?)\(\s*['\"](?P<name>{_ADDRESS})['\"]", re.IGNORECASE
)
# A field of a settings class; its variable has the same name in capitals.
_ADDRESS_FIELD: Final = re.compile(
    rf"^[ \t]+(?P<name>{_ADDRESS})[ \t]*(?::[^=\n]+)?=[ \t]*(?:Field\(\s*(?:default\s*=\s*)?)?[\"']sqlite(?:\+\w+)?:/",
    re.IGNORECASE | re.MULTILINE,
)
# What code goes on with at the desk: a PostgreSQL of the same machine, or of the container beside it.
_NEAR_POSTGRESQL: Final = (
    r"f?[\"']postgres(?:ql)?(?:\+\w+)?://(?:[^@\s\"'/]*@)?"
    r"(?:localhost|127\.0\.0\.1|\[::1\]|db|database|postgres(?:ql)?|host\.docker\.internal)?(?:[:/?]|[\"'])"
)
_OWN_ADDRESS: Final = rf"(?!\w*TEST){_ADDRESS}"
_READ_NEAR: Final = re.compile(
    r"(?:getenv|environ\.get|config|env(?:\.str)?)\(\s*['\"]"
    rf"(?P<name>{_OWN_ADDRESS})['\"]\s*,\s*(?:default\s*=\s*)?{_NEAR_POSTGRESQL}",
    re.IGNORECASE,
)
_FIELD_NEAR: Final = re.compile(
    rf"^[ \t]+(?P<name>{_OWN_ADDRESS})[ \t]*:[^=\n]+=[ \t]*(?:Field\(\s*(?:default\s*=\s*)?)?{_NEAR_POSTGRESQL}",
    re.IGNORECASE | re.MULTILINE,
)
# The whole address, beside parts of another that the code goes on with.
_WHOLE_READ: Final = re.compile(
    rf"(?:getenv|environ\.get|config|env(?:\.str)?)\(\s*['\"](?P<name>{_OWN_ADDRESS})['\"]", re.IGNORECASE
)
_PREFIX: Final = "env_prefix"
# A part of the address that is put together from several variables, and what it is where the variable is not set.
_PART_READ: Final = re.compile(
    r"(?:getenv|environ\.get|config|env(?:\.str)?)\(\s*['\"]"
    r"(?P<name>(?P<of>(?!\w*TEST)(?:\w+_)?(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?)"
    r"(?:(?P<host>HOST(?:NAME)?|SERVER)|PORT|USER(?:NAME)?|PASS(?:WORD)?|NAME|DB|DATABASE))['\"]"
    r"\s*(?:,\s*(?:default\s*=\s*)?(?P<rest>[^)\n]*))?\)"
)
_NEAR_HOST: Final = re.compile(
    r"['\"](?:localhost|127\.0\.0\.1|db|database|postgres(?:ql)?|host\.docker\.internal)['\"]"
)
# Django's backend, and a part of the address read without a default: None, by which the driver asks this machine.
_ENGINE: Final = re.compile(r"['\"]django\.(?:contrib\.gis\.)?db\.backends\.(?:postgresql|postgis)")
_WITHOUT_DEFAULT: Final = ("getenv", "environ.get")


class Fallback(NamedTuple):
    """The variable of a database's address, and where the code goes on with another for want of it."""

    name: str
    location: Location


def lists_postgresql(folder: Path, root: PurePosixPath) -> bool:
    """Whether a list of requirements in *root* has a driver of PostgreSQL: nobody lists one for a file of SQLite."""
    read = requirements_file.load(folder, str(root / _REQUIREMENTS))
    listed = {line.name for file in read if not file.is_constraint for line in file.requirements}
    tables = (snapshot_files.text(folder, root / name) or "" for name in _TABLES)
    return bool(listed & _DRIVERS) or any(map(_DRIVER.search, tables))


def near(folder: Path, root: PurePosixPath) -> tuple[Fallback, ...]:
    """Return the variables in *root*, one or several, without which the code goes on with a PostgreSQL of a desk."""
    address = _address_near(folder, root)
    return (address,) if address else _parts_near(folder, root)


def to_sqlite(folder: Path, root: PurePosixPath) -> tuple[Fallback, ...]:
    """Return the first variable in *root* for want of which the code goes on with a file of SQLite, () for none."""
    for file in own_files.python(folder, root):
        text = snapshot_files.text(folder, file) or ""
        if not _SQLITE.search(text):
            continue
        found = _ADDRESS_FIELD.search(text) or _ADDRESS_READ.search(text)
        if found:
            return (Fallback(found["name"].upper(), _place(file, text, found)),)
    return ()


def _address_near(folder: Path, root: PurePosixPath) -> Fallback | None:
    """Return the variable of the whole address. A field of a class whose variables have a prefix has another name."""
    for file in own_files.python(folder, root):
        text = snapshot_files.text(folder, file) or ""
        if "postgres" not in text:
            continue
        field = None if _PREFIX in text else _FIELD_NEAR.search(text)
        if found := field or _READ_NEAR.search(text):
            return Fallback(found["name"].upper(), _place(file, text, found))
    return None


def _parts_near(folder: Path, root: PurePosixPath) -> tuple[Fallback, ...]:
    """Return the variables of an address's parts of which the host is, where it is not set, that of a desk.

    Where the same file reads a whole address too, that one alone: the parts are what it goes on with at the desk.
    """
    for file in own_files.python(folder, root):
        text = snapshot_files.text(folder, file) or ""
        read = list(_PART_READ.finditer(text)) if _NEAR_HOST.search(text) or _ENGINE.search(text) else []
        host = next((one for one in read if one["host"] and _is_near(one)), None)
        if host is not None and (whole := _WHOLE_READ.search(text)):
            return (Fallback(whole["name"].upper(), _place(file, text, whole)),)
        if host is not None:
            parts = {one["name"]: one for one in reversed(read) if one["of"] == host["of"]}
            return tuple(
                Fallback(name, _place(file, text, parts[name]))
                for name in sorted(parts, key=lambda name: parts[name].start())
            )
    return ()


def _place(file: PurePosixPath, text: str, found: re.Match[str]) -> Location:
    return Location(str(file), text.count("\n", 0, found.start("name")) + 1)


def _is_near(host: re.Match[str]) -> bool:
    """Whether *host* is this machine or its neighbour where the variable is not set."""
    if host["rest"]:
        return bool(_NEAR_HOST.match(host["rest"]))
    return host[0].startswith(_WITHOUT_DEFAULT) and bool(_ENGINE.search(host.string))


def of_settings(folder: Path) -> str:
    """Return the variable of the database that Django's settings can do without, "" where there is none."""
    settings = [text for text in texts.below(folder) if _OF_SETTINGS.search(text)]
    read = (found for text in settings for pattern in (_CALL, _OF_ENVIRON, _PARSED) if (found := pattern.search(text)))
    told = next((found["name"] or _USUAL for found in read if _has_default(found)), "")
    return told or next((name for text in settings if (name := _asked_for_before(text))), "")


def _asked_for_before(text: str) -> str:
    """Return the variable that *text* reads into a name, asks whether it is there (`if URL:`), and parses."""
    parsed = _PARSED_NAME.search(text)
    if parsed is None or not re.search(rf"\bif\s+(?:not\s+)?{parsed['name']}\b", text):
        return ""
    read = re.search(rf"^[ \t]*{parsed['name']}\s*=\s*\(?\s*(?:\w+\.)*{_MAY_BE_MISSING}", text, re.MULTILINE)
    return read["read"] if read else ""


def _has_default(found: re.Match[str]) -> bool:
    rest = found["rest"]
    return found.re is _PARSED or (bool(_DEFAULT.search(rest)) and not _read_for_default(rest, found.string))


def _read_for_default(rest: str, text: str) -> str:
    """Return the variable whose value, None where it is not set, is the default: read there, or into a name before."""
    if read := _DEFAULT_READ.search(rest):
        return read["name"]
    named = _DEFAULT_NAMED.search(rest.strip())
    name = re.escape(named["name"]) if named else ""
    assigned = re.search(rf"^{name}\s*=\s*(?:\w+\.)?{_READ}\s*(?:#.*)?$", text, re.MULTILINE) if name else None
    return assigned["name"] if assigned else ""


def asked(folder: Path) -> str:
    """Return the variable that dj-database-url takes the address from without a default, "" where there is none."""
    for text in texts.below(folder):
        for found in _CALL.finditer(text):
            if read := _read_for_default(found["rest"], text):
                return found["name"] or read
            if not _DEFAULT.search(found["rest"]):
                return found["name"] or _USUAL
    return ""


def of_store(folder: Path) -> str:
    """Return the variable without a default that by its name holds the address of a Redis, "" for none."""
    names = (found["name"] for text in texts.below(folder) for found in _STORE.finditer(text))
    return next((name for name in names if _OF_STORE.search(name)), "")
