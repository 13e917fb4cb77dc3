"""Services: what their type and runtime ask for and what these have no use for."""

from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.platforms.render import ValueList, facts
from deploy_suite.manifests.yaml_document import Block, Items
from deploy_suite.model.finding import Finding
from deploy_suite.targets.render import nodes, schema
from deploy_suite.targets.render.blueprint import Blueprint, ServiceResource, unaskable
from deploy_suite.targets.render.lints.saying import fails, notes, warns

_NATIVE: Final = frozenset({"node", "python", "elixir", "go", "ruby", "rust"})
_USUAL: Final = {"buildCommand": "pip install -r requirements.txt", "startCommand": "gunicorn app:app"}
_CRON_FIELDS: Final = 5
_LONGEST_SHOWN: Final = 80
_DATABASES: Final = frozenset({"db", "database", "postgres", "postgresql", "pg", "psql", "pspg"})
_MAY_BE_NEW: Final = "uncertain: Render may know values that are newer than this list"


def problems(blueprint: Blueprint) -> Iterator[Finding]:
    """Yield the faults of all services that stand in one service alone."""
    for service in blueprint.services:
        yield from _type(service)
        yield from _runtime(service)
        yield from _commands(service)
        yield from _cron(service)
        yield from _static(service)
        yield from _health(service)
        yield from _key_value(service)
        yield from _build_filter(service)


def _type(service: ServiceResource) -> Iterator[Finding]:
    written = (service.text("type") or "").strip()
    if written == "redis":
        yield notes(
            service,
            "render-deprecated-type:redis",
            "type redis is deprecated in favour of keyvalue",
            key="type",
            evidence="type: redis",
            remedy=f"write `type: keyvalue` for {service.label} in {service.file}",
            certainty="certain; Render still reads the old name",
        )
    elif written:
        yield from _listed(service, "type", written, facts().values["type"])


def _listed(service: ServiceResource, key: str, written: str, known: ValueList) -> Iterator[Finding]:
    if written in known.allowed:
        return
    instead = known.instead.get(written.lower(), "")
    evidence = f"{key}: {written}"
    if key == "type" and (meant := _meant(service, written, instead)):
        what, remedy = meant
        message = f"{written} is no service type of a Blueprint{what}"
        yield fails(service, "render-unknown-type", message, key=key, evidence=evidence, remedy=remedy)
        return
    yield warns(
        service,
        f"render-unknown-{key}",
        f"{written} is no {key} that is known here",
        key=key,
        evidence=evidence,
        remedy=f"use {instead}" if instead else f"use one of {', '.join(known.allowed)}",
        certainty=_MAY_BE_NEW,
    )


def _meant(service: ServiceResource, written: str, instead: str) -> tuple[str, str] | None:
    """Return what *written* is, which is no type, and what to write; None where nobody can tell."""
    if written.lower() in _DATABASES:
        remedy = f"move {service.label} from `services:` to `databases:` in {service.file}, without its `type:`"
        return ": its PostgreSQL databases are in a list of their own", remedy
    if other := _key_of(written):
        remedy = f"write `type: web` (or worker, pserv, cron) for {service.label} in {service.file}, "
        return f", but a {other}", f"{remedy}and {written} as its `{other}:`"
    return ("", f"write `type: {instead}` for {service.label} in {service.file}") if instead else None


def _key_of(written: str) -> str:
    """Return the key of a service that *written* is a value of, "" for none."""
    known = {"plan": set(facts().plans), "runtime": set(facts().values["runtime"].allowed)}
    known["region"] = set(facts().values["region"].allowed)
    return next((key for key, names in known.items() if written.lower() in names), "")


def _runtime(service: ServiceResource) -> Iterator[Finding]:
    if service.type == "keyvalue":
        return
    key = "runtime" if service.has("runtime") else "env"
    written = (service.text(key) or "").strip()
    is_told = isinstance(service.block.get(key), Block | Items)  # as a value of the wrong type
    if not written and not is_told and service.type in {"web", "pserv", "worker", "cron"}:
        yield fails(
            service,
            "render-missing-key:runtime",
            f"{service.label} names no runtime",
            remedy=f"add `runtime: python` (or docker, static, …) to {service.path} in {service.file}",
        )
    elif written:
        yield from _listed(service, key, written, facts().values["runtime"])
    region = (service.text("region") or "").strip()
    if region:
        yield from _listed(service, "region", region, facts().values["region"])


def _commands(service: ServiceResource) -> Iterator[Finding]:
    if service.runtime not in _NATIVE or service.type not in {"web", "pserv", "worker", "cron"}:
        return
    for key in ("buildCommand", "startCommand"):
        if not (service.text(key) or "").strip():
            is_there = service.has(key)
            yield fails(
                service,
                f"render-missing-key:{key}",
                f"{service.label} has {f'an empty {key}' if is_there else f'no {key}'}; Render runs no command of its "
                "own choice",
                key=key,
                remedy=f"{'write' if is_there else 'add'} "
                f"`{key}: {_USUAL[key] if service.runtime == 'python' else '…'}` "
                f"{'in' if is_there else 'to'} {service.path} in {service.file}",
            )


def _cron(service: ServiceResource) -> Iterator[Finding]:
    schedule = (service.text("schedule") or "").strip()
    if service.type == "cron" and not schedule:
        yield fails(
            service,
            "render-missing-key:schedule",
            f"{service.label} is a cron job without a schedule",
            remedy=f'add `schedule: "0 3 * * *"` (five fields, UTC) to {service.path} in {service.file}',
        )
    elif service.type == "cron" and len(schedule.split()) != _CRON_FIELDS:
        yield warns(
            service,
            "render-schedule",
            f"the schedule of {service.label} has not the five fields that Render documents",
            key="schedule",
            evidence=f"schedule: {schedule}",
            remedy=f"write minute, hour, day, month and weekday in {service.file}",
            certainty="likely: Render documents no other form",
        )
    elif schedule and service.type != "cron":
        yield warns(
            service,
            "render-schedule",
            f"{service.label} is of type {service.type}, which runs on no schedule",
            key="schedule",
            remedy=f"make it `type: cron` or remove `schedule:` in {service.file}",
            certainty="likely: only cron jobs have this key in Render's schema",
        )


def _static(service: ServiceResource) -> Iterator[Finding]:
    if not service.is_static:
        return
    if not (service.text("staticPublishPath") or "").strip():
        yield fails(
            service,
            "render-missing-key:staticPublishPath",
            f"{service.label} is a static site without a folder to publish",
            remedy=f"add `staticPublishPath:` to {service.path} in {service.file}",
        )
    if (service.text("startCommand") or "").strip():
        yield warns(
            service,
            "render-static-start-command",
            f"{service.label} is a static site, for which nothing is started",
            key="startCommand",
            remedy=f"remove `startCommand:` from {service.label} in {service.file}",
            certainty="likely: a static site has no such key in Render's schema",
        )


def _health(service: ServiceResource) -> Iterator[Finding]:
    path = service.text("healthCheckPath")
    if path is None:
        return
    if not schema.is_type(service.text("type")):
        return  # whether it is one that is asked for its health cannot be told
    if service.type != "web" or service.is_static:
        yield warns(
            service,
            "render-health-path",
            f"Render asks only web services for their health; {service.label} is none",
            key="healthCheckPath",
            remedy=f"remove `healthCheckPath:` from {service.label} in {service.file}",
        )
    elif why := unaskable(path.strip()):
        yield fails(
            service,
            "render-health-path",
            f"no request can ask for the health path of {service.label}, which {why}; it was checked without",
            key="healthCheckPath",
            evidence=f"healthCheckPath: {_cut(ascii(path))}",
            remedy=f"write a path such as `healthCheckPath: /health` in {service.file}",
        )
    elif not service.health_path.startswith("/"):
        yield warns(
            service,
            "render-health-path",
            f"the health path of {service.label} does not begin with a slash",
            key="healthCheckPath",
            evidence=f"healthCheckPath: {service.health_path}",
            remedy=f"write `healthCheckPath: /{service.health_path}` in {service.file}",
            certainty="likely: Render documents paths that begin with a slash",
        )
    elif path != service.health_path:
        yield warns(
            service,
            "render-health-path",
            f"the health path of {service.label} ends in a blank or a line break",
            key="healthCheckPath",
            evidence=f"healthCheckPath: {path!r}",
            remedy=f"write `healthCheckPath: {service.health_path}` on one line in {service.file}",
            certainty=f"uncertain: Render may take it as it stands; {service.health_path} was asked for here",
        )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _key_value(service: ServiceResource) -> Iterator[Finding]:
    if service.type == "keyvalue" and not service.has("ipAllowList"):
        yield fails(
            service,
            "render-missing-key:ipAllowList",
            f"{service.label} is a Key Value instance without ipAllowList, which Render requires",
            remedy=f"add `ipAllowList: []` (internal connections only) to {service.path} in {service.file}",
        )


def _build_filter(service: ServiceResource) -> Iterator[Finding]:
    build_filter = nodes.block(service.block.get("buildFilter"))
    if build_filter is None:
        return
    given = [key for key in ("paths", "ignoredPaths") if build_filter.entry(key)]
    if len(given) == 1:
        other = "ignoredPaths" if given == ["paths"] else "paths"
        yield warns(
            service,
            "render-build-filter",
            f"the build filter of {service.label} has only {given[0]}; Render empties {other}",
            key="buildFilter",
            remedy=f"add `{other}: []` beside `{given[0]}:` in {service.file} if that is meant",
            certainty="certain; harmless unless the other list was set in the Dashboard",
        )
