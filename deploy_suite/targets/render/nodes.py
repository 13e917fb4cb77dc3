"""YAML nodes into the plain values that Render would read."""

from typing import Final

from deploy_suite.manifests.yaml_document import Block, Items, Node, Scalar, ScalarKind

_TRUE: Final = frozenset({"true", "yes", "on"})
_MOST_DIGITS: Final = 9


def text(node: Node | None) -> str | None:
    """Return a scalar's text, None for an empty one and for what is no scalar."""
    if not isinstance(node, Scalar) or node.kind is ScalarKind.NULL:
        return None
    return node.text


def flag(node: Node | None) -> bool | None:
    """Return a boolean, None for what is none."""
    if isinstance(node, Scalar) and node.kind is ScalarKind.BOOLEAN:
        return node.text.lower() in _TRUE
    return None


def integer(node: Node | None) -> int | None:
    """Return a whole number, None for what is none."""
    written = (text(node) or "").strip()
    is_whole = written.isascii() and written.removeprefix("-").isdecimal()
    return int(written) if is_whole and len(written) <= _MOST_DIGITS else None


def items(node: Node | None) -> tuple[Node, ...]:
    """Return the items of a list, none for what is no list."""
    return node.items if isinstance(node, Items) else ()


def blocks(node: Node | None) -> tuple[Block, ...]:
    """Return the mappings in a list."""
    return tuple(item for item in items(node) if isinstance(item, Block))


def block(node: Node | None) -> Block | None:
    """Return a mapping, None for what is none."""
    return node if isinstance(node, Block) else None


def value(node: Node | None) -> str:
    """Return the string that a process sees for a scalar: YAML numbers lose what YAML drops ("3.10" is 3.1)."""
    if not isinstance(node, Scalar) or node.kind is ScalarKind.NULL:
        return ""
    if node.is_quoted:
        return node.text
    if node.kind is ScalarKind.FLOAT:
        return number(node.text)
    if node.kind is ScalarKind.BOOLEAN and node.text.lower() in {"true", "false"}:
        return node.text.lower()
    return node.text


def number(written: str) -> str:
    """Return a float as it is printed after YAML read it, or the text itself where it is no plain decimal."""
    whole, dot, fraction = written.partition(".")
    if not dot or not whole.removeprefix("-").isdecimal() or not fraction.isdecimal():
        return written
    kept = fraction.rstrip("0")
    return f"{whole}.{kept}" if kept else whole
