"""A service's envVars, its groups and Render's own variables into the variables of a contract."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests.yaml_document import Block
from deploy_suite.model.contract import (
    DatabaseField,
    FromDatabase,
    FromService,
    Generated,
    Literal,
    Phase,
    Prompted,
    Source,
    Variable,
)
from deploy_suite.model.location import Location
from deploy_suite.model.secret import Secret
from deploy_suite.targets.render import nodes
from deploy_suite.targets.render.blueprint import Blueprint, Resource, ServiceResource

_IN_NO_NAME: Final = frozenset("=\0")


def of_service(service: ServiceResource, blueprint: Blueprint) -> tuple[Variable, ...]:
    """Return the variables that the Blueprint gives *service*; its own win over those of its groups.

    Among groups the later one in the file wins; Render takes the most recently created one, which no file tells.
    """
    found: dict[str, Variable] = {}
    for name in _groups(service):
        group = blueprint.group(name)
        found.update((one.name, one) for one in (_read(group, blueprint) if group else ()))
    found.update((one.name, one) for one in _read(service, blueprint))
    return tuple(found.values())


def _groups(service: ServiceResource) -> Iterator[str]:
    for entry in nodes.blocks(service.block.get("envVars")):
        if name := nodes.text(entry.get("fromGroup")):
            yield name


def _read(owner: Resource, blueprint: Blueprint, *, levels: int = 0) -> Iterator[Variable]:
    for entry in nodes.blocks(owner.block.get("envVars")):
        name = (nodes.text(entry.get("key")) or "").strip()
        source = _source(entry, blueprint, levels=levels)
        if source is not None and is_possible(name):
            yield Variable(name=name, source=source, location=Location(owner.file, entry.line))


def is_possible(name: str) -> bool:
    """Whether a process can have a variable of that *name*."""
    return bool(name) and not _IN_NO_NAME.intersection(name)


def shown(name: str) -> str:
    """Return *name* for a text: of one that no process can have no more than stands before what may be its value."""
    return name if is_possible(name) else re.split(r"[=\0]", name)[0] + "=…"


def _source(entry: Block, blueprint: Blueprint, *, levels: int) -> Source | None:
    database, service = nodes.block(entry.get("fromDatabase")), nodes.block(entry.get("fromService"))
    if database is not None:
        return _from_database(database)
    if service is not None:
        return _from_service(service, blueprint, levels=levels)
    if nodes.flag(entry.get("generateValue")):
        return Generated()
    if entry.entry("value") is not None:
        return Literal(Secret(nodes.value(entry.get("value")).replace("\0", "")))
    return Prompted() if entry.entry("sync") else None


def _from_database(source: Block) -> Source:
    name, part = nodes.text(source.get("name")) or "", nodes.text(source.get("property")) or ""
    parts = {field.value: field for field in DatabaseField}
    return FromDatabase(name, parts[part]) if name and part in parts else Prompted()


def _from_service(source: Block, blueprint: Blueprint, *, levels: int) -> Source:
    """Return the property, or the other service's variable itself where the Blueprint says what that is."""
    name, variable = nodes.text(source.get("name")) or "", nodes.text(source.get("envVarKey"))
    other = blueprint.service(name)
    if variable and other and levels == 0:
        found = next((one for one in _read(other, blueprint, levels=1) if one.name == variable), None)
        return found.source if found else Prompted()
    return FromService(name, nodes.text(source.get("property")) or variable or "")


def platform(names: Mapping[str, str], *, type: str, is_image: bool) -> tuple[Variable, ...]:  # noqa: A002  Render's word
    """Return the variables that Render sets for a service of *type*, with what its tables leave open from *names*.

    Source: https://render.com/docs/environment-variables
    """
    tables = facts().variables
    run = {**tables["run"]}
    if type in {"web", "pserv"}:
        run |= tables["run_http"]
    if type == "web":
        run |= tables["run_web"]
    phased: tuple[tuple[Mapping[str, str], frozenset[Phase]], ...] = (
        (tables["both"], frozenset({Phase.RUN}) if is_image else frozenset(Phase)),
        ({} if is_image else tables["python"], frozenset(Phase)),
        ({} if is_image else tables["build"], frozenset({Phase.BUILD})),
        (run, frozenset({Phase.RUN})),
    )
    return tuple(
        Variable(name=name, source=Literal(Secret(text.format_map(names))), phases=phases, is_platform=True)
        for table, phases in phased
        for name, text in table.items()
    )


def written(service: ServiceResource, blueprint: Blueprint, name: str) -> str:
    """Return the literal of the variable *name* as the file spells it, "" when it has none."""
    owners = (service, *(group for one in reversed(tuple(_groups(service))) if (group := blueprint.group(one))))
    for owner in owners:
        for entry in reversed(nodes.blocks(owner.block.get("envVars"))):
            if nodes.text(entry.get("key")) == name:
                return (nodes.text(entry.get("value")) or "").strip()
    return ""
