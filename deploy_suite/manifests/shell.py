"""Shell text into the simple commands in it, with how they hang together: the one door of the shell's modules."""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from tree_sitter import Node

from deploy_suite.manifests import shell_failures, shell_nodes, shell_wrappers
from deploy_suite.manifests.shell_commands import Script, SimpleCommand, unwrapped
from deploy_suite.manifests.shell_place import Place
from deploy_suite.manifests.shell_state import ShellState

__all__ = ["Script", "SimpleCommand", "parse", "unwrapped"]

_MOST_CHARACTERS: Final = 500_000
_MOST_LEVELS: Final = 5
_OPERATORS: Final = {"&&": "&&", "||": "||", "|": "|", "|&": "|", "&": "&", ";": ";"}
_SHEBANG: Final = re.compile(r"#!\s*(?P<call>[^\n]*)")


def parse(text: str) -> Script:
    """Return the commands in *text*; never raises."""
    return _parse(text, stops_at_errors=_shebang_stops(text), level=0)


@dataclass(frozen=True, slots=True)
class _Scope:
    """In what kind of surroundings a command stands."""

    is_condition: bool = False
    is_conditional: bool = False
    redirects_errors: bool = False


@dataclass(slots=True)
class _Walk:
    """The state of one pass through a syntax tree."""

    level: int
    state: ShellState
    pending: str = ""
    commands: list[SimpleCommand] = field(default_factory=list)

    # --- the tree -----------------------------------------------------------------------------------------------

    def block(self, nodes: list[Node], scope: _Scope) -> None:
        """Walk statements and the operators between them."""
        for node in nodes:
            if node.type in _OPERATORS:
                self.pending = _OPERATORS[node.type]
            else:
                self.statement(node, scope)

    def statement(self, node: Node, scope: _Scope) -> None:
        match node.type:
            case "command" | "declaration_command" | "unset_command" | "test_command":
                self.command(node, scope, text=shell_nodes.text(node))
            case "variable_assignment" | "variable_assignments":
                self.emit(
                    SimpleCommand(words=(), assignments=shell_nodes.assignments(node)),
                    node,
                    scope,
                    text=shell_nodes.text(node),
                )
            case "redirected_statement":
                self.redirected(node, scope)
            case "negated_command":
                self.block(node.children[1:], replace(scope, is_condition=True))
            case "subshell" | "pipeline":
                self.apart(node.children, scope)
            case "if_statement" | "while_statement" | "elif_clause":
                self.branching(node, scope)
            case (
                "for_statement" | "c_style_for_statement" | "case_statement" | "case_item" | "else_clause" | "do_group"
            ):
                self.settled(node.children, replace(scope, is_conditional=True))
            case "function_definition":
                self.function(node, scope)
            case "program" | "list" | "compound_statement":
                self.block(node.children, scope)
            case "ERROR":
                self.state.is_certain = False
                self.block(node.children, scope)
            case _:
                pass

    def apart(self, nodes: list[Node], scope: _Scope) -> None:
        """Walk what runs in a shell of its own: its `cd` and `set` end with it."""
        mark = self.state.mark()
        self.block(nodes, scope)
        self.state.back_to(mark)

    def branching(self, node: Node, scope: _Scope) -> None:
        """Walk the condition up to `then` or `do`, then the branches."""
        types = [child.type for child in node.children]
        split = next((types.index(word) for word in ("then", "do_group") if word in types), len(types))
        self.block(node.children[:split], replace(scope, is_condition=True))
        self.settled(node.children[split:], replace(scope, is_conditional=True))

    def settled(self, nodes: list[Node], scope: _Scope) -> None:
        """Walk what may or may not run; a folder that it changes is unknown afterwards."""
        state, place = self.state, self.state.place
        for node in nodes:
            if node.type in {"elif_clause", "else_clause", "case_item"}:
                changed, state.place = state.place, place
                self.block([node], scope)
                state.place = state.place if state.place.folder == changed.folder else Place(is_known=False)
            else:
                self.block([node], scope)
        state.settle(place)

    def function(self, node: Node, scope: _Scope) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        mark, place = self.state.mark(), self.state.place
        if body:
            self.block([body], replace(scope, is_conditional=True))
        if name:
            self.state.define(shell_nodes.text(name), moves=self.state.place.folder != place.folder)
        self.state.back_to(mark)

    def redirected(self, node: Node, scope: _Scope) -> None:
        """Walk a statement with redirections: the grammar hangs on a whole list what belongs to its last part."""
        body = node.child_by_field_name("body")
        redirects = [child for child in node.children if child.type.endswith("redirect")]
        if body is not None:
            self.redirected_body(body, redirects, scope)
        for redirect in redirects:
            self.block(
                [child for child in redirect.children if child.type in shell_nodes.STATEMENTS | _OPERATORS.keys()],
                scope,
            )

    def redirected_body(self, body: Node, redirects: list[Node], scope: _Scope) -> None:
        quiet = replace(scope, redirects_errors=scope.redirects_errors or shell_nodes.silences_errors(redirects))
        if body.type in {"list", "pipeline"}:
            *front, last = body.children
            mark = self.state.mark()
            self.block(front, scope)
            self.redirected_body(last, redirects, scope)
            if body.type == "pipeline":
                self.state.back_to(mark)
        elif body.type == "command":
            ends = [child.end_byte for child in redirects if child.type == "file_redirect"]
            text = shell_nodes.text(body) if len(ends) < len(redirects) else shell_nodes.source(body, max(ends))
            late = tuple(word for redirect in redirects for word in shell_nodes.late_words(redirect))
            self.command(body, quiet, text=text, late=late, heredoc=shell_nodes.heredoc(redirects))
        else:
            self.statement(body, quiet)

    # --- commands -----------------------------------------------------------------------------------------------

    def command(
        self, node: Node, scope: _Scope, *, text: str, late: tuple[str, ...] = (), heredoc: Node | None = None
    ) -> None:
        redirects = [child for child in node.children if child.type == "file_redirect"]
        if shell_nodes.silences_errors(redirects):
            scope = replace(scope, redirects_errors=True)
        command = SimpleCommand(words=(*shell_nodes.words(node), *late), assignments=shell_nodes.assignments(node))
        if not self.nested(command, node, scope, heredoc):
            self.emit(command, node, scope, text=text)
        self.state.obey(command.words)

    def nested(self, command: SimpleCommand, node: Node, scope: _Scope, heredoc: Node | None) -> bool:
        """Put the commands of `bash -c "…"` in the place of the call; return whether *command* is one."""
        inner = unwrapped(command)
        if not shell_wrappers.is_shell(inner.words):
            return False
        found = shell_wrappers.script_of(inner.words)
        line = shell_nodes.line(node)
        if found is None:
            flags, operands = shell_wrappers.shell_flags(inner.words)
            if operands and "s" not in flags:
                return False
            found = (shell_nodes.text(heredoc), "e" in flags) if heredoc else None
            line = shell_nodes.line(heredoc) if heredoc else line
        if found is None or self.level >= _MOST_LEVELS or (found[0].lstrip().startswith("$")):
            self.state.is_certain = False
            return False
        script = _parse(found[0], stops_at_errors=found[1], level=self.level + 1)
        self.state.is_certain = self.state.is_certain and script.is_certain
        for part in script.commands:
            self.adopt(replace(part, ends_text=part.ends_text and self.ends_text(node)), inner, scope, line)
        return True

    def adopt(self, part: SimpleCommand, outer: SimpleCommand, scope: _Scope, line: int) -> None:
        place = self.state.place if part.folder_is_known else Place(is_known=False)
        place = place.moved(outer.folder or ".").moved(part.folder or ".") if place.is_known else place
        self.append(
            replace(
                part,
                assignments=(*outer.assignments, *part.assignments),
                before=part.before or self.pending,
                folder=place.folder,
                folder_is_known=place.is_known,
                line=part.line + line - 1,
                redirects_errors=part.redirects_errors or scope.redirects_errors,
                is_condition=part.is_condition or scope.is_condition,
                is_conditional=part.is_conditional or scope.is_conditional,
            ),
        )

    def emit(self, command: SimpleCommand, node: Node, scope: _Scope, *, text: str) -> None:
        self.append(
            replace(
                command,
                before=self.pending,
                folder=self.state.place.folder,
                folder_is_known=self.state.place.is_known,
                line=shell_nodes.line(node),
                text=text,
                redirects_errors=scope.redirects_errors,
                stops_at_errors=self.state.stops_at_errors,
                is_condition=scope.is_condition,
                is_conditional=scope.is_conditional,
                ends_text=self.ends_text(node),
            ),
        )

    def ends_text(self, node: Node) -> bool:
        return shell_failures.ends_text(node, stops_at_errors=self.state.stops_at_errors)

    def append(self, command: SimpleCommand) -> None:
        before = (command.before or ";") if self.commands else ""
        if self.commands:
            self.commands[-1] = replace(self.commands[-1], after=before)
        self.commands.append(replace(command, before=before))
        self.pending = ";"


def _parse(text: str, *, stops_at_errors: bool, level: int) -> Script:
    source = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(source) > _MOST_CHARACTERS:
        return Script(commands=(), is_certain=False)
    root = shell_nodes.root(source)
    walk = _Walk(level, ShellState(stops_at_errors))
    try:
        walk.statement(root, _Scope())
    except RecursionError:
        walk.state.is_certain = False
    if walk.commands and walk.pending == "&":
        walk.commands[-1] = replace(walk.commands[-1], after="&")
    return Script(
        commands=tuple(walk.commands),
        is_certain=walk.state.is_certain and not root.has_error,
        functions=frozenset(walk.state.functions),
    )


def _shebang_stops(text: str) -> bool:
    match = _SHEBANG.match(text.removeprefix("\ufeff"))
    words = tuple(match["call"].split()) if match else ()
    shells = [at for at, word in enumerate(words) if shell_wrappers.is_shell((word,))]
    return bool(shells) and "e" in shell_wrappers.shell_flags(words[shells[0] :])[0]
