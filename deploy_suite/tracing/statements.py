"""The syntax tree of one file into its import statements, each with when it runs."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from deploy_suite.model import syntax_tree
from deploy_suite.tracing import conditions
from deploy_suite.tracing.values import ImportKind

_CATCHING: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_DYNAMIC: Final = frozenset({"import_module", "__import__"})
_SPEC: Final = re.compile(r"(?P<module>[A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(\))?")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_NAMES_SHOWN: Final = 3


class Imported(NamedTuple):
    """One import.

    Shape: `module` is as written without the leading dots, `level` counts those; `names` are empty for a plain
    `import`. `label` is how reports show an import that is no statement.
    """

    module: str
    line: int
    kind: ImportKind
    names: tuple[str, ...] = ()
    level: int = 0
    label: str = ""

    @property
    def statement(self) -> str:
        """The import as a person would write it, without its aliases."""
        target = "." * self.level + self.module
        if self.label:
            return self.label
        if not self.names:
            return f"import {target}"
        shown = ", ".join(self.names[:_NAMES_SHOWN])
        return f"from {target} import {shown}{', …' if len(self.names) > _NAMES_SHOWN else ''}"


@dataclass(slots=True)
class Reader:
    """Reads the statements of one file for one target."""

    version: tuple[int, int]
    is_program: bool = False
    has_dynamic: bool = True
    is_django: bool = False
    eager_functions: frozenset[str] = frozenset()
    found: list[Imported] = field(default_factory=list)

    def read(self, body: Sequence[ast.stmt], kind: ImportKind) -> None:
        """Collect the imports in *body*, which runs as *kind* says."""
        for statement in body:
            self._statement(statement, kind)

    def _statement(self, node: ast.stmt, kind: ImportKind) -> None:
        match node:
            case ast.Import():
                self.found += [Imported(module=alias.name, line=node.lineno, kind=kind) for alias in node.names]
            case ast.ImportFrom():
                self._from(node, kind)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._expressions((*node.decorator_list, *node.args.defaults), kind)
                runs = kind if node.name in self.eager_functions else max(kind, ImportKind.DEFERRED)
                self.read(node.body, runs)
            case ast.ClassDef():
                self._expressions((*node.decorator_list, *node.bases), kind)
                self.read(node.body, kind)
            case ast.If():
                self._if(node, kind)
            case ast.Try() | ast.TryStar():
                self._try(node, kind)
            case ast.With() | ast.AsyncWith():
                inner = max(kind, ImportKind.GUARDED) if any(_suppresses(item) for item in node.items) else kind
                self._expressions([item.context_expr for item in node.items], kind)
                self.read(node.body, inner)
            case ast.For() | ast.AsyncFor() | ast.While():
                self.read(node.body, max(kind, ImportKind.CONDITIONAL))
                self.read(node.orelse, max(kind, ImportKind.CONDITIONAL))
            case ast.Match():
                for branch in node.cases:
                    self.read(branch.body, max(kind, ImportKind.CONDITIONAL))
            case _:
                self._expressions((node,), kind)

    def _from(self, node: ast.ImportFrom, kind: ImportKind) -> None:
        names = tuple(alias.name for alias in node.names)
        self.found.append(
            Imported(module=node.module or "", names=names, level=node.level, line=node.lineno, kind=kind),
        )

    def _if(self, node: ast.If, kind: ImportKind) -> None:
        self._expressions((node.test,), kind)
        if conditions.is_typing_only(node.test):
            self.read(node.body, ImportKind.TYPING)
            self.read(node.orelse, kind)
            return
        value = conditions.value(node.test, self.version, is_program=self.is_program)
        either = max(kind, ImportKind.CONDITIONAL) if value is None else kind
        if value is not False:
            self.read(node.body, either)
        if value is not True:
            self.read(node.orelse, either)

    def _try(self, node: ast.Try | ast.TryStar, kind: ImportKind) -> None:
        """Only the body is guarded, and not when the handler gives up; the handler runs only if the body failed."""
        is_guarded = any(catches(handler) and not gives_up(handler.body) for handler in node.handlers)
        self.read(node.body, max(kind, ImportKind.GUARDED) if is_guarded else kind)
        for handler in node.handlers:
            self.read(handler.body, max(kind, ImportKind.CONDITIONAL))
        self.read(node.orelse, max(kind, ImportKind.GUARDED) if is_guarded else kind)
        self.read(node.finalbody, kind)

    def _expressions(self, nodes: Sequence[ast.AST], kind: ImportKind) -> None:
        if self.has_dynamic:
            for node in nodes:
                self.found += _dynamic(node, kind, is_django=self.is_django)


def _dynamic(node: ast.AST, kind: ImportKind, *, is_django: bool) -> Iterator[Imported]:
    """Return the imports by a literal name in an expression, and what a server in the program is given to import."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = syntax_tree.last_name(call.func)
        given = call.args[0]
        if name == "include" and isinstance(given, ast.Tuple) and given.elts:
            given = given.elts[0]
        text = syntax_tree.text_of(given)
        if text is None:
            continue
        if name in _DYNAMIC and text.strip("."):
            module = text.lstrip(".")
            label = f'{name}("{text}")'
            yield Imported(module=module, level=len(text) - len(module), line=call.lineno, kind=kind, label=label)
        elif name == "include" and is_django and _DOTTED.fullmatch(text):
            yield Imported(module=text, line=call.lineno, kind=kind, label=f'include("{text}")')
        elif name == "run" and (spec := _SPEC.fullmatch(text)):
            yield Imported(module=spec["module"], line=call.lineno, kind=kind, label=f'run("{text}")')


def catches(handler: ast.ExceptHandler) -> bool:
    """Whether *handler* is met by an import that fails."""
    return bool(syntax_tree.caught(handler) & _CATCHING)


def gives_up(body: Sequence[ast.stmt]) -> bool:
    """Whether *body* ends in a raise or in the end of the program."""
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    is_call = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
    return is_call and ast.unparse(last).split("(")[0] in {"sys.exit", "exit", "quit", "os._exit"}


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("suppress"):
        return False
    return any(getattr(part, "id", "") in _CATCHING for part in call.args)
