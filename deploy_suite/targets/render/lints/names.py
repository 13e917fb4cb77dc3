"""Names that are given twice."""

from collections.abc import Iterator, Sequence

from deploy_suite.model.finding import Finding
from deploy_suite.targets.render.blueprint import Blueprint, Resource
from deploy_suite.targets.render.lints.saying import fails


def problems(blueprint: Blueprint) -> Iterator[Finding]:
    """Yield resources whose name another of the same family has, in whichever project or environment."""
    yield from _doubles(blueprint.services, "service")
    yield from _doubles(blueprint.databases, "database")
    yield from _doubles(blueprint.groups, "environment group")


def _doubles(resources: Sequence[Resource], what: str) -> Iterator[Finding]:
    first: dict[str, Resource] = {}
    for resource in resources:
        if resource.name and resource.name in first:
            yield fails(
                resource,
                f"render-duplicate-name:{resource.name}",
                f"two {what}s are called {resource.name}",
                key="name",
                evidence=f"the other is {first[resource.name].path} at line {first[resource.name].location.line}",
                remedy=f"give {resource.path} in {resource.file} a name of its own, or remove it",
            )
        first.setdefault(resource.name, resource)
