"""Shell text into the nodes of its grammar, and such nodes into the words, assignments and redirections in them."""

import re
from collections.abc import Iterator
from typing import Final

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

from deploy_suite.manifests.shell_words import unquoted

STATEMENTS: Final = frozenset(
    {
        *("command", "declaration_command", "unset_command", "test_command", "variable_assignment", "list"),
        *("variable_assignments", "redirected_statement", "negated_command", "subshell", "pipeline", "if_statement"),
        *("while_statement", "for_statement", "c_style_for_statement", "case_statement", "compound_statement"),
    },
)
_LANGUAGE: Final = Language(tree_sitter_bash.language())
_DEV_NULL: Final = "/dev/null"
_WORDS: Final = frozenset(
    {
        *("word", "number", "string", "raw_string", "ansi_c_string", "concatenation", "simple_expansion"),
        *("expansion", "command_substitution", "translated_string", "brace_expression", "arithmetic_expansion"),
    },
)
# The grammar's scanner looks characters up in C's `isalnum`, which reads past its table for most of Unicode and then
# ends the process. Source: https://github.com/tree-sitter/tree-sitter-bash/blob/master/src/scanner.c (`isalnum`)
_WIDE: Final = re.compile("[\x80\x81]|[^\x00-\xff\ud800-\udfff]")
_NARROWED: Final = re.compile("\x80([0-9a-f]+)\x81")


def root(text: str) -> Node:
    """Return the program that *text* is."""
    return Parser(_LANGUAGE).parse(_narrow(text)).root_node


def words(node: Node) -> tuple[str, ...]:
    """Return the words of a call, unquoted."""
    if node.type == "test_command":
        return tuple(unquoted(word) for word in text(node).split())
    return tuple(_word_texts(node))


def _word_texts(node: Node) -> Iterator[str]:
    if node.type in {"declaration_command", "unset_command"}:
        yield from (unquoted(text(child)) for child in node.children)
        return
    for child in node.children:
        if child.type not in {"variable_assignment", "comment", "ERROR"} and not child.type.endswith("redirect"):
            yield unquoted(text(child))


def assignments(node: Node) -> tuple[tuple[str, str], ...]:
    """Return the names that are given values in *node*, with these."""
    nodes = [node] if node.type == "variable_assignment" else node.children
    pairs = (text(child).partition("=") for child in nodes if child.type == "variable_assignment")
    return tuple((name.removesuffix("+"), unquoted(value)) for name, _, value in pairs)


def late_words(redirect: Node) -> tuple[str, ...]:
    """Return the arguments that stand after a redirection (`a >log b`), which the grammar takes for a part of it."""
    words = [child for child in redirect.children if child.is_named and child.type in _WORDS]
    return tuple(unquoted(text(word)) for word in words[redirect.type == "file_redirect" :])


def silences_errors(redirects: list[Node]) -> bool:
    """Whether *redirects* lead standard error to /dev/null."""
    targets = [target for target in map(_target, redirects) if target]
    if any(target in {("2>", _DEV_NULL), ("2>>", _DEV_NULL), ("&>", _DEV_NULL)} for target in targets):
        return True
    return ("2>&", "1") in targets and any(target in {(">", _DEV_NULL), ("1>", _DEV_NULL)} for target in targets)


def _target(redirect: Node) -> tuple[str, str] | None:
    """Return the operator with its descriptor, and where it leads: ("2>", "/dev/null")."""
    parts = [text(child) for child in redirect.children]
    at = next((place for place, child in enumerate(redirect.children) if child.type in _WORDS), 0)
    return ("".join(parts[:at]), unquoted(parts[at])) if redirect.type == "file_redirect" and at else None


def heredoc(redirects: list[Node]) -> Node | None:
    """Return the here-document among *redirects*."""
    children = (child for redirect in redirects for child in redirect.children)
    return next((child for child in children if child.type == "heredoc_body"), None)


def source(node: Node, end: int) -> str:
    """Return the text from the start of *node* up to the byte *end*, which may lie after it."""
    parent = node
    while parent.end_byte < end and parent.parent is not None:
        parent = parent.parent
    return _widened((parent.text or b"")[node.start_byte - parent.start_byte : end - parent.start_byte])


def text(node: Node) -> str:
    """Return the source of *node*."""
    return _widened(node.text or b"")


def line(node: Node) -> int:
    """Return the line that *node* starts in, from 1."""
    return node.start_point.row + 1


def _narrow(text: str) -> bytes:
    """Return *text* with each character beyond Latin-1 written as digits between two that no text holds."""
    if text.isascii():
        return text.encode()
    return _WIDE.sub(lambda match: f"\x80{ord(match[0]):x}\x81", text).encode("utf-8", "replace")


def _widened(narrow: bytes) -> str:
    """Return the text of what `_narrow` made."""
    return _NARROWED.sub(lambda match: chr(int(match[1], 16)), narrow.decode("utf-8", "replace"))
