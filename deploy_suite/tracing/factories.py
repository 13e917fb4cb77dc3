"""Application factories: what the function that makes the application imports counts as run at start."""

import ast
from typing import Final

from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing import bindings
from deploy_suite.tracing.layout import Module
from deploy_suite.tracing.statements import Reader
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


def _made_elsewhere(walk: Walk, module: Module, name: str) -> None:
    source = walk.read.get(module.file)
    made = bindings.value(source.tree, name) if source and source.tree else None
    for called in bindings.called([made]) if made is not None else ():
        _call(walk, module, name=called, deep=_DEEP)


def _call(walk: Walk, module: Module, *, name: str, deep: int) -> None:
    """Run the imports in the body of the function *name*, and in the functions that it calls."""
    source = walk.read.get(module.file)
    if not deep or source is None or source.tree is None:
        return
    function = bindings.function(source.tree, name)
    if function is None:
        origin = _origin(walk, module, name=name)
        if origin is not None:
            _call(walk, origin[0], name=origin[1], deep=deep - 1)
        return
    reader = Reader(version=walk.version)
    reader.read(function.body, ImportKind.EAGER)
    for imported in reader.found:
        walk.drive(walk.take(Step(module, imported, walk.chains[module.file])))
    for called in bindings.called(function.body):
        if called != name:
            _call(walk, module, name=called, deep=deep - 1)


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
