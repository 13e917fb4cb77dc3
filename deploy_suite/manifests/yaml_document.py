"""YAML text into nodes that know their line and how they were written."""

from dataclasses import dataclass
from enum import Enum


class ScalarKind(Enum):
    """What YAML makes of a scalar."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as written. Shape: `text` is the source text without quotes; "3.10" stays "3.10" though it is a float."""

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
    """A mapping, in the order of the text, duplicate keys kept."""

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


def parse(text: str, *, file: str) -> Node | None:
    """Return the one document in *text*, None when it is empty.

    Raises: ManifestError for text that is no YAML, more than one document, keys that are no scalars, and aliases that
    unfold into more than a bounded number of nodes (a "YAML bomb").
    """
    raise NotImplementedError
