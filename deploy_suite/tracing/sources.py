"""Python files into syntax trees, read as the target's Python would."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.tracing.statements import Imported
from deploy_suite.tracing.values import ImportKind

_PLAIN: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?:import[ \t]+(?P<module>[\w.]+)|from[ \t]+(?P<dots>\.*)(?P<source>[\w.]*)[ \t]+import\b)",
    re.MULTILINE,
)
_CONFLICT: Final = re.compile(r"\s*(?:<{7} |>{7} |={7}$)")
_NESTED_QUOTES: Final = (3, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What keeps the target's Python from reading a file."""

    line: int
    message: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file. Shape: `tree` is None where it cannot be read; `fault` only where that is sure for the target."""

    data: bytes
    tree: ast.Module | None
    fault: Fault | None = None


def read(path: Path, version: tuple[int, int]) -> Source:
    """Return the parsed file.

    Shape: newer syntax than this interpreter's own is no fault: the tree is then None and nothing is claimed.
    Raises: OSError when there is no such file.
    """
    data = path.read_bytes()
    try:
        tree = ast.parse(data, filename=str(path), feature_version=version)
    except SyntaxError as error:
        return Source(data=data, tree=_own_syntax(data), fault=_sure(error, version))
    except (ValueError, RecursionError, MemoryError):
        return Source(data=data, tree=None)
    return Source(data=data, tree=tree, fault=_newer_string(data, version))


def _own_syntax(data: bytes) -> ast.Module | None:
    """Return the tree as this interpreter reads it: what a file imports matters even when the target rejects it."""
    try:
        return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _sure(error: SyntaxError, version: tuple[int, int]) -> Fault | None:
    """Return the fault unless the target's newer Python may well read what this interpreter does not."""
    is_older_than_target = version > sys.version_info[:2]
    if is_older_than_target and not isinstance(error, IndentationError) and not _CONFLICT.match(error.text or ""):
        return None
    return Fault(line=error.lineno or 0, message=str(error.msg), text=(error.text or "").strip())


def _newer_string(data: bytes, version: tuple[int, int]) -> Fault | None:
    """Return the first f-string that only Python 3.12 reads: its own quotes inside a field (PEP 701)."""
    if version >= _NESTED_QUOTES or sys.version_info < _NESTED_QUOTES or not re.search(rb"\b[rR]?[fF][rR]?['\"]", data):
        return None
    open_quotes: list[str] = []
    for token in tokenize.tokenize(io.BytesIO(data).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_START":
            quote = token.string.lstrip("rRfF")
            if quote in open_quotes:
                return _nested(token)
            open_quotes.append(quote)
        elif kind == "FSTRING_END":
            open_quotes.pop()
        elif kind == "STRING" and open_quotes and token.string.lstrip("rRbBuU").startswith(open_quotes[-1]):
            return _nested(token)
    return None


def _nested(token: tokenize.TokenInfo) -> Fault:
    message = "an f-string that uses its own quotes inside a field needs Python 3.12"
    return Fault(line=token.start[0], message=message, text=token.line.strip())


def plain_imports(data: bytes) -> Iterator[Imported]:
    """Return the imports of a file that cannot be parsed, line by line; of indented ones nothing is claimed."""
    text = data.decode("utf-8", errors="replace")
    for match in _PLAIN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        kind = ImportKind.GUARDED if match["indent"] else ImportKind.EAGER
        module = match["module"] or match["source"] or ""
        yield Imported(module=module, level=len(match["dots"] or ""), line=line, kind=kind)
