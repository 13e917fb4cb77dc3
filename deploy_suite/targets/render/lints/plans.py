"""Plans: what they cost, and what the free ones do not grant."""

from collections.abc import Iterator

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.model.finding import Finding
from deploy_suite.targets.render import nodes
from deploy_suite.targets.render.blueprint import Blueprint, Resource, ServiceResource
from deploy_suite.targets.render.lints.saying import fails, notes, warns

_LIST_MAY_BE_OLD = "uncertain: Render may offer plans that are newer than this list, and custom ones"


def problems(blueprint: Blueprint) -> Iterator[Finding]:
    """Yield the faults of all plans in the Blueprint."""
    for service in blueprint.services:
        yield from _omitted(service)
        yield from _unknown(service)
        if service.is_free and not service.is_static and service.type != "keyvalue":
            yield from _free(service)
        yield from _disk(service)
    for database in blueprint.databases:
        yield from _database(database)


def _omitted(service: ServiceResource) -> Iterator[Finding]:
    if service.text("plan") is None and not service.is_static and service.type in {"web", "keyvalue"}:
        yield notes(
            service,
            "render-plan-omitted",
            f"{service.label} names no plan, so a new service gets starter, which costs money",
            remedy=f"add `plan: free` or `plan: starter` to {service.path} in {service.file}",
            certainty="certain for a new service; one that exists keeps its plan",
        )


def _unknown(service: ServiceResource) -> Iterator[Finding]:
    written = service.text("plan")
    if written is None:
        return
    if service.is_static:
        yield warns(
            service,
            "render-plan-unused",
            f"{service.label} is a static site, which has no plan",
            key="plan",
            remedy=f"remove `plan:` from {service.path} in {service.file}",
            certainty="uncertain: Render refused it in 2022 and lets it pass in later reports",
        )
    elif service.type == "keyvalue":
        known = facts().values["keyvalue_plan"].allowed
        if written.strip().lower().replace("_", " ") not in known and facts().plan(written) is None:
            yield _no_such_plan(service, ", ".join(known))
    elif facts().plan(written) is None:
        yield _no_such_plan(service, ", ".join(facts().plans))


def _no_such_plan(resource: Resource, known: str) -> Finding:
    written = resource.text("plan") or ""
    whose = resource.label if isinstance(resource, ServiceResource) else f"database {resource.name}"
    return warns(
        resource,
        "render-unknown-plan",
        f"{written} is no plan that is known here" if written.strip() else f"the plan of {whose} is empty",
        key="plan",
        evidence=f"plan: {written or repr(written)}",
        remedy=f"use one of {known}",
        certainty=_LIST_MAY_BE_OLD,
    )


def _free(service: ServiceResource) -> Iterator[Finding]:
    if service.type in {"pserv", "worker", "cron"}:
        yield fails(
            service,
            "render-free-plan-type",
            f"the free plan is for web services only; {service.label} is of type {service.type}",
            key="plan",
            evidence="plan: free",
            remedy=f"write `plan: starter` for {service.label} in {service.file}, or make it `type: web`",
        )
    for key, what in (("preDeployCommand", "pre-deploy commands"), ("disk", "disks"), ("scaling", "scaling")):
        if service.has(key) and not _is_empty(service, key):
            yield fails(
                service,
                f"render-free-plan-limit:{key}",
                f"the free plan has no {what}; Render refuses {service.label}",
                key=key,
                evidence="plan: free",
                remedy=_without(service, key),
            )
    if (nodes.integer(service.block.get("numInstances")) or 1) > 1:
        yield fails(
            service,
            "render-free-plan-limit:numInstances",
            f"the free plan runs one instance; {service.label} asks for {service.text('numInstances')}",
            key="numInstances",
            remedy=f"remove `numInstances:` from {service.label} in {service.file}, or choose a paid plan",
        )


def _without(service: ServiceResource, key: str) -> str:
    if key == "preDeployCommand":
        return (
            f"choose a paid plan for {service.label} in {service.file}, or move the command in front of startCommand: "
            f"`{service.text(key)} && {service.text('startCommand') or '…'}`"
        )
    return f"remove `{key}:` from {service.label} in {service.file}, or choose a paid plan"


def _is_empty(service: ServiceResource, key: str) -> bool:
    node = service.block.get(key)
    return nodes.block(node) is None and not (nodes.text(node) or "").strip()


def _disk(service: ServiceResource) -> Iterator[Finding]:
    if nodes.block(service.block.get("disk")) is None:
        return
    several = (nodes.integer(service.block.get("numInstances")) or 1) > 1
    for key in ("scaling", "numInstances"):
        if service.has(key) and (key == "scaling" or several):
            yield fails(
                service,
                f"render-disk-single-instance:{key}",
                f"{service.label} has a disk, and a service with a disk runs as one instance",
                key=key,
                remedy=f"remove `{key}:` or `disk:` from {service.label} in {service.file}",
            )


def _database(database: Resource) -> Iterator[Finding]:
    plan = database.text("plan")
    plans = facts().values["database_plan"]
    if plan is None:
        yield notes(
            database,
            "render-plan-omitted",
            f"database {database.name} names no plan, so a new one gets basic-256mb, which costs money",
            remedy=f"add `plan: free` or `plan: basic-256mb` to {database.path} in {database.file}",
            certainty="certain for a new database; one that exists keeps its plan",
        )
    elif plan.strip().lower() in plans.legacy:
        yield warns(
            database,
            "render-legacy-plan",
            f"{plan} is a legacy plan on which no new database can be made",
            key="plan",
            evidence=f"plan: {plan}",
            remedy=f"write `plan: basic-256mb` for {database.name} in {database.file}",
            certainty="certain for a new database; one that exists on the plan keeps it",
        )
    elif plan.strip().lower().replace("_", "-") not in plans.allowed and facts().plan(plan) is None:
        yield _no_such_plan(database, ", ".join(plans.allowed))
