"""The statements of one file into the variables that it cannot do without, each with when it asks."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy_suite.model import syntax_tree
from deploy_suite.model.location import Location
from deploy_suite.model.syntax_tree import text_of
from deploy_suite.tracing import conditions
from deploy_suite.tracing.statements import gives_up
from deploy_suite.tracing.values import ImportKind
from deploy_suite.tracing.variables.calls import Asked, asked
from deploy_suite.tracing.variables.origins import Names
from deploy_suite.tracing.variables.values import FileReads, Making, VariableRead

_ONLY_IMPORTS: Final = frozenset({"ImportError", "ModuleNotFoundError"})
# What may hold a value: NAME, config["NAME"], self.name
_PLACES: Final = (ast.Name, ast.Subscript, ast.Attribute)
_SETTING: Final = frozenset({"os.environ.setdefault", "os.putenv"})


@dataclass(slots=True, kw_only=True)
class FileReader:
    """Reads one file. Shape: *eager_functions* are those that run with the module; `found` is filled by `read`."""

    file: str
    names: Names
    version: tuple[int, int]
    is_program: bool
    eager_functions: frozenset[str]
    found: FileReads = field(default_factory=FileReads)
    _held: dict[str, tuple[Asked, int]] = field(default_factory=dict)
    _prefix: str = ""

    def read(self, body: Sequence[ast.stmt], kind: ImportKind) -> None:
        """Collect what *body* asks for; it runs as *kind* says."""
        for node in body:
            self._statement(node, kind)
            if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While) and _returns(node):
                kind = max(kind, ImportKind.CONDITIONAL)

    def _statement(self, node: ast.stmt, kind: ImportKind) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._all((*node.decorator_list, *node.args.defaults), kind)
                runs = kind if node.name in self.eager_functions else max(kind, ImportKind.DEFERRED)
                self.read(node.body, runs)
            case ast.ClassDef():
                self._all((*node.decorator_list, *node.bases), kind)
                self.read(node.body, kind)
            case ast.If():
                self._if(node, kind)
            case ast.Try() | ast.TryStar():
                self._try(node, kind)
            case ast.With() | ast.AsyncWith():
                self._with(node, kind)
            case ast.For() | ast.AsyncFor():
                self._expression(node.iter, kind)
                self.read([*node.body, *node.orelse], max(kind, ImportKind.CONDITIONAL))
            case ast.While():
                self._expression(node.test, kind)
                self.read([*node.body, *node.orelse], max(kind, ImportKind.CONDITIONAL))
            case ast.Match():
                self._expression(node.subject, kind)
                for branch in node.cases:
                    self.read(branch.body, max(kind, ImportKind.CONDITIONAL))
            case ast.Assert():
                self._expression(node.test, kind)
                self._demand(_denied(ast.UnaryOp(ast.Not(), node.test)), kind)
            case _:
                self._assigned(node)
                self._all(tuple(ast.iter_child_nodes(node)), kind)

    def _assigned(self, node: ast.stmt) -> None:
        """Take note of what is put into the environment, and of what a name holds of it."""
        for target, value in syntax_tree.assignments(node):
            if isinstance(target, ast.Subscript) and self.names.dotted(target.value) == "os.environ":
                self.found.given |= set(filter(None, [text_of(target.slice)]))
            elif isinstance(target, _PLACES):
                place = ast.unparse(target)
                self._held.pop(place, None)
                held = asked(value, self.names, prefix=self._prefix)
                if held and held.is_bare:
                    self._held[place] = (held, node.lineno)

    def _if(self, node: ast.If, kind: ImportKind) -> None:
        self._expression(node.test, kind)
        if gives_up(node.body) and not node.orelse:
            self._demand(_denied(node.test), kind)
        value = conditions.value(node.test, self.version, is_program=self.is_program)
        either = max(kind, ImportKind.CONDITIONAL) if value is None else kind
        if conditions.is_typing_only(node.test):
            either = ImportKind.TYPING
        if value is not False:
            self.read(node.body, either)
        if value is not True:
            self.read(node.orelse, either)

    def _demand(self, tests: Sequence[ast.expr], kind: ImportKind) -> None:
        """Note what must not be empty, or else the module gives up."""
        for test in tests:
            held = self._held.get(ast.unparse(test)) if isinstance(test, _PLACES) else None
            found = held[0] if held else asked(test, self.names, prefix=self._prefix)
            if found and (found.is_bare or (isinstance(test, ast.Subscript) and not held)):
                self._note(found, held[1] if held else getattr(test, "lineno", 0), kind)

    def _try(self, node: ast.Try | ast.TryStar, kind: ImportKind) -> None:
        others = (one for one in node.handlers if not syntax_tree.caught(one) <= _ONLY_IMPORTS)
        is_guarded = any(not gives_up(one.body) for one in others)
        self.read(node.body, max(kind, ImportKind.GUARDED) if is_guarded else kind)
        for handler in node.handlers:
            self.read(handler.body, max(kind, ImportKind.CONDITIONAL))
        self.read(node.orelse, max(kind, ImportKind.GUARDED) if is_guarded else kind)
        self.read(node.finalbody, kind)

    def _with(self, node: ast.With | ast.AsyncWith, kind: ImportKind) -> None:
        before = self._prefix
        for item in node.items:
            self._expression(item.context_expr, kind)
            call = item.context_expr
            if isinstance(call, ast.Call) and self.names.dotted(call.func).endswith(".prefixed") and call.args:
                self._prefix += text_of(call.args[0]) or "\0"
            elif isinstance(call, ast.Call) and ast.unparse(call.func).endswith("suppress"):
                kind = max(kind, ImportKind.GUARDED)
        self.read(node.body, kind)
        self._prefix = before

    def _all(self, nodes: Sequence[ast.AST], kind: ImportKind) -> None:
        for node in nodes:
            self._expression(node, kind)

    def _expression(self, node: ast.AST, kind: ImportKind) -> None:
        """Collect what an expression asks for; parts of it that may not be evaluated are conditional."""
        pending = [(node, kind)]
        while pending:
            one, runs = pending.pop()
            found = asked(one, self.names, prefix=self._prefix)
            if found and found.is_required:
                self._note(found, getattr(one, "lineno", 0), runs)
            if isinstance(one, ast.Call):
                self._call(one, runs)
            pending += _parts(one, runs)

    def _call(self, node: ast.Call, kind: ImportKind) -> None:
        name = syntax_tree.last_name(node.func)
        given = frozenset(keyword.arg or "**" for keyword in node.keywords)
        self.found.makings.append(Making(name, kind, given))
        if isinstance(node.func, ast.Name) and kind is ImportKind.EAGER:
            self.found.called.add(name)
        self._handed_over(node)
        dotted = self.names.dotted(node.func)
        if dotted in _SETTING and node.args and (text := text_of(node.args[0])):
            self.found.given.add(text)
        elif dotted == "os.environ.update":
            self.found.given |= given | {text for arg in node.args for text in _keys(arg)}

    def _handed_over(self, call: ast.Call) -> None:
        """Forget what is held within an object that *call* may change."""
        own = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        changed = {ast.unparse(one) for one in (*own, *call.args) if isinstance(one, _PLACES)}
        within = [place for place in self._held if any(place.startswith((f"{one}[", f"{one}.")) for one in changed)]
        for place in within:
            del self._held[place]

    def _note(self, found: Asked, line: int, kind: ImportKind) -> None:
        if "\0" not in found.name:
            location = Location(self.file, line)
            self.found.required.append(VariableRead(names=(found.name,), location=location, kind=kind, way=found.way))


def _parts(node: ast.AST, kind: ImportKind) -> Iterator[tuple[ast.AST, ImportKind]]:
    """Yield the parts of an expression, each with when it is evaluated."""
    perhaps = max(kind, ImportKind.CONDITIONAL)
    match node:
        case ast.BoolOp(values=[first, *rest]):
            yield first, kind
            yield from ((one, perhaps) for one in rest)
        case ast.IfExp():
            yield node.test, kind
            yield from ((node.body, perhaps), (node.orelse, perhaps))
        case ast.Lambda():
            yield node.body, max(kind, ImportKind.DEFERRED)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for number, part in enumerate(ast.iter_child_nodes(node)):
                yield part, perhaps if number or not isinstance(part, ast.comprehension) else kind
        case _:
            yield from ((part, kind) for part in ast.iter_child_nodes(node) if not isinstance(part, ast.stmt))


def _denied(test: ast.expr) -> list[ast.expr]:
    """Return what is empty where *test* is true: `not X`, `X is None`, `"X" not in os.environ`, one of several."""
    match test:
        case ast.BoolOp(op=ast.Or()):
            return [part for value in test.values for part in _denied(value)]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _affirmed(inner)
        case ast.Compare(ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
            return [test.left]
        case ast.Compare(ops=[ast.NotIn()]):
            return [_looked_up(test)]
        case _:
            return []


def _affirmed(test: ast.expr) -> list[ast.expr]:
    """Return what must not be empty for *test* to be true."""
    match test:
        case ast.BoolOp(op=ast.And()):
            return [part for value in test.values for part in _affirmed(value)]
        case ast.Call(func=ast.Name(id="all"), args=[ast.List() | ast.Tuple() as listed]):
            return listed.elts
        case ast.Compare(ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
            return [test.left]
        case ast.Compare(ops=[ast.In()]):
            return [_looked_up(test)]
        case ast.Name() | ast.Call() | ast.Subscript() | ast.Attribute():
            return [test]
        case _:
            return []


def _looked_up(test: ast.Compare) -> ast.expr:
    """Return `X in os.environ` as `os.environ[X]`."""
    return ast.copy_location(ast.Subscript(test.comparators[0], test.left, ast.Load()), test)


def _returns(node: ast.stmt) -> bool:
    return any(isinstance(one, ast.Return) for one in ast.walk(node))


def _keys(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        yield from filter(None, (text_of(key) for key in node.keys if key))
