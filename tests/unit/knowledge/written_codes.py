"""The sources of the suite → the codes that its findings may carry, each as far as the text tells it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SUITE = Path(__file__).parents[3] / "deploy_suite"
# These keep codes of other kinds: of processes, and of a route's source.
NO_CODES_OF_FINDINGS = {"Completed", "BuildFailure", "Exit", "FoundService", "_second_opinion"}
GIVEN_ON = {"code", "warning", "slug", "family"}
_DEEPEST = 8


@dataclass(frozen=True)
class Code:
    """What a finding may carry: its text, or the beginning of one; `text` is None where it cannot be told."""

    text: str | None
    place: str


@dataclass
class Module:
    """One source, and those it was written with."""

    path: Path
    tree: ast.Module
    others: "Mapping[str, Module]" = field(repr=False)
    followed: set[tuple[str, str]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The dotted name."""
        parts = self.path.relative_to(SUITE.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def codes(self) -> Iterator[Code]:
        """Yield what each `code=` of the module may be, and each default of a field of that name."""
        for scope in (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                given = next((word.value for word in call.keywords if word.arg in {"code", "warning"}), None)
                if given is not None and ast.unparse(call.func) not in NO_CODES_OF_FINDINGS:
                    yield from (Code(text, f"{self.name}:{call.lineno}") for text in self.texts(given, scope))
        for kind in (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)):
            for node in kind.body:
                match node:
                    case ast.AnnAssign(target=ast.Name(id="code"), value=ast.Name() as value):
                        yield from (Code(text, f"{self.name}:{node.lineno}") for text in self.texts(value, self.tree))
                    case _:
                        pass

    def texts(self, node: ast.expr, scope: ast.AST, deep: int = _DEEPEST) -> Iterator[str | None]:
        """Yield what *node* may be in *scope*; None for what this cannot tell, nothing for what another code gives."""
        if not deep:
            yield None
            return
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                yield text
            case ast.JoinedStr(values=[ast.FormattedValue(value=first), *rest]):
                yield from self._composed(first, rest, scope, deep)
            case ast.IfExp():
                for part in (node.body, node.orelse):
                    yield from self.texts(part, scope, deep - 1)
            case ast.Name(id=name):
                yield from self._named(name, scope, deep - 1)
            case ast.Attribute(attr=name) if name in GIVEN_ON:
                return
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                yield from self._elsewhere(module, name, deep - 1)
            case ast.Subscript(value=ast.Subscript() | ast.Name() as table):
                yield from self._of_table(table, scope, deep - 1)
            case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="get"), args=[_, default]):
                yield from self._of_table(table, scope, deep - 1)
                yield from self.texts(default, scope, deep - 1)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="sub")):
                return  # another cause's slug, of which one word is another
            case ast.Call(func=ast.Attribute(attr="masked"), args=[given]):
                yield from self.texts(given, scope, deep - 1)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
                yield from self._elsewhere(module, name, deep - 1)
            case ast.Call(
                func=ast.Name(id="next"), args=[ast.GeneratorExp(generators=[ast.comprehension(iter=several)]), default]
            ):
                yield from self._of_table(several, scope, deep - 1)
                yield from self.texts(default, scope, deep - 1)
            case ast.Call(func=ast.Name(id=name)):
                yield from self._returned(name, 0, deep - 1)
            case _:
                yield None

    def _composed(self, first: ast.expr, rest: list[ast.expr], scope: ast.AST, deep: int) -> Iterator[str | None]:
        tail = next((str(part.value) for part in rest if isinstance(part, ast.Constant)), "")
        for text in self.texts(first, scope, deep - 1):
            yield None if text is None else f"{text}{tail}"

    def _named(self, name: str, scope: ast.AST, deep: int) -> Iterator[str | None]:
        """Yield what the local, the parameter, the constant or the import *name* may be."""
        for where in dict.fromkeys((scope, self.tree)):
            found = list(_assigned(name, where))
            for value, index in found:
                if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and index >= 0:
                    yield from self._returned(value.func.id, index, deep)
                else:
                    yield from self.texts(_part(value, index), where, deep)
            is_parameter = isinstance(where, ast.FunctionDef) and name in _parameters(where)
            if isinstance(where, ast.FunctionDef) and is_parameter and (where.name, name) not in self.followed:
                self.followed.add((where.name, name))
                yield from self._handed(where, name, deep)
                self.followed.discard((where.name, name))
            if found or is_parameter:
                return
        yield from self._imported(name, deep)

    def _handed(self, function: ast.FunctionDef, name: str, deep: int) -> Iterator[str | None]:
        """Yield what callers give as the parameter *name*; what is given as `code=` is collected as such."""
        parameters = [one for one in _parameters(function) if one != "self"]
        for scope in (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                if ast.unparse(call.func).rpartition(".")[2] != function.name:
                    continue
                given = {word.arg: word.value for word in call.keywords}
                given |= dict(zip(parameters, call.args, strict=False))
                if name in given and (name != "code" or not any(word.arg == "code" for word in call.keywords)):
                    yield from self.texts(given[name], scope, deep)

    def _imported(self, name: str, deep: int) -> Iterator[str | None]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and name in {alias.asname or alias.name for alias in node.names}:
                module = self.others.get(node.module or "")
                yield from module._of_own(name, deep) if module else [None]
                return
        yield None

    def _elsewhere(self, module: str, name: str, deep: int) -> Iterator[str | None]:
        found = next((one for full, one in self.others.items() if full.endswith(f".{module}")), None)
        yield from found._of_own(name, deep) if found else [None]

    def _of_own(self, name: str, deep: int) -> Iterator[str | None]:
        """Yield what the module's constant *name* is, or its function of that name returns."""
        if any(isinstance(node, ast.FunctionDef) and node.name == name for node in self.tree.body):
            yield from self._returned(name, 0, deep)
        else:
            yield from self._named(name, self.tree, deep)

    def _of_table(self, table: ast.expr, scope: ast.AST, deep: int) -> Iterator[str | None]:
        """Yield the values of a mapping, of tuples their first."""
        match table:
            case ast.Subscript(value=ast.Name() as whole):
                yield from self._of_table(whole, scope, deep)
            case ast.Name(id=name):
                for value, _ in _assigned(name, self.tree):
                    values = value.values if isinstance(value, ast.Dict) else getattr(value, "elts", [value])
                    for each in values:
                        yield from self.texts(_part(each, 0), scope, deep)
            case _:
                yield None

    def _returned(self, name: str, index: int, deep: int) -> Iterator[str | None]:
        """Yield what the function *name* returns or yields, of tuples what stands at *index*."""
        function = next(
            (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef) and node.name == name), None
        )
        if function is None:
            yield from self._imported(name, deep)
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                yield from self.texts(_part(node.value, index), function, deep)


def _part(node: ast.expr, index: int) -> ast.expr:
    return node.elts[index] if isinstance(node, ast.Tuple) and index >= 0 else node


def _parameters(function: ast.FunctionDef) -> list[str]:
    given = function.args
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def _assigned(name: str, scope: ast.AST) -> Iterator[tuple[ast.expr, int]]:
    """Yield what is assigned to *name* in *scope*, and where *name* stands in what is taken apart, -1 alone."""
    for child in ast.walk(scope):
        match child:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value, -1
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value, -1
            case ast.NamedExpr(target=ast.Name(id=found), value=value) if found == name:
                yield value, -1
            case (
                ast.Assign(targets=[ast.Tuple(elts=parts)], value=value)
                | ast.For(target=ast.Tuple(elts=parts), iter=value)
            ) if name in (names := [getattr(part, "id", "") for part in parts]):
                yield value, names.index(name)


def written() -> tuple[Code, ...]:
    """Return the codes of all findings that the suite makes by itself; those of rows need no proof."""
    modules: dict[str, Module] = {}
    for path in sorted(SUITE.rglob("*.py")):
        module = Module(path, ast.parse(path.read_text(encoding="utf-8")), modules)
        modules[module.name] = module
    return tuple(code for name, module in modules.items() if ".knowledge." not in name for code in module.codes())
