"""Application factories: what the function that makes the application imports counts as run at start.

Of a program, what its main function certainly calls counts too.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing import bindings, conditions
from deploy_suite.tracing.layout import Module
from deploy_suite.tracing.statements import Reader, catches, gives_up
from deploy_suite.tracing.values import ImportKind
from deploy_suite.tracing.walk import Step, Walk

_DEEP: Final = 6


def follow(walk: Walk, entry: EntryPoint) -> None:
    """Follow the factory that *entry* names, or the calls whose value is the application."""
    own = {entry.module} if entry.attribute else {"__main__"}
    module = next((m for m in walk.modules.values() if m.name in own), None)
    source = walk.read.get(module.file) if module else None
    if module is None or source is None or source.tree is None:
        return
    if entry.is_factory:
        _call(walk, module, name=entry.attribute, deep=_DEEP)
        return
    if not entry.attribute:
        for name in bindings.called(tuple(_main(source.tree, walk.finder.version))):
            _call(walk, module, name=name, deep=_DEEP, is_program=True)
    made = bindings.value(source.tree, entry.attribute) if entry.attribute else None
    for name in bindings.called(_at_margin(source.tree, made)):
        _call(walk, module, name=name, deep=_DEEP)
    if made is None and entry.attribute and (origin := _origin(walk, module, name=entry.attribute)) is not None:
        _made_elsewhere(walk, *origin)


def _at_margin(tree: ast.Module, made: ast.expr | None) -> list[ast.AST]:
    """Return what the module certainly evaluates: the application, and calls alone or assigned."""
    values = [node.value for node in tree.body if isinstance(node, ast.Expr | ast.Assign)]
    calls = [value for value in values if isinstance(value, ast.Call)]
    return [*([made] if made is not None else []), *calls]


def _main(tree: ast.Module, version: tuple[int, int]) -> Iterator[ast.AST]:
    """Yield what certainly runs below `if __name__ == "__main__"`."""
    for node in tree.body:
        if isinstance(node, ast.If) and conditions.is_main(node.test):
            yield from _certain(node.body, version)


def _certain(body: Sequence[ast.stmt], version: tuple[int, int]) -> Iterator[ast.AST]:
    """Yield the parts of *body* that run whenever it does, up to where it may end early and well."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.For() | ast.While() | ast.Match():
                continue
            case ast.If():
                value = conditions.value(node.test, version, is_program=True)
                if value is not None:
                    yield from _certain(node.body if value else node.orelse, version)
                elif any(isinstance(inner, ast.Return) for inner in ast.walk(node)):
                    return
            case ast.Try():
                if not any(catches(handler) and not gives_up(handler.body) for handler in node.handlers):
                    yield from _certain(node.body, version)
                yield from _certain(node.finalbody, version)
            case ast.With() | ast.AsyncWith():
                yield from (item.context_expr for item in node.items)
                yield from _certain(node.body, version)
            case _:
                yield node


def _made_elsewhere(walk: Walk, module: Module, name: str) -> None:
    source = walk.read.get(module.file)
    made = bindings.value(source.tree, name) if source and source.tree else None
    for called in bindings.called([made]) if made is not None else ():
        _call(walk, module, name=called, deep=_DEEP)


def _call(walk: Walk, module: Module, *, name: str, deep: int, is_program: bool = False) -> None:
    """Run the imports in the body of the function *name*, and in the functions that it calls.

    A function that makes an application is taken to call all that stands in it; a *program* may do one thing of many.
    """
    source = walk.read.get(module.file)
    if not deep or source is None or source.tree is None:
        return
    function = bindings.function(source.tree, name)
    if function is None:
        origin = _origin(walk, module, name=name)
        if origin is not None:
            _call(walk, origin[0], name=origin[1], deep=deep - 1, is_program=is_program)
        return
    reader = Reader(version=walk.finder.version)
    reader.read(function.body, ImportKind.EAGER)
    for imported in reader.found:
        walk.drive(walk.take(Step(module, imported, walk.chains[module.file])))
    for called in bindings.called(tuple(_certain(function.body, walk.finder.version)) if is_program else function.body):
        if called != name:
            _call(walk, module, name=called, deep=deep - 1, is_program=is_program)


def _origin(walk: Walk, module: Module, *, name: str) -> tuple[Module, str] | None:
    """Return the project's module from which *module* imports *name*, and the name there."""
    source = walk.read.get(module.file)
    for node in ast.walk(source.tree) if source and source.tree else ():
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                found = _module(walk, node, module)
                return (found, alias.name) if found is not None and found is not module else None
    return None


def _module(walk: Walk, node: ast.ImportFrom, module: Module) -> Module | None:
    parts = module.package.split(".") if module.package else []
    base = parts[: len(parts) - node.level + 1] if node.level else []
    dotted = ".".join([*base, *filter(None, [node.module])])
    return next((found for found in walk.modules.values() if found.name == dotted), None)
