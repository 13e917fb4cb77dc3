"""The text of a Python file into its import statements, parsing no more of it than what surrounds them.

A syntax tree of a whole file costs some twenty times what its imports do. What stands at the margin is read as it is;
of an import further in, the statement at the margin that holds it is parsed. Where the text leaves a doubt (a quote in
front of a long string, a continued line), the answer is None, and the whole file has to be parsed.
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from deploy_suite.model import syntax_tree
from deploy_suite.tracing.statements import Imported
from deploy_suite.tracing.values import ImportKind

_WORD: Final = re.compile(rb"\bimport\b")
# A call that imports a module, or has a server import it, and whose first argument may be a literal.
_GIVEN: Final = re.compile(rb"(?:import_module|import__|\.run|include)[\s\\)]*(?:\([\s(\\]*[rRuU]?[\"'#]|#)")
_BEFORE: Final = re.compile(rb"[ \t]*(?:from[ \t]+[.\w]+[ \t]+|from[ \t]*\.+[ \t]*)?")
_ALIAS: Final = rb"(?:[ \t]+as[ \t]+\w+)?"
_PLAIN: Final = re.compile(
    rb"import[ \t]+(?P<modules>[\w.]+"
    + _ALIAS
    + rb"(?:[ \t]*,[ \t]*[\w.]+"
    + _ALIAS
    + rb")*)[ \t]*(?:#[^\n]*)?(?:\n|\Z)"
)
_FROM: Final = re.compile(
    rb"from[ \t]+(?P<dots>\.*)(?P<module>[\w.]*)[ \t]+import[ \t]*"
    rb"(?:\((?P<inside>[^()]*)\)|(?<=[ \t])(?P<names>[\w*][\w \t,]*))[ \t]*(?:#[^\n]*)?(?:\n|\Z)"
)
_COMMENT: Final = re.compile(rb"#[^\n]*")
_NAMES: Final = re.compile(r"(?P<name>[\w.*]+)(?:\s+as\s+\w+)?")
# A class or function up to its first statement: the end of its header is the first colon at the end of a line.
_BODY: Final = re.compile(
    rb"(?P<own> *)(?:class|def|async def) [^#\"']*?:[ \t]*\n"
    rb"(?:[ \t]*(?:#[^\n]*)?\n)*(?P<body>(?P<indent>(?P=own) +)(?=[^\s#]))"
)
_BACKSLASH: Final = 92


class Skimmed(NamedTuple):
    """What a text holds.

    Shape: `plain` are the imports at the margin; `blocks` is the module of all other statements with imports in them,
    None without. `has_dynamic` says that some are by a literal name.
    """

    plain: list[Imported]
    blocks: ast.Module | None
    has_dynamic: bool


def skim(data: bytes) -> Skimmed | None:
    """Return the imports of *data*, None where only a parser can tell. Raises: SyntaxError for a broken block."""
    if b"\r" in data or b"\f" in data or b"coding" in data[:200] or data.startswith(b"\xef\xbb\xbf"):
        return None
    strings = _long_strings(data)
    if strings is None:
        return None
    words, calls = _mentions(data)
    plain: list[Imported] = []
    inner: list[int] = []
    line, counted, done = 1, 0, 0
    for word in _outside(words, strings):
        if word < done:  # in a comment of an import that has been read
            continue
        start = data.rfind(b"\n", 0, word) + 1
        if start >= 2 and data[start - 2] == _BACKSLASH:  # noqa: PLR2004  the backslash and the end of its line
            return None
        line, counted = line + data.count(b"\n", counted, start), start
        if (start == word or data.startswith(b"from", start)) and (end := _take(data, start, line, into=plain)):
            done = end
        elif _BEFORE.fullmatch(before := data[start:word]) or _may_precede(before):
            inner.append(start)
    inner += _outside(calls, strings)
    blocks = syntax_tree.parse(_blocks(data, inner, strings)) if inner else None
    return Skimmed(plain, blocks, has_dynamic=bool(calls))


def at_margin(data: bytes, position: int) -> int | None:
    """Return where the statement at the margin that holds *position* begins, None where a quote leaves that unsure."""
    strings = _long_strings(data[:position])
    if strings is None:
        return None
    ends = (match.start() + 1 for match in _margin(0).finditer(data, 0, position))
    return next(reversed([0, *_outside(ends, strings)]))


def may_name_modules(data: bytes) -> bool:
    """Whether a module may be imported, or given to a server, by a literal name."""
    return bool(_mentions(data)[1])


def _mentions(data: bytes) -> tuple[list[int], list[int]]:
    """Return where the word `import` stands, and where a call may name a module by a literal.

    To look for each literal takes a third of the time that one pattern of them all does.
    """
    words, calls = [], []
    position = data.find(b"import")
    while position >= 0:
        if _WORD.match(data, position):
            words.append(position)
        elif _GIVEN.match(data, position):
            calls.append(position)
        position = data.find(b"import", position + 6)
    for call in (b".run(", b"include("):
        position = data.find(call)
        while position >= 0:
            if _GIVEN.match(data, position):
                calls.append(position)
            position = data.find(call, position + 1)
    return words, sorted(calls)


def _may_precede(before: bytes) -> bool:
    """Whether a statement may begin behind *before*: it follows a colon or semicolon, or has an unusual `from`."""
    text = before.lstrip()
    return (b":" in text or b";" in text or text.startswith(b"from")) and not text.startswith(b"#")


def _take(data: bytes, start: int, line: int, *, into: list[Imported]) -> int:
    """Read the import statement at *start* and return where it ends, 0 where that could not be done."""
    if (match := _FROM.match(data, start)) is not None:
        text = match["names"] or match["inside"]
        names = tuple(_NAMES.findall((_COMMENT.sub(b"", text) if b"#" in text else text).decode()))
        module = match["module"].decode()
        into.append(Imported(module, line, ImportKind.EAGER, names, level=len(match["dots"])))
        return match.end() if names else 0
    if (match := _PLAIN.match(data, start)) is not None:
        into += [Imported(name, line, ImportKind.EAGER) for name in _NAMES.findall(match["modules"].decode())]
        return match.end()
    return 0


def _long_strings(data: bytes) -> list[tuple[int, int]] | None:
    """Return where triple-quoted strings begin and end, None where a quote on the way makes that unsure."""
    found: list[tuple[int, int]] = []
    double, single, position = data.find(b'"""'), data.find(b"'''"), 0
    while double >= 0 or single >= 0:
        is_single = double < 0 or 0 <= single < double
        start, quote = (single, b"'''") if is_single else (double, b'"""')
        before = data[max(position, data.rfind(b"\n", 0, start) + 1) : start]
        if b"#" in before or b'"' in before or b"'" in before:
            return None
        end = _end(data, start + 3, quote)
        if end < 0:
            return None
        position = end + 3
        found.append((start, position))
        double = data.find(b'"""', position) if 0 <= double < position else double
        single = data.find(b"'''", position) if 0 <= single < position else single
    return found


def _end(data: bytes, position: int, quote: bytes) -> int:
    """Return where the closing *quote* stands, one behind a backslash not counted; -1 without one."""
    while (end := data.find(quote, position)) >= 0:
        before = end - 1
        while data[before] == _BACKSLASH:
            before -= 1
        if (end - 1 - before) % 2 == 0:
            return end
        position = end + 1
    return -1


def _outside(positions: Iterable[int], strings: list[tuple[int, int]]) -> Iterator[int]:
    """Return those of the ascending *positions* that lie in none of the ascending *strings*."""
    index, count = 0, len(strings)
    for position in positions:
        while index < count and strings[index][1] <= position:
            index += 1
        if index == count or position < strings[index][0]:
            yield position


def _blocks(data: bytes, inner: list[int], strings: list[tuple[int, int]]) -> bytes:
    """Return *data* with only those statements in which one of *inner* lies; lines stay where they are."""
    parts: list[bytes] = []
    done = 0
    for start, end in _kept(data, (0, len(data)), _margin(0), wanted=sorted(inner), strings=strings):
        parts += [b"\n" * data.count(b"\n", done, start), data[start:end]]
        done = end
    return b"".join(parts)


def _kept(
    data: bytes,
    region: tuple[int, int],
    margin: re.Pattern[bytes],
    *,
    wanted: list[int],
    strings: list[tuple[int, int]],
) -> Iterator[tuple[int, int]]:
    """Return where the statements of *region* stand that are wanted; of classes and functions only the parts that are.

    Other statements are kept whole: what an `except` does at its end decides what its `try` means.
    """
    ends = [match.start() + 1 for match in margin.finditer(data, *region)]
    starts = [region[0], *_outside(ends, strings)]
    for start, end in zip(starts, [*starts[1:], region[1]], strict=False):
        inside = wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]
        body = _BODY.match(data, start, end) if inside else None
        if body is not None and inside[0] >= body.start("body"):
            yield start, body.start("body")
            inner = _margin(len(body["indent"]))
            yield from _kept(data, (body.start("body"), end), inner, wanted=inside, strings=strings)
        elif inside:
            yield start, end


@cache
def _margin(indent: int) -> re.Pattern[bytes]:
    """Return what finds the end of the line before a statement that is indented by *indent* spaces.

    That is found some ten times as fast as the beginning of a line is.
    """
    begins = rb"(?=[^\s#)\]}])(?!(?:else|elif|except|finally)\b)"
    return re.compile(rb"\n(?<!\\\n)" + b" " * indent + begins)
