"""Environment variables: where their values come from, and whether that place exists."""

import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests.yaml_document import Scalar, ScalarKind
from deploy_suite.model.finding import Finding
from deploy_suite.targets.render import nodes, schema
from deploy_suite.targets.render.blueprint import Blueprint, Resource, ServiceResource
from deploy_suite.targets.render.environment_variables import is_possible, shown
from deploy_suite.targets.render.lints.saying import fails, notes, warns

_GENERATED: Final = "generateValue"
_SOURCES: Final = ("value", _GENERATED, "sync", "fromDatabase", "fromService")
_NOT_IN_GROUPS: Final = ("sync", "fromDatabase", "fromService", "fromGroup")
_DATABASE_KEY: Final = re.compile(
    r"(?:\w+_)?(?:DATABASE|DB|POSTGRES(?:QL)?|PG)_?(?:URL|URI|DSN)|DATABASE", re.IGNORECASE
)
_ELSEWHERE: Final = "uncertain: it may exist in the workspace, outside this file"
# A Blueprint's own groups hold no `sync: false`, so a group of secrets is made by hand.
# Source: https://render.com/docs/blueprint-spec#environment-groups
_IN_DASHBOARD: Final = "it may exist in the workspace: a group of secrets can only be made in the Dashboard"


def problems(blueprint: Blueprint) -> Iterator[Finding]:
    """Yield the faults of all environment variables of services and groups."""
    for service in blueprint.services:
        for entry in _variables(service):
            found = (
                *_form(entry, service),
                *_database(entry, service, blueprint),
                *_by_hand(entry, service, blueprint),
                *_service(entry, service, blueprint),
                *_group(entry, service, blueprint),
            )
            yield from (finding.about(check="", service=service.label, target="") for finding in found)
        yield from (one.about(check="", service=service.label, target="") for one in _twice(service, service.label))
    for group in blueprint.groups:
        yield from _twice(group, f"the environment group {group.name}")
        for entry in _variables(group):
            yield from _in_group(entry, group)


def _variables(owner: Resource) -> Iterator[Resource]:
    for at, block in enumerate(nodes.blocks(owner.block.get("envVars"))):
        yield Resource(block=block, path=f"{owner.path}.envVars[{at}]", file=owner.file)


def _twice(owner: Resource, whose: str) -> Iterator[Finding]:
    """Yield variables that are listed again: harmless where both entries say the same."""
    first: dict[str, Resource] = {}
    for entry in _variables(owner):
        key = entry.text("key")
        before = first.setdefault(key, entry) if key else entry
        if before is entry:
            continue
        say = notes if _said(before) == _said(entry) else warns
        yield say(
            entry,
            f"render-repeated-key:{_key(entry)}",
            f"{_key(entry)} of {whose} is listed twice; one of the two counts",
            key="key",
            evidence=f"first listed at line {before.location.line}",
            remedy=f"keep one of the two entries of {_key(entry)} in {entry.file}",
            certainty="certain that it is listed twice; Render does not document which of the two wins",
        )


def _said(entry: Resource) -> tuple[tuple[str, str | None], ...]:
    """Return what *entry* says, as far as it is plain text; a source with parts of its own is like no other."""
    return tuple(
        (one.key, one.value.text if isinstance(one.value, Scalar) else str(one.line)) for one in entry.block.entries
    )


def _key(entry: Resource) -> str:
    return shown(entry.text("key") or entry.path)


def _given(entry: Resource) -> tuple[str, ...]:
    return tuple(key for key in _SOURCES if entry.has(key) and not _is_null(entry, key))


def _is_null(entry: Resource, key: str) -> bool:
    node = entry.block.get(key)
    return key != "value" and isinstance(node, Scalar) and node.kind is ScalarKind.NULL


def _form(entry: Resource, service: ServiceResource) -> Iterator[Finding]:
    if entry.has("fromGroup"):
        return
    if entry.text("key") is None:
        yield fails(
            entry,
            "render-missing-key:key",
            f"a variable of {service.label} has no key",
            remedy=f"add `key:` to {entry.path} in {entry.file}",
        )
        return
    if not is_possible(entry.text("key") or ""):
        yield fails(
            entry,
            "render-impossible-key",
            f"no process can have a variable of the name that {entry.path} states",
            key="key",
            evidence=f"key: {_key(entry)}",
            remedy=f"write the name alone as `key:`, and what follows the = as `value:`, in {entry.file}",
        )
        return
    given = _given(entry)
    if len(given) > 1 and nodes.flag(entry.block.get(_GENERATED)) is False:
        given = tuple(key for key in given if key != _GENERATED)
    if not given and not entry.has("previewValue") and not _has_strange_source(entry):
        yield warns(
            entry,
            "render-variable-source",
            f"nothing says where the value of {_key(entry)} of {service.label} comes from",
            remedy=f"add one of {', '.join(_SOURCES)} to {_key(entry)} in {entry.file}",
            certainty="uncertain: Render may take it for an empty value",
        )
    if len(given) > 1:
        yield warns(
            entry,
            "render-variable-source",
            f"{_key(entry)} of {service.label} has {len(given)} sources: {', '.join(given)}",
            remedy=f"keep one of {', '.join(given)} for {_key(entry)} in {entry.file}",
            certainty="likely: Render documents one source a variable, not which of two wins",
        )


def _has_strange_source(entry: Resource) -> bool:
    """Whether the value is to come from a place that Render does not know, which is told of the key itself."""
    known = facts().shapes["variable"].keys
    return any(one.key.startswith("from") and one.key not in known for one in entry.block.entries)


def _database(entry: Resource, service: ServiceResource, blueprint: Blueprint) -> Iterator[Finding]:
    source = nodes.block(entry.block.get("fromDatabase"))
    if source is None:
        return
    name, part = nodes.text(source.get("name")) or "", nodes.text(source.get("property")) or ""
    known = facts().values["database_property"].allowed
    if part and part not in known:
        yield fails(
            entry,
            "render-unknown-property",
            f"{_key(entry)} of {service.label} takes {part} from a database, which has no such property",
            key="fromDatabase",
            evidence=f"property: {part}",
            remedy=f"use one of {', '.join(known)} in {entry.file}",
        )
    if name and blueprint.database(name) is None and not _is_strange_service(name, blueprint):
        alike = next((one.name for one in blueprint.databases if one.name and _plain(one.name) == _plain(name)), "")
        yield warns(
            entry,
            f"render-unknown-reference:{name}",
            f"{_key(entry)} of {service.label} refers to the database {name}, which {entry.file} does not define",
            key="fromDatabase",
            remedy=f"write `name: {alike}`, as the database is called in {entry.file}"
            if alike
            else _add_or_correct(name, [one.name for one in blueprint.databases], "databases", entry.file),
            certainty=f"likely: {alike} is meant, which differs only in how it is written" if alike else _ELSEWHERE,
        )


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _is_strange_service(name: str, blueprint: Blueprint) -> bool:
    """Whether *name* stands in the list of services with a type that is none: that is what is wrong with it."""
    service = blueprint.service(name)
    return service is not None and not schema.is_type(service.text("type"))


def _by_hand(entry: Resource, service: ServiceResource, blueprint: Blueprint) -> Iterator[Finding]:
    """Yield the address of a database that a person is to type in, while the file defines one that nothing uses."""
    unused = next((one for one in blueprint.databases if one.name and one.name not in _used(blueprint)), None)
    if unused and nodes.flag(entry.block.get("sync")) is False and _DATABASE_KEY.fullmatch(_key(entry)):
        yield warns(
            entry,
            f"render-database-by-hand:{_key(entry)}",
            f"{_key(entry)} of {service.label} is to be typed in, and no variable takes the address of "
            f"{unused.name}, which {entry.file} defines",
            key="sync",
            evidence=f"{unused.location}: {unused.name}",
            remedy=f"write `fromDatabase: {{name: {unused.name}, property: connectionString}}` in place of "
            f"`sync: false` for {_key(entry)} in {entry.file}",
            certainty="likely: a service that is deployed before a person has typed it in does not start",
        )


def _used(blueprint: Blueprint) -> frozenset[str]:
    """Return the databases whose address some variable takes."""
    sources = (
        nodes.block(entry.block.get("fromDatabase"))
        for owner in (*blueprint.services, *blueprint.groups)
        for entry in _variables(owner)
    )
    return frozenset(nodes.text(source.get("name")) or "" for source in sources if source)


def _service(entry: Resource, service: ServiceResource, blueprint: Blueprint) -> Iterator[Finding]:
    source = nodes.block(entry.block.get("fromService"))
    if source is None:
        return
    name, kind = nodes.text(source.get("name")) or "", nodes.text(source.get("type")) or ""
    part = nodes.text(source.get("property")) or ""
    known = _properties(kind)
    if part and part not in known:
        yield fails(
            entry,
            "render-unknown-property",
            f"{_key(entry)} of {service.label} takes {part} from a service{f' of type {kind}' if kind else ''}, "
            "which has no such property",
            key="fromService",
            evidence=f"property: {part}",
            remedy=f"use one of {', '.join(known)} in {entry.file}",
        )
    if not part and not nodes.text(source.get("envVarKey")):
        yield fails(
            entry,
            "render-missing-key:property",
            f"{_key(entry)} of {service.label} names neither a property nor an envVarKey of {name or 'the service'}",
            key="fromService",
            remedy=f"add `property:` or `envVarKey:` to fromService of {_key(entry)} in {entry.file}",
        )
    if name and blueprint.service(name) is None:
        yield warns(
            entry,
            f"render-unknown-reference:{name}",
            f"{_key(entry)} of {service.label} refers to the service {name}, which {entry.file} does not define",
            key="fromService",
            remedy=_add_or_correct(name, [one.name for one in blueprint.services], "services", entry.file),
            certainty=_ELSEWHERE,
        )


def _properties(kind: str) -> tuple[str, ...]:
    """Return what a service of type *kind* has to give, of any type where none is stated."""
    tables = facts().values
    web, store = tables["web_property"].allowed, tables["keyvalue_property"].allowed
    if kind:
        return tuple(store if kind in {"keyvalue", "redis"} else web)
    return tuple(dict.fromkeys((*web, *store)))


def _group(entry: Resource, service: ServiceResource, blueprint: Blueprint) -> Iterator[Finding]:
    name = entry.text("fromGroup")
    if name and blueprint.group(name) is None:
        yield notes(
            entry,
            f"render-unknown-reference:{name}",
            f"{service.label} takes variables from the group {name}, which {entry.file} does not define",
            key="fromGroup",
            remedy=_add_or_correct(name, [one.name for one in blueprint.groups], "envVarGroups", entry.file),
            certainty=_IN_DASHBOARD,
        )


def _add_or_correct(name: str, known: list[str], key: str, file: str) -> str:
    those = f", or name one of {', '.join(dict.fromkeys(filter(None, known)))}" if any(known) else ""
    return f"add {name} under `{key}:` in {file}{those}"


def _in_group(entry: Resource, group: Resource) -> Iterator[Finding]:
    for key in _NOT_IN_GROUPS:
        if entry.has(key):
            yield fails(
                entry,
                f"render-group-source:{key}",
                f"{key} is not allowed in the environment group {group.name}",
                key=key,
                remedy=f"move {_key(entry)} from the group to the services that need it in {entry.file}",
            )
