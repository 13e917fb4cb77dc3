"""Shell text into the simple commands in it, with how they hang together."""

import itertools
import re
from dataclasses import dataclass, field, replace
from typing import Final

from tree_sitter import Node

from deploy_suite.manifests import shell_nodes, shell_wrappers
from deploy_suite.manifests.shell_place import Place

_MOST_CHARACTERS: Final = 500_000
_MOST_LEVELS: Final = 5
_OPERATORS: Final = {"&&": "&&", "||": "||", "|": "|", "|&": "|", "&": "&", ";": ";"}
_SHEBANG: Final = re.compile(r"#!\s*(?P<call>[^\n]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleCommand:
    """One program call.

    Shape: `words` are unquoted; a variable stays as written ("$PORT", "${PORT:-8000}"). `before` is the operator
    between the previous command and this one ("&&", "||", ";", "|", "&", "" for the first); `after` the one that
    follows. `folder` is where a chain of literal `cd`s before it leads, relative to the start, "" for the start
    itself, absolute where a `cd` is; it says nothing where `folder_is_known` is false (`cd "$X"`).
    `line` counts from 1 within the text; `text` is the source of this command.
    `redirects_errors` says that its standard error goes to /dev/null.
    `stops_at_errors` says that `set -e` is in force where it stands; `is_condition` that its failure is only looked at
    (`if`, `while`, `!`); `is_conditional` that it runs in some cases only (branches, loops, functions).
    `export A=b` has the words ("export", "A=b") and the assignment too; `[ … ]` and `[[ … ]]` are commands.
    """

    words: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...] = ()
    before: str = ""
    after: str = ""
    folder: str = ""
    line: int = 1
    text: str = ""
    redirects_errors: bool = False
    folder_is_known: bool = True
    stops_at_errors: bool = False
    is_condition: bool = False
    is_conditional: bool = False

    @property
    def program(self) -> str:
        """The first word, "" for a bare assignment."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A parsed text.

    Shape: `commands` in the order of the text; those of `bash -c "…"` (in place of the call), `sh -c`, subshells,
    `{ …; }`, `if`, loops and functions included, with their own lines where these are known; those of `$(…)` are not.
    `stops_at_errors` tells whether `set -e` (`-o errexit`, a `#!/bin/bash -e` line) is in force at the end.
    `is_certain` is false where the text has parts that cannot be read without running it (eval, sourced files,
    programs named by a variable, syntax errors). `functions` are the names that the text defines itself.
    """

    commands: tuple[SimpleCommand, ...]
    stops_at_errors: bool = False
    is_certain: bool = True
    functions: frozenset[str] = frozenset()


def parse(text: str) -> Script:
    """Return the commands in *text*; never raises."""
    return _parse(text, stops_at_errors=_shebang_stops(text), level=0)


def unwrapped(command: SimpleCommand) -> SimpleCommand:
    """Return what *command* runs in the end.

    Without `exec`, `env A=b`, `nohup`, `time`, `poetry run`, `pipenv run`, `uv run` and their like, and without
    `python -m`: the module then is the program, as in `python -m gunicorn …`.
    """
    inner = shell_wrappers.unwrapped(shell_wrappers.Call(command.words, command.assignments))
    place = Place(command.folder, is_known=command.folder_is_known)
    for folder in inner.folders:
        place = place.moved(folder)
    return replace(
        command,
        words=inner.words,
        assignments=inner.assignments,
        folder=place.folder,
        folder_is_known=place.is_known,
    )


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
    stops_at_errors: bool
    place: Place = field(default_factory=Place)
    pending: str = ""
    is_certain: bool = True
    commands: list[SimpleCommand] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    moving_functions: set[str] = field(default_factory=set)

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
                self.is_certain = False
                self.block(node.children, scope)
            case _:
                pass

    def apart(self, nodes: list[Node], scope: _Scope) -> None:
        """Walk what runs in a shell of its own: its `cd` and `set` end with it."""
        place, stops = self.place, self.stops_at_errors
        self.block(nodes, scope)
        self.place, self.stops_at_errors = place, stops

    def branching(self, node: Node, scope: _Scope) -> None:
        """Walk the condition up to `then` or `do`, then the branches."""
        types = [child.type for child in node.children]
        split = next((types.index(word) for word in ("then", "do_group") if word in types), len(types))
        self.block(node.children[:split], replace(scope, is_condition=True))
        self.settled(node.children[split:], replace(scope, is_conditional=True))

    def settled(self, nodes: list[Node], scope: _Scope) -> None:
        """Walk what may or may not run; a folder that it changes is unknown afterwards."""
        place = self.place
        for node in nodes:
            if node.type in {"elif_clause", "else_clause", "case_item"}:
                changed, self.place = self.place, place
                self.block([node], scope)
                self.place = self.place if self.place.folder == changed.folder else Place(is_known=False)
            else:
                self.block([node], scope)
        if self.place.folder != place.folder or self.place.is_known != place.is_known:
            self.place = Place(is_known=False)

    def function(self, node: Node, scope: _Scope) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        place, stops = self.place, self.stops_at_errors
        if body:
            self.block([body], replace(scope, is_conditional=True))
        if name:
            self.functions.add(shell_nodes.text(name))
            if self.place.folder != place.folder:
                self.moving_functions.add(shell_nodes.text(name))
        self.place, self.stops_at_errors = place, stops

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
            before = self.place, self.stops_at_errors
            self.block(front, scope)
            self.redirected_body(last, redirects, scope)
            if body.type == "pipeline":
                self.place, self.stops_at_errors = before
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
        self.obey(command)

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
            self.is_certain = False
            return False
        script = _parse(found[0], stops_at_errors=found[1], level=self.level + 1)
        self.is_certain = self.is_certain and script.is_certain
        for part in script.commands:
            self.adopt(part, inner, scope, line)
        return True

    def adopt(self, part: SimpleCommand, outer: SimpleCommand, scope: _Scope, line: int) -> None:
        place = self.place if part.folder_is_known else Place(is_known=False)
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
                folder=self.place.folder,
                folder_is_known=self.place.is_known,
                line=shell_nodes.line(node),
                text=text,
                redirects_errors=scope.redirects_errors,
                stops_at_errors=self.stops_at_errors,
                is_condition=scope.is_condition,
                is_conditional=scope.is_conditional,
            ),
        )

    def append(self, command: SimpleCommand) -> None:
        before = (command.before or ";") if self.commands else ""
        if self.commands:
            self.commands[-1] = replace(self.commands[-1], after=before)
        self.commands.append(replace(command, before=before))
        self.pending = ";"

    def obey(self, command: SimpleCommand) -> None:
        """Follow what *command* does to the shell itself."""
        program, *operands = command.words or ("",)
        match program:
            case "cd" | "pushd":
                targets = [word for word in operands if word == "-" or not word.startswith("-")]
                self.place = self.place.moved(targets[0] if targets else "")
            case "popd":
                self.place = self.place.moved("-")
            case "set":
                self.set_options(command.words)
            case "eval":
                self.is_certain = False
            case "source" | ".":
                self.is_certain = self.is_certain and bool(operands) and operands[0].endswith("bin/activate")
            case _ if program in self.moving_functions:
                self.place = Place(is_known=False)
            case _ if program.startswith(("$", "`")):
                self.is_certain = False
            case _:
                pass

    def set_options(self, words: tuple[str, ...]) -> None:
        for word, following in itertools.pairwise((*words[1:], "")):
            if word in {"--", "-"}:
                break
            is_errexit = "e" in word[1:] if not word.endswith("o") else "e" in word[1:] or following == "errexit"
            if word.startswith("-") and is_errexit:
                self.stops_at_errors = True
            elif word.startswith("+") and is_errexit:
                self.stops_at_errors = False


def _parse(text: str, *, stops_at_errors: bool, level: int) -> Script:
    source = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(source) > _MOST_CHARACTERS:
        return Script(commands=(), stops_at_errors=stops_at_errors, is_certain=False)
    root = shell_nodes.root(source)
    walk = _Walk(level, stops_at_errors)
    try:
        walk.statement(root, _Scope())
    except RecursionError:
        walk.is_certain = False
    if walk.commands and walk.pending == "&":
        walk.commands[-1] = replace(walk.commands[-1], after="&")
    return Script(
        commands=tuple(walk.commands),
        stops_at_errors=walk.stops_at_errors,
        is_certain=walk.is_certain and not root.has_error,
        functions=frozenset(walk.functions),
    )


def _shebang_stops(text: str) -> bool:
    match = _SHEBANG.match(text.removeprefix("\ufeff"))
    words = tuple(match["call"].split()) if match else ()
    shells = [at for at, word in enumerate(words) if shell_wrappers.is_shell((word,))]
    return bool(shells) and "e" in shell_wrappers.shell_flags(words[shells[0] :])[0]
