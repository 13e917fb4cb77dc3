"""Django's settings into the modules that it imports by their names in strings."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.tracing import conditions
from deploy_suite.tracing.values import ImportKind

_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_SETTINGS: Final = re.compile(rb"DJANGO_SETTINGS_MODULE[\"']\s*(?:,|\]\s*=)\s*[\"'](?P<module>[\w.]+)[\"']")
_HANDED: Final = re.compile(rb"DJANGO_SETTINGS_MODULE[\"']\s*(?:,|\]\s*=)\s*(?P<variable>[A-Za-z_]\w*)")
_TEST: Final = re.compile(rb"\bif\s+[\"'](?P<variable>\w+)[\"']\s+(?P<negated>not\s+)?in\s+(?:os\.)?environ\b")
_OTHERWISE: Final = re.compile(rb"\belse\s+[\"'](?P<module>[\w.]+)[\"']")
_LISTS: Final = ("INSTALLED_APPS", "MIDDLEWARE", "MIDDLEWARE_CLASSES")
# https://docs.djangoproject.com/en/stable/ref/settings/: each is a module, a class or a list of such.
_SINGLE: Final = (
    "ROOT_URLCONF",
    "SESSION_ENGINE",
    "AUTHENTICATION_BACKENDS",
    "EMAIL_BACKEND",
    "DEFAULT_FILE_STORAGE",
    "STATICFILES_STORAGE",
    "STATICFILES_FINDERS",
    "MESSAGE_STORAGE",
    "FILE_UPLOAD_HANDLERS",
)
_IN_MAPPINGS: Final = {
    "DATABASES": ("ENGINE",),
    "LOGGING": ("class", "()"),
    "CACHES": ("BACKEND",),
    "STORAGES": ("BACKEND",),
    "CHANNEL_LAYERS": ("BACKEND",),
    "TEMPLATES": ("BACKEND",),
}
# Imported at the first use, not at start: https://docs.djangoproject.com/en/stable/ref/applications/#how-applications-are-loaded
_AT_FIRST_USE: Final = frozenset(
    {
        "CACHES",
        "STORAGES",
        "CHANNEL_LAYERS",
        "TEMPLATES",
        "AUTHENTICATION_BACKENDS",
        "EMAIL_BACKEND",
        "DEFAULT_FILE_STORAGE",
        "STATICFILES_STORAGE",
        "STATICFILES_FINDERS",
        "MESSAGE_STORAGE",
        "FILE_UPLOAD_HANDLERS",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A module or class that a setting names. Shape: `setting` is the setting's name."""

    setting: str
    text: str
    line: int
    kind: ImportKind


def named_in(data: bytes, variables: Collection[str] = ()) -> tuple[str, int]:
    """Return the settings module that a file chooses and the line, ("", 0) when it chooses none.

    Shape: *variables* are the environment variables that there are, by one of which it may choose between two.
    """
    match = _SETTINGS.search(data) or _chosen(data, variables)
    return (match["module"].decode(), data.count(b"\n", 0, match.start()) + 1) if match else ("", 0)


def _chosen(data: bytes, variables: Collection[str]) -> re.Match[bytes] | None:
    """Return the string that the variable which is handed over was given: the first one where its test holds."""
    handed = _HANDED.search(data)
    if handed is None:
        return None
    name = re.escape(handed["variable"])
    given = re.compile(rb"^[ \t]*" + name + rb"\s*=\s*[\"'](?P<module>[\w.]+)[\"'](?P<rest>[^\n]*)", re.MULTILINE)
    first = given.search(data)
    test = _TEST.search(first["rest"]) if first else None
    if first is None or test is None:
        return first
    holds = (test["variable"].decode() in variables) is not bool(test["negated"])
    return first if holds else _OTHERWISE.search(data, first.start())


def read(tree: ast.Module, version: tuple[int, int]) -> tuple[Named, ...]:
    """Return what the settings in *tree* make Django import, in the order in which it does."""
    assigned: dict[str, list[tuple[ast.expr, ImportKind]]] = {}
    for name, value, kind in _assignments(tree.body, version, kind=ImportKind.EAGER):
        assigned.setdefault(name, []).append((value, kind))
    return tuple(_named(assigned))


def _named(assigned: Mapping[str, list[tuple[ast.expr, ImportKind]]]) -> Iterator[Named]:
    for setting in (*_LISTS, *_SINGLE):
        for value, kind in assigned.get(setting, ()):
            yield from _strings(value, assigned, setting=setting, kind=_runs(setting, kind), deep=4)
    for setting, keys in _IN_MAPPINGS.items():
        for value, kind in assigned.get(setting, ()):
            for text, line in _under(value, keys=keys):
                if _DOTTED.fullmatch(text):
                    yield Named(setting=setting, text=text, line=line, kind=_runs(setting, kind))


def _runs(setting: str, kind: ImportKind) -> ImportKind:
    return max(kind, ImportKind.DEFERRED) if setting in _AT_FIRST_USE else kind


def _assignments(
    body: Sequence[ast.stmt], version: tuple[int, int], *, kind: ImportKind
) -> Iterator[tuple[str, ast.expr, ImportKind]]:
    """Return what is assigned or added to each name at the module's level."""
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((t.id, node.value, kind) for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value, kind
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _added(node.value, kind)
        elif isinstance(node, ast.If):
            yield from _branches(node, version, kind=kind)
        elif isinstance(node, ast.Try):
            for part in (node.body, node.orelse, *(handler.body for handler in node.handlers)):
                yield from _assignments(part, version, kind=max(kind, ImportKind.CONDITIONAL))


def _added(call: ast.Call, kind: ImportKind) -> Iterator[tuple[str, ast.expr, ImportKind]]:
    method = call.func
    if isinstance(method, ast.Attribute) and method.attr in {"append", "extend", "insert"} and call.args:
        name = method.value.id if isinstance(method.value, ast.Name) else ""
        yield name, call.args[-1], kind


def _branches(
    node: ast.If, version: tuple[int, int], *, kind: ImportKind
) -> Iterator[tuple[str, ast.expr, ImportKind]]:
    value = conditions.value(node.test, version, is_program=False)
    either = max(kind, ImportKind.CONDITIONAL) if value is None else kind
    if value is not False:
        yield from _assignments(node.body, version, kind=either)
    if value is not True:
        yield from _assignments(node.orelse, version, kind=either)


def _strings(
    value: ast.expr,
    assigned: Mapping[str, list[tuple[ast.expr, ImportKind]]],
    *,
    setting: str,
    kind: ImportKind,
    deep: int,
) -> Iterator[Named]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        if _DOTTED.fullmatch(value.value):
            yield Named(setting=setting, text=value.value, line=value.lineno, kind=kind)
    elif isinstance(value, ast.List | ast.Tuple):
        for item in value.elts:
            yield from _strings(item, assigned, setting=setting, kind=kind, deep=deep)
    elif isinstance(value, ast.BinOp):
        yield from _strings(value.left, assigned, setting=setting, kind=kind, deep=deep)
        yield from _strings(value.right, assigned, setting=setting, kind=kind, deep=deep)
    elif isinstance(value, ast.Starred):
        yield from _strings(value.value, assigned, setting=setting, kind=kind, deep=deep)
    elif isinstance(value, ast.IfExp):
        for branch in (value.body, value.orelse):
            runs = max(kind, ImportKind.CONDITIONAL)
            yield from _strings(branch, assigned, setting=setting, kind=runs, deep=deep)
    elif isinstance(value, ast.Name) and deep and value.id != setting:
        for inner, runs in assigned.get(value.id, ()):
            yield from _strings(inner, assigned, setting=setting, kind=max(kind, runs), deep=deep - 1)


def _under(value: ast.expr, *, keys: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Return the strings that stand under one of *keys* in a dictionary of dictionaries, with their lines."""
    for node in ast.walk(value):
        if isinstance(node, ast.Dict):
            for name, inner in zip(node.keys, node.values, strict=True):
                is_key = isinstance(name, ast.Constant) and name.value in keys
                if is_key and isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value, inner.lineno
