"""Which functions of the traced files a request runs: those that are registered for routes, and what they lead to.

By names, without running anything: a function counts as reached when a handler, or one that it reaches, names it.
"""

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from deploy_suite.model.location import Location
from deploy_suite.model.syntax_tree import last_name
from deploy_suite.tracing import choices, sources
from deploy_suite.tracing.values import Chain, Trace

_Function = ast.FunctionDef | ast.AsyncFunctionDef
# What hands functions or classes over as handlers, beside decorators: Starlette, Flask, Django, DRF, aiohttp.
_REGISTERING: Final = frozenset(
    {
        "add_api_route",
        "add_api_websocket_route",
        "add_route",
        "add_url_rule",
        "add_websocket_route",
        "path",
        "re_path",
        "register",
        "Route",
        "url",
        "WebSocketRoute",
    }
)
# Decorators with a dot that register nothing.
_PLAIN: Final = frozenset(
    {"setter", "getter", "deleter", "wraps", "cache", "lru_cache", "cached_property", "contextmanager"}
    | {"asynccontextmanager", "abstractmethod", "dataclass", "overload", "fixture", "parametrize", "singledispatch"}
)


@dataclass(frozen=True, slots=True)
class Reached:
    """A handler that leads to a function.

    Shape: `name` is the handler's, "" where a setting leads there; `choice` is the condition by which the function
    comes to the import, with `is_foreseen` where it handles that the package is missing.
    """

    name: str
    location: Location
    choice: Location | None = None
    is_foreseen: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A function: its file and its name, with its class in front."""

    file: str
    name: str


@dataclass(slots=True)
class _File:
    tree: ast.Module
    functions: dict[str, _Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


class Handlers:
    """The handlers of a trace and all that they reach, found when first asked for."""

    def __init__(self, trace: Trace, folder: Path, version: tuple[int, int]) -> None:
        """Prepare; nothing is read yet."""
        self._trace = trace
        self._folder = folder
        self._version = version
        self._files: dict[str, _File] = {}
        self._methods: dict[str, list[_Place]] = {}
        self._reached: dict[_Place, Reached] | None = None

    def leading_to(self, chain: Chain) -> Reached | None:
        """Return a handler by which the first import inside a function on *chain* is run, None where none is seen."""
        if self._reached is None:
            self._reached = self._search()
        for hop in chain.hops:
            file = self._files.get(hop.file)
            if file is None:
                continue
            name = _enclosing(file, hop.line)
            if name:
                reached = self._reached.get(_Place(hop.file, name))
                choice = choices.around(file.functions[name], hop.line) if reached else None
                if reached is None or choice is None:
                    return reached
                return replace(reached, choice=Location(hop.file, choice.line), is_foreseen=choice.is_handled)
            if not hop.statement.startswith(("import ", "from ")):
                return Reached("", hop.location)
        return None

    def reaching(self, file: str, line: int) -> Reached | None:
        """Return a handler by which the function around *line* of *file* is run, None where none is seen."""
        if self._reached is None:
            self._reached = self._search()
        known = self._files.get(file)
        return self._reached.get(_Place(file, _enclosing(known, line))) if known else None

    def _search(self) -> dict[_Place, Reached]:
        for module in self._trace.modules:
            self._read(module.file, module.name)
        found: dict[_Place, Reached] = {}
        waiting = deque(self._registered())
        while waiting:
            place, reached = waiting.popleft()
            if place in found:
                continue
            found[place] = reached
            file = self._files[place.file]
            waiting.extend((named, reached) for named in self._named(file.functions[place.name], place))
        return found

    def _read(self, name: str, module: str) -> None:
        try:
            tree = sources.read(self._folder / name, self._version).tree
        except OSError:
            return
        if tree is None:
            return
        file = self._files[name] = _File(tree)
        package = module if name.endswith("__init__.py") else module.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                file.classes[node.name] = node
                for method in node.body:
                    if isinstance(method, _Function):
                        file.functions[f"{node.name}.{method.name}"] = method
                        self._methods.setdefault(method.name, []).append(_Place(name, f"{node.name}.{method.name}"))
            elif isinstance(node, ast.ImportFrom):
                parts = package.split(".") if package else []
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
                origin = base if node.level else node.module or ""
                file.imported.update({alias.asname or alias.name: (origin, alias.name) for alias in node.names})
            elif isinstance(node, ast.Import):
                file.imported.update({alias.asname or alias.name: (alias.name, "") for alias in node.names})
        methods = {id(function) for function in file.functions.values()}
        for node in ast.walk(tree):
            if isinstance(node, _Function) and id(node) not in methods:
                file.functions.setdefault(node.name, node)

    def _registered(self) -> Iterator[tuple[_Place, Reached]]:
        for name, file in self._files.items():
            for function, node in file.functions.items():
                if any(_registers(decorator) for decorator in node.decorator_list):
                    yield _Place(name, function), Reached(function, Location(name, node.lineno))
            for call in ast.walk(file.tree):
                if isinstance(call, ast.Call) and last_name(call.func) in _REGISTERING:
                    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                        for place in self._named(argument, _Place(name, "")):
                            yield place, Reached(place.name, Location(name, call.lineno))

    def _named(self, node: ast.AST, place: _Place) -> Iterator[_Place]:
        """Return the functions of the project that *node* names."""
        own_class = place.name.rpartition(".")[0]
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                yield from self._of(place.file, part.id)
            elif isinstance(part, ast.Attribute):
                yield from self._of_attribute(part, place.file, own_class)

    def _of_attribute(self, part: ast.Attribute, file: str, own_class: str) -> Iterator[_Place]:
        value = part.value
        if isinstance(value, ast.Name) and value.id in {"self", "cls"} and own_class:
            inner = f"{own_class}.{part.attr}"
            if inner in self._files[file].functions:
                yield _Place(file, inner)
                return
        if isinstance(value, ast.Name) and value.id in self._files[file].imported:
            module, name = self._files[file].imported[value.id]
            target = self._file_of(f"{module}.{name}" if name else module)
            if target:
                yield from self._of(target, part.attr)
                return
        same = self._methods.get(part.attr, ())
        if len(same) == 1:
            yield from same

    def _of(self, file: str, name: str, *, deep: int = 5) -> Iterator[_Place]:
        """Return the function *name*, or all methods of the class *name*, as *file* sees it."""
        known = self._files.get(file)
        if known is None or not deep:
            return
        if name in known.functions:
            yield _Place(file, name)
        elif name in known.classes:
            yield from (_Place(file, inner) for inner in known.functions if inner.startswith(f"{name}."))
        elif name in known.imported:
            module, original = known.imported[name]
            target = self._file_of(module)
            if target and original:
                yield from self._of(target, original, deep=deep - 1)

    def _file_of(self, module: str) -> str:
        return next((one.file for one in self._trace.modules if one.name == module and one.file in self._files), "")


def _registers(decorator: ast.expr) -> bool:
    """Whether a decorator hands the function to something: `@app.get(…)`, `@celery.task`, `@shared_task`."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(target, ast.Name):
        return target.id in {"shared_task", "api_view", "task", "receiver"}
    return isinstance(target, ast.Attribute) and target.attr not in _PLAIN


def _enclosing(file: _File, line: int) -> str:
    """Return the name of the outermost function around *line*, "" at the margin: what it holds runs with it."""
    around = [
        (node.lineno, name) for name, node in file.functions.items() if node.lineno < line <= (node.end_lineno or 0)
    ]
    return min(around)[1] if around else ""
