"""What Django imports at its start because settings name it."""

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from deploy_suite.tracing import django_settings
from deploy_suite.tracing.django_settings import Named
from deploy_suite.tracing.layout import Module
from deploy_suite.tracing.statements import Imported
from deploy_suite.tracing.values import Chain, Hop, ImportKind
from deploy_suite.tracing.walk import Step, Walk

_MODULES: Final = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "SESSION_ENGINE", "DATABASES"})
# Modules of an application that its registration imports: apps (since Django 3.2), models; admin by autodiscovery.
_PARTS: Final = ("apps", "models")


def follow(walk: Walk, variables: Mapping[str, str]) -> str:
    """Follow the settings module, chosen by one of *variables* or else by a file already read, and all that it names.

    Shape: returns the settings module, "" where there is none.
    """
    settings, place, chain = _choice(walk, variables)
    if not settings:
        return ""
    walk.eager_functions["apps"] = frozenset({"ready"})
    label = f'DJANGO_SETTINGS_MODULE "{settings}"'
    imported = Imported(module=settings, line=place[1], kind=ImportKind.EAGER, label=label)
    module = walk.modules.get(place[0]) or Module(name="", file=place[0])
    walk.drive(walk.follow(Step(module, imported, chain)))
    named = tuple(_named(walk, settings))
    uses_admin = any(item.text == "django.contrib.admin" for _, item in named)
    for module, item in named:
        _import(walk, module, item, uses_admin=uses_admin)
    return settings


def _choice(walk: Walk, variables: Mapping[str, str]) -> tuple[str, tuple[str, int], Chain]:
    chosen = variables.get("DJANGO_SETTINGS_MODULE", "")
    for file, source in walk.read.items():
        settings, line = django_settings.named_in(source.data, variables)
        if settings:
            return chosen or settings, (file, line), walk.chains[file]
    return chosen, ("", 0), Chain()


def _named(walk: Walk, settings: str) -> Iterator[tuple[Module, Named]]:
    """Return what the settings and those that they take over with `import *` name, the taken over first."""
    for module in _layers(walk, settings):
        source = walk.read.get(module.file)
        if source is not None and source.tree is not None:
            yield from ((module, item) for item in django_settings.read(source.tree, walk.finder.version))


def _layers(walk: Walk, dotted: str, *, deep: int = 5) -> Iterator[Module]:
    module = next((found for found in walk.modules.values() if found.name == dotted), None)
    source = walk.read.get(module.file) if module else None
    if module is None or source is None or source.tree is None or not deep:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            package = module.package.split(".") if module.package else []
            base = package[: len(package) - node.level + 1] if node.level else []
            yield from _layers(walk, ".".join([*base, *filter(None, [node.module])]), deep=deep - 1)
    yield module


def _import(walk: Walk, module: Module, item: Named, *, uses_admin: bool) -> None:
    dotted = _module_of(item)
    if dotted.startswith("django."):
        dotted = "django"
    label = f'{item.setting} "{item.text}"'
    imported = Imported(module=dotted, line=item.line, kind=item.kind, label=label)
    walk.drive(walk.take(Step(module, imported, walk.chains[module.file])))
    if item.setting == "INSTALLED_APPS" and item.kind is ImportKind.EAGER:
        hop = Hop(module.file, item.line, label)
        _application(walk, dotted, walk.chains[module.file].then(hop), uses_admin=uses_admin)


def _module_of(item: Named) -> str:
    head, _, last = item.text.rpartition(".")
    is_class = bool(head) and (item.setting not in _MODULES or last[:1].isupper())
    return head if is_class else item.text


def _application(walk: Walk, dotted: str, chain: Chain, *, uses_admin: bool) -> None:
    """Enter the parts of an application of the project's own that its registration imports."""
    package = dotted.removesuffix(".apps")
    own = next((found for found in walk.modules.values() if found.name == package), None)
    folders = own.folders if own else walk_folders(walk, package)
    for part in (*_PARTS, *(("admin",) if uses_admin else ())):
        found = walk.finder.layout.find(folders, part=part, prefix=package) if folders else None
        if found is not None:
            walk.drive(walk.enter(found, chain))


def walk_folders(walk: Walk, package: str) -> tuple[str, ...]:
    """Return the folders of a namespace package, which has no file that could have been read."""
    *_, last = (Module(name="", file=""), *walk.finder.way(package))
    return last.folders if last.name == package else ()
