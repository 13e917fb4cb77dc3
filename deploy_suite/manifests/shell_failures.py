"""A command's node in a shell text → whether the text fails when that command does.

Source: https://www.gnu.org/software/bash/manual/bash.html#The-Set-Builtin
"""

import re
from collections.abc import Iterator
from typing import Final

from tree_sitter import Node

from deploy_suite.manifests import shell_nodes

_MOST_CALLS: Final = 5
_LOOPS: Final = frozenset({"while_statement", "for_statement", "c_style_for_statement"})
_BRANCHES: Final = frozenset({"elif_clause", "else_clause"})


def ends_text(node: Node, *, stops_at_errors: bool) -> bool:
    """Whether a failure of the command at *node* is the text's own; what cannot be told is taken for one."""
    if any(word == "exec" for word in _words(node)[:1]):
        return True
    loop = _ancestor(node, _LOOPS)
    if loop is not None and _is_seen_to(loop):
        return True
    return _Climb(stops_at_errors=stops_at_errors or _has_trap(node)).up(node, failed=True)


class _Climb:
    """Follows an exit code from a command up to the text."""

    def __init__(self, *, stops_at_errors: bool) -> None:
        self.stops_at_errors = stops_at_errors
        self.calls = 0

    def up(self, node: Node, *, failed: bool, is_exempt: bool = False) -> bool:
        """Return whether the text fails when *node* has *failed* (or not); *is_exempt* of `set -e`."""
        parent = node.parent
        if parent is None:
            return failed
        if failed and not is_exempt and self.stops_at_errors and not _is_looked_at(node):
            return self._exited(node)
        match parent.type:
            case "negated_command":
                return self.up(parent, failed=not failed, is_exempt=True)
            case "list":
                return self._in_list(node, parent, failed=failed, is_exempt=is_exempt)
            case "pipeline":
                is_last = parent.children[-1] == node
                if not is_last and not _has_pipefail(node):
                    return False
                return self.up(parent, failed=failed, is_exempt=is_exempt)
            case "if_statement" | "elif_clause" if _is_condition(node, parent):
                return self._taken(parent, node, failed=failed)
            case "while_statement" if _is_condition(node, parent):
                goes_round = failed == (parent.children[0].type == "until")
                return goes_round and not any(name == "break" for name, _ in _commands(parent))
            case "function_definition":
                return self._called(parent, failed=failed)
            case "program" | "compound_statement" | "subshell" | "do_group" | "case_item" | "if_statement":
                return self._in_sequence(node, parent, failed=failed, is_exempt=is_exempt)
            case "elif_clause" | "else_clause":
                return self._in_sequence(node, parent, failed=failed, is_exempt=is_exempt)
            case _:
                return self.up(parent, failed=failed, is_exempt=is_exempt)

    def _in_list(self, node: Node, parent: Node, *, failed: bool, is_exempt: bool) -> bool:
        right = parent.children[-1]
        if right == node:
            return self.up(parent, failed=failed, is_exempt=is_exempt)
        operator = parent.children[1].type
        if failed == (operator == "&&"):
            return self.up(parent, failed=failed, is_exempt=True)
        return self._run(right)

    def _taken(self, parent: Node, condition: Node, *, failed: bool) -> bool:
        """Follow what an `if` does after its condition."""
        after = parent.children[parent.children.index(condition) + 1 :]
        body = [one for one in after if one.type not in _BRANCHES]
        others = [one for one in after if one.type in _BRANCHES]
        if parent.type == "elif_clause" and parent.parent is not None:
            siblings = parent.parent.children
            others = [one for one in siblings[siblings.index(parent) + 1 :] if one.type in _BRANCHES]
        if failed and any(name == "exec" for one in body for name, _ in _commands(one)):
            return True
        return any(map(self._run, others if failed else body))

    def _run(self, node: Node) -> bool:
        """Return whether the text fails when *node* runs in place of what failed, and does what it says."""
        for name, command in _commands(node):
            match _ending(name, command):
                case "exit" if self._exited(command):
                    return True
                case "return" if function := _ancestor(command, frozenset({"function_definition"})):
                    return self._called(function, failed=True)
                case "false" if self.up(command, failed=True):
                    return True
                case _:
                    pass
        return False

    def _exited(self, node: Node) -> bool:
        """Follow the end of the shell that *node* runs in."""
        shell = _ancestor(node, frozenset({"subshell"}))
        return shell is None or self.up(shell, failed=True)

    def _called(self, function: Node, *, failed: bool) -> bool:
        name = function.child_by_field_name("name")
        self.calls += 1
        if name is None or self.calls > _MOST_CALLS:
            return failed
        calls = [one for word, one in _commands(_root(function)) if word == shell_nodes.text(name)]
        outer = next((one for one in calls if not function.start_byte <= one.start_byte < function.end_byte), None)
        if outer is None:
            return failed
        before = (
            _words(one)
            for word, one in _commands(_root(function))
            if word == "set" and one.start_byte < outer.start_byte
        )
        self.stops_at_errors |= any(
            "errexit" in words or (words[1:2] and re.match("-[a-z]*e", words[1])) for words in before
        )
        return self.up(outer, failed=failed)

    def _in_sequence(self, node: Node, parent: Node, *, failed: bool, is_exempt: bool) -> bool:
        after = parent.children[parent.children.index(node) + 1 :]
        if after and after[0].type == "&":
            waits = [one for one in after if (words := _words(one))[:1] == ("wait",) and words[1:]]
            return bool(waits) and self.up(waits[0], failed=failed)
        following = [one for one in after if one.type in shell_nodes.STATEMENTS]
        if not following:
            return self.up(parent, failed=failed, is_exempt=is_exempt and parent.type != "subshell")
        return failed and "$?" in shell_nodes.text(following[0])


def _ending(name: str, command: Node, levels: int = 3) -> str:
    """Return how *command* ends what it stands in with an error: "exit", "return", "false"; "" where it does not."""
    if name in {"exit", "return"}:
        return name if _words(command)[1:2] != ("0",) else ""
    if name in {"false", "kill"}:
        return {"kill": "exit"}.get(name, name)
    body = next((one for one in _root(command).children if _defines(one, name)), None)
    if body is None or not levels:
        return ""
    return "exit" if any(_ending(*one, levels=levels - 1) == "exit" for one in _commands(body)) else ""


def _defines(node: Node, name: str) -> bool:
    named = node.child_by_field_name("name") if node.type == "function_definition" else None
    return named is not None and shell_nodes.text(named) == name


def _is_seen_to(loop: Node) -> bool:
    """Whether *loop* tries until it succeeds, or gives up with an error in it or right after it."""
    parts = list(_commands(loop))
    condition = shell_nodes.text(loop.children[1]) if len(loop.children) > 1 else ""
    is_endless = loop.type == "while_statement" and condition.strip() in {"true", ":", "[ 1 ]", "[ true ]"}
    if is_endless and any(name == "break" for name, _ in parts):
        return True
    following = next((one for one in _after(loop) if one.type in shell_nodes.STATEMENTS), None)
    parts += list(_commands(following)) if following is not None else []
    return any(_ending(name, one) == "exit" for name, one in parts)


def _after(node: Node) -> Iterator[Node]:
    sibling = node.next_sibling
    while sibling is not None:
        yield sibling
        sibling = sibling.next_sibling


def _is_looked_at(node: Node) -> bool:
    """Whether `set -e` passes over *node*: a condition, and all but the last of a list."""
    parent = node.parent
    while parent is not None and parent.type != "function_definition":
        if parent.type == "negated_command" or (parent.type == "list" and parent.children[-1] != node):
            return True
        if parent.type in {"if_statement", "elif_clause", "while_statement"} and _is_condition(node, parent):
            return True
        if parent.type == "pipeline" and parent.children[-1] != node and not _has_pipefail(node):
            return True
        node, parent = parent, parent.parent
    if parent is None:
        return False
    name = parent.child_by_field_name("name")
    calls = [one for word, one in _commands(_root(parent)) if name is not None and word == shell_nodes.text(name)]
    outer = [one for one in calls if not parent.start_byte <= one.start_byte < parent.end_byte]
    return bool(outer) and _is_looked_at(outer[0])


def _is_condition(node: Node, parent: Node) -> bool:
    types = [child.type for child in parent.children]
    split = next((types.index(word) for word in ("then", "do_group") if word in types), 0)
    return node in parent.children[:split]


def _ancestor(node: Node, types: frozenset[str]) -> Node | None:
    parent = node.parent
    while parent is not None and parent.type not in types:
        parent = parent.parent
    return parent


def _root(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def _commands(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the names and nodes of the calls at and below *node*."""
    if node.type == "command":
        yield next(iter(_words(node)), ""), node
        return
    for child in node.children:
        yield from _commands(child)


def _words(node: Node) -> tuple[str, ...]:
    return shell_nodes.words(node) if node.type == "command" else ()


def _has_trap(node: Node) -> bool:
    calls = (_words(one) for name, one in _commands(_root(node)) if name == "trap")
    return any("ERR" in words[2:] for words in calls)


def _has_pipefail(node: Node) -> bool:
    return b"pipefail" in (_root(node).text or b"")[: node.start_byte]
