"""Python files into syntax trees, read as the target's Python would."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from deploy_suite.model import syntax_tree
from deploy_suite.tracing import skimming
from deploy_suite.tracing.statements import Imported, Reader
from deploy_suite.tracing.values import ImportKind

_PLAIN: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?:import[ \t]+(?P<module>[\w.]+)|from[ \t]+(?P<dots>\.*)(?P<source>[\w.]*)[ \t]+import\b)",
    re.MULTILINE,
)
# How the parser words what is too new for the version asked for: Parser/action_helpers.c, `CHECK_VERSION`.
_NEWER: Final = {
    "Pattern matching": ast.Match,
    "Exception groups": ast.TryStar,
    "Assignment expressions": ast.NamedExpr,
    "Variable annotation syntax": ast.AnnAssign,
}
# Since Python 3.12 these may hold what makes an older tokenizer lose its place.
_LONG_F_STRING: Final = re.compile(rb"[fF][rR]?(?:\"\"\"|''')")
_CONFLICT: Final = re.compile(r"\s*(?:<{7} |>{7} |={7}$)")
# The parser says so only where it could read the whole block of the `try`: no newer grammar makes that right.
_LONE_TRY: Final = "expected 'except' or 'finally' block"
_NO_LETTERS: Final = "(unicode error) 'utf-8' codec can't decode"
_OLDEST: Final = (3, 0)
_TREES_KEPT: Final = 24
_NESTED_QUOTES: Final = (3, 12)


class Fault(NamedTuple):
    """What keeps the target's Python from reading a file."""

    line: int
    message: str
    text: str


class _Parsed(NamedTuple):
    """A text as a parser took it. Shape: `is_fit` says that the grammar of the target's Python takes it."""

    tree: ast.Module | None
    fault: Fault | None = None
    is_fit: bool = False


class Source(NamedTuple):
    """A file as the target with Python *version* would read it.

    Trees are not kept with it: some hundred of them alive make the garbage collector cost more than parsing does.
    """

    data: bytes
    version: tuple[int, int]

    @property
    def tree(self) -> ast.Module | None:
        """The syntax tree, None for what this interpreter cannot read."""
        return _parsed(self.data, self.version).tree

    @property
    def fault(self) -> Fault | None:
        """What keeps the target from reading the file, where that is sure; syntax newer than our own never is."""
        return _parsed(self.data, self.version).fault

    @property
    def is_fit(self) -> bool:
        """Whether it is sure that the target can read the file."""
        return _parsed(self.data, self.version).is_fit


def read(path: Path | str, version: tuple[int, int]) -> Source:
    """Return the file at *path*. Raises: OSError when there is none."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  half the time of Path.read_bytes for small files
        return Source(file.read(), version)


@lru_cache(maxsize=_TREES_KEPT)
def _parsed(data: bytes, version: tuple[int, int]) -> _Parsed:
    if version < _OLDEST:
        return _Parsed(own_syntax(data))  # of Python 2 no parser here can say what it reads
    try:
        tree = syntax_tree.parse(data, version=min(version, sys.version_info[:2]))
    except SyntaxError as error:
        own = own_syntax(data)
        return _Parsed(own, _sure(error, version, own=own, data=data))
    except (ValueError, RecursionError, MemoryError):
        return _Parsed(None)
    fault = _newer_string(data, version)
    return _Parsed(tree, fault, is_fit=fault is None)


def statement(text: str, line: int) -> str:
    """Return the simple statement of *text* that holds *line*: a call with its arguments often takes several lines."""
    tree = own_syntax(text)
    around = (
        node
        for node in (ast.walk(tree) if tree else ())
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and node.lineno <= line <= (node.end_lineno or 0)
    )
    found = next(around, None)
    return (ast.get_source_segment(text, found) or "") if found else ""


def own_syntax(data: bytes | str) -> ast.Module | None:
    """Return the tree as this interpreter reads it: what a file imports matters even when the target rejects it."""
    try:
        return syntax_tree.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _sure(error: SyntaxError, version: tuple[int, int], *, own: ast.Module | None, data: bytes) -> Fault | None:
    """Return the fault unless the target's newer Python may well read what this interpreter does not."""
    if version > sys.version_info[:2]:
        message = str(error.msg)
        is_lasting = isinstance(error, IndentationError) or message == _LONE_TRY or message.startswith(_NO_LETTERS)
        if (not is_lasting or _LONG_F_STRING.search(data)) and not _CONFLICT.match(error.text or ""):
            return None
    line = _newer_statement(str(error.msg), own) or error.lineno or 0
    return Fault(line=line, message=str(error.msg), text=(error.text or "").strip() if line == error.lineno else "")


def _newer_statement(message: str, own: ast.Module | None) -> int:
    """Return the line of the statement that is too new; the parser itself names the line where it ends."""
    kind = next((kind for start, kind in _NEWER.items() if message.startswith(start)), None)
    nodes = (node for node in ast.walk(own) if kind and isinstance(node, kind)) if own else iter(())
    return next((getattr(node, "lineno", 0) for node in nodes), 0)


def _newer_string(data: bytes, version: tuple[int, int]) -> Fault | None:
    """Return the first f-string that only Python 3.12 reads: its own quotes or a backslash in a field (PEP 701)."""
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
        elif kind in {"STRING", "COMMENT"} and open_quotes and (kind == "COMMENT" or "\\" in token.string):
            return _nested(token, what="has a comment or a backslash")
    return None


def _nested(token: tokenize.TokenInfo, *, what: str = "uses its own quotes") -> Fault:
    message = f"an f-string that {what} inside a field needs Python 3.12"
    return Fault(line=token.start[0], message=message, text=token.line.strip())


def imports(source: Source, reader: Reader) -> Sequence[Imported]:
    """Return the imports of *source* in the order of their lines, parsing of it no more than they need."""
    try:
        skimmed = skimming.skim(source.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        skimmed = None
    if skimmed is not None:
        reader.found += skimmed.plain
        if skimmed.blocks is None:
            return reader.found
        reader.has_dynamic = skimmed.has_dynamic
        reader.read(skimmed.blocks.body, ImportKind.EAGER)
        return sorted(reader.found, key=lambda imported: imported.line)
    tree = source.tree
    if tree is None:
        return tuple(_plain_imports(source.data))
    reader.has_dynamic = skimming.may_name_modules(source.data)
    reader.read(tree.body, ImportKind.EAGER)
    return reader.found


def _plain_imports(data: bytes) -> Iterator[Imported]:
    """Return the imports of a file that cannot be parsed, line by line; of indented ones nothing is claimed."""
    text = data.decode("utf-8", errors="replace")
    for match in _PLAIN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        kind = ImportKind.GUARDED if match["indent"] else ImportKind.EAGER
        module = match["module"] or match["source"] or ""
        yield Imported(module=module, level=len(match["dots"] or ""), line=line, kind=kind)
