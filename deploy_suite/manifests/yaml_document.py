"""YAML text into nodes that know their line and how they were written."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import yaml

from deploy_suite.manifests.errors import ManifestError
from deploy_suite.model.location import Location

_MOST_CHARACTERS: Final = 1_000_000
_MOST_NODES: Final = 50_000
_MOST_LEVELS: Final = 60
_TAGS: Final = "tag:yaml.org,2002:"
_MERGE: Final = _TAGS + "merge"


class ScalarKind(Enum):
    """What YAML 1.1 makes of a scalar; times and unknown tags are TEXT."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    NULL = "null"


_KINDS: Final = {
    _TAGS + "int": ScalarKind.INTEGER,
    _TAGS + "float": ScalarKind.FLOAT,
    _TAGS + "bool": ScalarKind.BOOLEAN,
    _TAGS + "null": ScalarKind.NULL,
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as written.

    Shape: `text` is the source text without quotes; "3.10" stays "3.10" though it is a float, "off" stays "off".
    `is_quoted` tells of '…' and "…"; block scalars (`|`, `>`) are not quoted and always TEXT, their `line` is the
    line of the indicator.
    """

    text: str
    kind: ScalarKind
    is_quoted: bool
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping and its value."""

    key: str
    line: int
    value: "Node"


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping, in the order of the text, duplicate keys kept. What `<<` brings in stands first."""

    entries: tuple[Entry, ...]
    line: int

    def entry(self, key: str) -> Entry | None:
        """Return the last entry called *key*, as YAML readers do."""
        return next((entry for entry in reversed(self.entries) if entry.key == key), None)

    def get(self, key: str) -> "Node | None":
        """Return the value of *key*."""
        entry = self.entry(key)
        return entry.value if entry else None


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple["Node", ...]
    line: int


Node = Scalar | Block | Items


class _Composer(yaml.SafeLoader):
    """PyYAML's composer, with bounds on depth and number: composing recurses, and its own only bound is the stack."""

    levels = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.levels += 1
        self.nodes += 1
        if self.levels > _MOST_LEVELS or self.nodes > _MOST_NODES:
            raise _TooMuchError(self.line + 1)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.levels -= 1
        return node


class _TooMuchError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Reader:
    """Turns PyYAML's nodes into ours; counts each visit, so that aliases of aliases cannot unfold without end."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.visits = 0

    def node(self, node: yaml.Node, levels: int = 0) -> Node:
        self.visits += 1
        if self.visits > _MOST_NODES or levels > _MOST_LEVELS:
            raise _TooMuchError(_line(node))
        if isinstance(node, yaml.MappingNode):
            return Block(self._entries(node, levels + 1), _line(node))
        if isinstance(node, yaml.SequenceNode):
            return Items(tuple(self.node(item, levels + 1) for item in node.value), _line(node))
        return _scalar(node)

    def _entries(self, node: yaml.MappingNode, levels: int) -> tuple[Entry, ...]:
        own: list[Entry] = []
        merged: list[Entry] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged = [*self._merged(value, levels), *merged]
            else:
                own.append(Entry(self._key(key), _line(key), self.node(value, levels)))
        taken = {entry.key for entry in own}
        return (*(entry for entry in merged if entry.key not in taken), *own)

    def _merged(self, value: yaml.Node, levels: int) -> Iterator[Entry]:
        """Yield what `<<` brings in; of several mappings the first wins, so that it must come last."""
        sources = reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]
        for source in sources:
            block = self.node(source, levels)
            if not isinstance(block, Block):
                raise ManifestError(
                    "the merge key '<<' needs a mapping or a list of mappings",
                    Location(self.file, _line(value)),
                    remedy=f"let '<<' in {self.file} name the anchor of a mapping, as in '<<: *defaults'",
                )
            yield from block.entries

    def _key(self, key: yaml.Node) -> str:
        if isinstance(key, yaml.ScalarNode):
            return str(key.value)
        raise ManifestError(
            "a key is a list or a mapping, and must be plain text",
            Location(self.file, _line(key)),
            remedy=f"quote the key in {self.file} if braces or brackets are part of its name",
        )


def parse(text: str, *, file: str) -> Node | None:
    """Return the one document in *text*, None when it is empty.

    Raises: ManifestError for text that is no YAML, more than one document, keys that are no scalars, and aliases that
    unfold into more than a bounded number of nodes (a "YAML bomb").
    """
    if len(text) > _MOST_CHARACTERS:
        raise ManifestError(
            f"the file is longer than {_MOST_CHARACTERS:,} characters",
            Location(file),
            remedy=f"leave in {file} what is read from it, and move the rest to a file of its own",
        )
    try:
        roots = [root for root in _roots(text) if not _is_empty(root)]
        _refuse_several(roots, file)
        return _Reader(file).node(roots[0]) if roots else None
    except _TooMuchError as error:
        raise ManifestError(
            f"the text nests deeper than {_MOST_LEVELS} levels, or unfolds into more than {_MOST_NODES:,} nodes",
            Location(file, error.line),
            remedy=f"write {file} without aliases that refer to each other",
        ) from error
    except yaml.YAMLError as error:
        raise _translated(error, text, file) from error
    except (ValueError, OverflowError, RecursionError, TypeError, AttributeError) as error:
        # PyYAML lets these through for texts such as "\UFFFFFFFF".
        raise ManifestError(f"the text is no YAML: {error}", Location(file)) from error


def _roots(text: str) -> Iterator[yaml.Node]:
    loader = _Composer(text)
    try:
        while loader.check_node():
            root = loader.get_node()
            if root is not None:
                yield root
    finally:
        loader.dispose()


def _refuse_several(roots: list[yaml.Node], file: str) -> None:
    if len(roots) > 1:
        raise ManifestError(
            "the file holds more than one document",
            Location(file, _line(roots[1])),
            remedy=f"remove the line '---' in {file}, or move what follows it to another file",
        )


def _is_empty(root: yaml.Node) -> bool:
    return isinstance(root, yaml.ScalarNode) and root.value == "" and not root.style


def _scalar(node: yaml.Node) -> Scalar:
    return Scalar(
        text=str(node.value),
        kind=_KINDS.get(node.tag, ScalarKind.TEXT),
        is_quoted=getattr(node, "style", None) in {"'", '"'},
        line=_line(node),
    )


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _translated(error: yaml.YAMLError, text: str, file: str) -> ManifestError:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, int(error.position)) + 1
        return ManifestError(
            f"the character U+{_code(error.character):04X} is not allowed in YAML",
            Location(file, line),
            remedy=f"remove the invisible character from line {line} of {file}",
        )
    if not isinstance(error, yaml.MarkedYAMLError):
        return ManifestError(f"the text is no YAML: {error}", Location(file))
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    written = text.splitlines()[line - 1] if 0 < line <= len(text.splitlines()) else ""
    problem = " ".join(part for part in (error.context, error.problem) if part)
    return ManifestError(f"the text is no YAML: {problem}", Location(file, line), remedy=_remedy(written, line, file))


def _code(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


def _remedy(written: str, line: int, file: str) -> str:
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return f"indent line {line} of {file} with spaces; YAML allows no tabs there"
    if ": " in written.partition(": ")[2]:
        return f"put the value in line {line} of {file} into quotes; it holds a colon"
    return f"mend line {line} of {file}, or the line before it" if line else f"mend {file}"
