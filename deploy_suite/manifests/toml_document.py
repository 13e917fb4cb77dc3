"""TOML text into values, and the line of each key and item."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model.location import Location

Path = tuple[str | int, ...]

_LANGUAGE: Final = Language(tree_sitter_toml.language())
_AT_LINE: Final = "(at line "
_MOST_CHARACTERS: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class TomlDocument:
    """A TOML file.

    Shape: `values` as tomllib returns them; `lines` maps paths such as ("tool", "x", 0) onto lines from 1.
    """

    file: str
    values: Mapping[str, object]
    lines: Mapping[Path, int]

    def location(self, *path: str | int) -> Location:
        """Return the place of the key or item at *path*, or of the nearest one around it."""
        around = (path[:length] for length in range(len(path), 0, -1))
        return Location(self.file, next((self.lines[part] for part in around if part in self.lines), 0))

    def get(self, *path: str | int) -> object:
        """Return the value at *path*, None where there is none."""
        return value_at(self.values, *path)

    def table(self, *path: str | int) -> Mapping[str, object]:
        """Return the table at *path*, an empty one where there is none."""
        return as_table(self.get(*path))


def value_at(value: object, *path: str | int) -> object:
    """Return what lies at *path* within *value*, None where there is nothing."""
    for key in path:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
            continue
        if not isinstance(value, list) or not isinstance(key, int) or key >= len(value):
            return None
        value = value[key]
    return value


def as_table(value: object) -> Mapping[str, object]:
    """Return *value* if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_array(value: object) -> Sequence[object]:
    """Return *value* if it is an array, else an empty one."""
    return value if isinstance(value, list) else ()


def parse(text: str, *, file: str) -> TomlDocument:
    """Return *text* as values with their lines. Raises: ManifestError for text that is no TOML."""
    read = values(text, file=file)
    return TomlDocument(file, read, _lines(text))


def values(text: str, *, file: str) -> Mapping[str, object]:
    """Return *text* as values. Raises: ManifestError for text that is no TOML."""
    if len(text) > _MOST_CHARACTERS:
        raise ManifestError(f"the file is longer than {_MOST_CHARACTERS:,} characters", Location(file))
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise _translated(error, text, file) from error


def _translated(error: Exception, text: str, file: str) -> ManifestError:
    message, _, place = str(error).partition(_AT_LINE)
    number = place.partition(",")[0]
    line = int(number) if number.isdecimal() else text.count("\n") + 1 if "end of document" in str(error) else 0
    if isinstance(error, RecursionError):
        message = "it nests too deeply"
    return ManifestError(
        f"the text is no TOML: {message.removesuffix('(at end of document)').strip()}",
        Location(file, line),
        remedy=f"mend line {line} of {file}, or the line before it" if line else f"mend {file}",
    )


def _lines(text: str) -> Mapping[Path, int]:
    index = _Index()
    root = Parser(_LANGUAGE).parse(text.removeprefix("\ufeff").encode("utf-8", "replace")).root_node
    try:
        for node in root.children:
            index.top(node)
    except RecursionError:
        pass  # lines are a service to the reader of a message; the values are what counts
    return index.lines


class _Index:
    """Collects the lines of keys and items; the text is valid TOML, since tomllib has read it."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def top(self, node: Node) -> None:
        if node.type == "pair":
            self.pair(node, ())
        elif node.type in {"table", "table_array_element"}:
            at = self.header(node)
            for child in node.children:
                if child.type == "pair":
                    self.pair(child, at)

    def header(self, node: Node) -> Path:
        keys = _keys(next(child for child in node.children if child.type.endswith("_key")))
        line = node.start_point.row + 1
        at: Path = ()
        for place, key in enumerate(keys):
            at = (*at, key)
            self.lines.setdefault(at, line)
            if node.type == "table_array_element" and place == len(keys) - 1:
                self.counts[at] = self.counts.get(at, 0) + 1
            if at in self.counts:
                at = (*at, self.counts[at] - 1)
                self.lines.setdefault(at, line)
        self.lines[at] = line
        return at

    def pair(self, node: Node, at: Path) -> None:
        key, *_, value = (child for child in node.children if child.type != "comment")
        for part in _keys(key):
            at = (*at, part)
            self.lines.setdefault(at, node.start_point.row + 1)
        self.value(value, at)

    def value(self, node: Node, at: Path) -> None:
        if node.type == "inline_table":
            for child in node.children:
                if child.type == "pair":
                    self.pair(child, at)
        elif node.type == "array":
            items = (child for child in node.children if child.is_named and child.type != "comment")
            for number, child in enumerate(items):
                self.lines[*at, number] = child.start_point.row + 1
                self.value(child, (*at, number))


def _keys(node: Node) -> tuple[str, ...]:
    """Return the parts of a bare, quoted or dotted key; tomllib reads it, so that escapes mean what they mean there."""
    written = (node.text or b"").decode("utf-8", "replace")
    if node.type == "bare_key":
        return (written,)
    keys: list[str] = []
    value: object = tomllib.loads(f"{written}=0")
    while isinstance(value, dict):
        keys.extend(value)
        value = value[keys[-1]]
    return tuple(keys)
