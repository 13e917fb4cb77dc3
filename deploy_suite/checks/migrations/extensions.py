"""The extensions that a project's migrations create, read from its sources."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_NOT_SEARCHED: Final = frozenset({".git", ".venv", "venv", "node_modules", "site-packages"})
_ENDINGS: Final = (".py", ".sql")
_MOST_BYTES: Final = 1024 * 1024
_MOST_FILES: Final = 20_000
_STATEMENT: Final = re.compile(
    r"CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?[\\\"']{0,2}(?P<name>[a-z_][\w-]*)", re.IGNORECASE
)
_NAMED: Final = re.compile(r"CreateExtension\(\s*(?:name\s*=\s*)?['\"](?P<name>[\w-]+)['\"]")
# Source: https://docs.djangoproject.com/en/stable/ref/contrib/postgres/operations/
_OPERATIONS: Final[Mapping[str, str]] = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
    "VectorExtension": "vector",
}
_OPERATION: Final = re.compile(rf"\b(?P<name>{'|'.join(_OPERATIONS)})\(")


def wanted(folder: Path) -> frozenset[str]:
    """Return the names of the extensions that sources below *folder* create."""
    return frozenset(name for text in _texts(folder) for name in _named(text))


def created_by(statement: str) -> str:
    """Return the extension that the SQL *statement* creates, "" when it creates none."""
    match = _STATEMENT.search(statement)
    return match["name"].lower() if match else ""


def _named(text: str) -> Iterator[str]:
    for pattern in (_STATEMENT, _NAMED):
        yield from (match["name"].lower() for match in pattern.finditer(text))
    yield from (_OPERATIONS[match["name"]] for match in _OPERATION.finditer(text))


def _texts(folder: Path) -> Iterator[str]:
    seen = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_SEARCHED]
        for name in files:
            file = Path(parent, name)
            seen += 1
            if seen > _MOST_FILES:
                return
            if name.endswith(_ENDINGS) and (text := _text(file)):
                yield text


def _text(file: Path) -> str:
    try:
        if file.is_symlink() or file.stat().st_size > _MOST_BYTES:
            return ""
        text = file.read_bytes()
    except OSError:
        return ""
    lowered = text.lower()
    return text.decode("utf-8", errors="replace") if b"extension" in lowered else ""
