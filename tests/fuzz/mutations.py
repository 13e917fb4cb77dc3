"""Real files into files that are nearly right: where most readers break."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from hypothesis import strategies as st

_TOKENS: Final[tuple[bytes, ...]] = tuple(
    text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    for text in (
        *"\0\t\n\r\x0b\x0c\x1b\x85\u2028\ufeff\ud800é٣²",
        *"[](){}<>\"'`$&|;:,.=!#%@~^*?\\/-+_",
        *(
            "\r\n",
            '"""',
            "'''",
            "${X}",
            "$(",
            "<<EOF\n",
            "EOF\n",
            "&&",
            "||",
            ";;",
            "--",
            "-r ",
            "-e ",
            "-c ",
            "==",
            ">=",
        ),
        *(
            "[[a]]\n",
            "[a]\n",
            "[a.b]\n",
            "a = ",
            "a: ",
            "- ",
            "&a ",
            "*a ",
            "<<: ",
            "!!python/object:os.system ",
            "---\n",
        ),
        *(
            "null",
            "true",
            "1e999",
            "-1",
            "0x",
            "9" * 30,
            "1979-05-27",
            "nan",
            "{}",
            "[]",
            '""',
            "%(here)s",
            "%s",
            "{name}",
        ),
        *(
            "import ",
            "from . import ",
            "def f():\n",
            "class A:\n",
            "if ",
            "try:\n",
            "except:\n",
            "match x:\n",
            "lambda",
            "f'",
        ),
        *("import os\n", "os.environ['A']\n", "__import__('a')", "sys.path.append('", "if __name__ == '__main__':\n"),
        *(
            "Traceback (most recent call last):\n",
            '  File "a.py", line 1, in <module>\n',
            "ModuleNotFoundError: No module",
        ),
        *(
            "FROM ",
            "RUN ",
            "ARG ",
            "ENV ",
            "COPY --from=",
            "CMD [",
            "pip install ",
            "uv sync",
            "poetry install",
            "cd .. && ",
        ),
        *(
            b"\xff\xfe",
            b"\xfe\xff",
            b"\xef\xbb\xbf",
            b"\x80",
            b"\xc3",
            b"\xed\xa0\x80",
            b"# coding: undefined\n",
            b"\x7fELF",
        ),
    )
)
_AT: Final = st.floats(0, 1, exclude_max=True)
_LENGTH: Final = st.integers(0, 400)
_STEP: Final = st.tuples(
    st.sampled_from(["cut", "double", "put", "swap", "flip", "end", "nest", "splice", "value", "value"]),
    _AT,
    _LENGTH,
    st.integers(0, 10**6),
)
# What a field of JSON may hold in place of what it should: other kinds, and texts that are no times, ids or addresses.
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 10**30, 1e999, float("nan"), "", "\0", "\ud800", "٣", "é/../%zz", "9" * 50, [], {}, [[]]),
    *([None], [{}], {"a": None}, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01", "x" * 400),
    *("https://[", "http://a:99999/", "a\nb", "-1", "1e999", {"": {"": ""}}, ["\udfff"], {"\udfff": 1}),
)
_LOST: Final = object()


def _nested(token: bytes, number: int) -> bytes:
    return token * (number % 400)


def mutated(data: bytes, steps: Sequence[tuple[str, float, int, int]], *, others: Sequence[bytes]) -> bytes:
    """Return *data* after *steps*, each of them one edit at a relative place."""
    for act, where, length, number in steps:
        at = int(where * (len(data) + 1))
        head, part, tail = data[:at], data[at : at + length], data[at + length :]
        token = _TOKENS[number % len(_TOKENS)]
        match act:
            case "cut":
                data = head + tail
            case "double":
                data = head + part + part + tail
            case "put":
                data = head + token + data[at:]
            case "swap":
                data = head + token + tail
            case "flip":
                data = head + bytes([number % 256]) + data[at + 1 :]
            case "end":
                data = head
            case "value":
                data = _revalued(data, int(where * 1000), number)
            case "nest":
                data = head + _nested(token, number) + data[at:]
            case _:
                other = others[number % len(others)]
                start = int(where * len(other))
                data = head + other[start : start + length] + tail
    return data


def _revalued(data: bytes, place: int, number: int) -> bytes:
    """Return *data*, which may be JSON or lines of it, with one value put in place of another or taken away."""
    for text in (data, *(lines := data.split(b"\n"))[place % len(lines) :][:1]):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            continue
        places = list(_places(document))
        if not places:
            continue
        holder, key = places[place % len(places)]
        value = (*_VALUES, _LOST)[number % (len(_VALUES) + 1)]
        if value is _LOST:
            del holder[key]
        else:
            holder[key] = value
        return data.replace(text, json.dumps(document).encode(), 1)
    return data


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from _places(inner)


def contents(seeds: Sequence[bytes], *, most_bytes: int) -> st.SearchStrategy[bytes]:
    """Return raw bytes, strings of tokens, and edits of *seeds*, these most of all; of long seeds the beginning."""
    known = [seed[:most_bytes] for seed in seeds] or [b""]
    edited = st.builds(
        lambda seed, steps: mutated(seed, steps, others=known), st.sampled_from(known), st.lists(_STEP, max_size=6)
    )
    tokens = st.lists(st.sampled_from(_TOKENS), max_size=60).map(b"".join)
    return st.one_of(edited, edited, edited, tokens, st.binary(max_size=300), st.text(max_size=100).map(_encoded))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
