"""Python source into the web applications that it makes, read without running it."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.model import syntax_tree
from deploy_suite.model.project import EntryPoint, Framework
from deploy_suite.project import module_files

_FOLLOWED: Final = 4
# Servers of ASGI call a factory without arguments; those of WSGI take a call with them.
_CALLED_BARE: Final = frozenset({Framework.FASTAPI, Framework.STARLETTE})

MAKERS: Final = {
    "fastapi.FastAPI": Framework.FASTAPI,
    "fastapi.applications.FastAPI": Framework.FASTAPI,
    "starlette.applications.Starlette": Framework.STARLETTE,
    "flask.Flask": Framework.FLASK,
    "apiflask.APIFlask": Framework.FLASK,
    "flask_openapi3.OpenAPI": Framework.FLASK,
    "django.core.wsgi.get_wsgi_application": Framework.DJANGO,
    "django.core.asgi.get_asgi_application": Framework.DJANGO,
    "channels.routing.ProtocolTypeRouter": Framework.DJANGO,
    "quart.Quart": Framework.OTHER,
    "sanic.Sanic": Framework.OTHER,
    "litestar.Litestar": Framework.OTHER,
    "litestar.app.Litestar": Framework.OTHER,
    "bottle.Bottle": Framework.OTHER,
    "falcon.App": Framework.OTHER,
    "falcon.asgi.App": Framework.OTHER,
    "connexion.FlaskApp": Framework.OTHER,
    "connexion.AsyncApp": Framework.OTHER,
    "robyn.Robyn": Framework.OTHER,
}
_DASHES: Final = frozenset({"dash.Dash", "dash.dash.Dash"})  # each is an application by its `server`
_OTHER_ASGI: Final = frozenset(
    [
        "quart.Quart",
        "sanic.Sanic",
        "litestar.Litestar",
        "litestar.app.Litestar",
        "falcon.asgi.App",
        "connexion.AsyncApp",
    ]
)
_BY_PACKAGE: Final = {
    "fastapi": Framework.FASTAPI,
    "flask": Framework.FLASK,
    "django": Framework.DJANGO,
    "starlette": Framework.STARLETTE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppObject:
    """A name at module level that is an application, or a function that makes one."""

    attribute: str
    framework: Framework
    is_factory: bool
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file. Shape: `names` maps what imports bind onto full dotted names ("." in front for relative ones)."""

    tree: ast.Module
    names: dict[str, str]


def read(path: Path) -> Source | None:
    """Return the parsed file, None when it is no Python source that this interpreter reads."""
    try:
        tree = syntax_tree.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):  # the last for what is nested too deeply
        return None
    return Source(tree, dict(syntax_tree.imported(tree)))


def objects(source: Source) -> tuple[AppObject, ...]:
    """Return the applications and factories at the module's level, in the order of the file."""
    return tuple(_objects(source))


def _objects(source: Source) -> Iterator[AppObject]:
    dashes = set[str]()
    for statement in syntax_tree.statements(source.tree.body):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            framework = _made_inside(source, statement)
            is_idle = framework in _CALLED_BARE and _needs_arguments(statement)
            if framework is not None and not is_idle and _returns_value(statement):
                yield AppObject(attribute=statement.name, framework=framework, is_factory=True, line=statement.lineno)
        for name, value in syntax_tree.bindings(statement):
            if isinstance(value, ast.Call) and dotted(source, value.func) in _DASHES:
                dashes.add(name)
            if (framework := made_by(source, value) or _of_dash(value, dashes)) is not None:
                yield AppObject(attribute=name, framework=framework, is_factory=False, line=statement.lineno)


def _of_dash(value: ast.expr, dashes: Collection[str]) -> Framework | None:
    """Return Flask where *value* is the server of one of *dashes*: https://dash.plotly.com/deployment."""
    match value:
        case ast.Attribute(value=ast.Name(id=name), attr="server") if name in dashes:
            return Framework.FLASK
        case _:
            return None


def dotted(source: Source, node: ast.expr) -> str:
    """Return the full dotted name that an expression such as `web.FastAPI` stands for, "" for anything else."""
    first, dot, rest = syntax_tree.dotted(node).partition(".")
    return f"{source.names.get(first, first)}{dot}{rest}"


def made_by(source: Source, value: ast.expr) -> Framework | None:
    """Return the framework whose application the call *value* makes, None for anything else."""
    return MAKERS.get(dotted(source, value.func)) if isinstance(value, ast.Call) else None


def made_by_own(
    folder: Path, search_path: Sequence[PurePosixPath], *, file: PurePosixPath, source: Source, value: ast.expr
) -> Framework | None:
    """Return the framework whose application *value* of *file* gets by calling a function of the project's own."""
    if not isinstance(value, ast.Call):
        return None
    module, _, name = dotted(source, value.func).rpartition(".")
    there = module_files.find(folder, search_path, module=_absolute(folder, file, module=module)) if module else file
    inner = read(folder / there) if there else None
    for statement in syntax_tree.statements(inner.tree.body) if inner else ():
        if isinstance(statement, ast.FunctionDef) and statement.name == name and inner is not None:
            return _made_inside(inner, statement)
    return None


def _made_inside(source: Source, function: ast.AST) -> Framework | None:
    found = (made_by(source, node) for node in ast.walk(function) if isinstance(node, ast.Call))
    return next((framework for framework in found if framework is not None), None)


def speaks_asgi(folder: Path, entry: EntryPoint) -> bool:
    """Whether the application of *entry* is one of ASGI, as far as the call that makes it tells."""
    if entry.framework in _CALLED_BARE:
        return True
    source = read(folder / entry.file) if entry.file and entry.framework is Framework.OTHER else None
    return source is not None and any(
        name == entry.attribute and isinstance(value, ast.Call) and dotted(source, value.func) in _OTHER_ASGI
        for statement in syntax_tree.statements(source.tree.body)
        for name, value in syntax_tree.bindings(statement)
    )


def _needs_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = function.args
    return len(given.posonlyargs) + len(given.args) > len(given.defaults) or None in given.kw_defaults


def _returns_value(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def framework(
    folder: Path,
    search_path: Sequence[PurePosixPath],
    *,
    file: PurePosixPath,
    attribute: str,
    followed: int = _FOLLOWED,
) -> Framework:
    """Return the framework of `attribute` in *file*, following the imports and calls that bring it there."""
    source = read(folder / file)
    if source is None:
        return Framework.OTHER
    known = {found.attribute: found.framework for found in objects(source)}
    if attribute in known:
        return known[attribute]
    for name in _origins(source, attribute) if followed else ():
        module, _, inner = name.rpartition(".")
        base = module_files.find(folder, search_path, module=_absolute(folder, file, module=module))
        if base is not None and base != file:
            found = framework(folder, search_path, file=base, attribute=inner, followed=followed - 1)
            if found is not Framework.OTHER:
                return found
    return next(iter(known.values()), None) or _by_imports(source)


def _origins(source: Source, attribute: str) -> Iterator[str]:
    if attribute in source.names:
        yield source.names[attribute]
    for statement in syntax_tree.statements(source.tree.body):
        for name, value in syntax_tree.bindings(statement):
            if name == attribute:
                yield from (
                    found
                    for node in ast.walk(value)
                    if isinstance(node, ast.Name) and node.id != attribute
                    if (found := source.names.get(node.id, ""))
                )


def _absolute(folder: Path, file: PurePosixPath, *, module: str) -> str:
    level = len(module) - len(module.lstrip("."))
    if not level:
        return module
    _, own = module_files.package_root(folder, file)
    package = own.split(".") if file.stem == "__init__" else own.split(".")[:-1]
    return ".".join([*package[: len(package) - level + 1], *filter(None, [module.lstrip(".")])])


def _by_imports(source: Source) -> Framework:
    roots = {name.split(".")[0] for name in source.names.values()}
    return next((found for package, found in _BY_PACKAGE.items() if package in roots), Framework.OTHER)
