"""A render.yaml document into its resources, whichever project and environment they stand in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy_suite.manifests.yaml_document import Block
from deploy_suite.model.location import Location
from deploy_suite.targets.render import nodes

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
# What any server is asked to take: https://www.rfc-editor.org/rfc/rfc9110#section-4.1
_LONGEST_PATH: Final = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A mapping of the Blueprint. Shape: `path` is where it stands: "services[0]", "projects[0].environments[1]…"."""

    block: Block
    path: str
    file: str

    @property
    def name(self) -> str:
        """The name, "" when it has none."""
        return " ".join((self.text("name") or "").split())

    @property
    def location(self) -> Location:
        """Where the mapping begins."""
        return Location(self.file, self.block.line)

    def text(self, key: str) -> str | None:
        """Return the text of *key*, None when it is absent or empty."""
        return nodes.text(self.block.get(key))

    def has(self, key: str) -> bool:
        """Whether *key* is given, empty or not."""
        return self.block.entry(key) is not None

    def at(self, key: str) -> Location:
        """Return where *key* stands, or where the mapping begins."""
        entry = self.block.entry(key)
        return Location(self.file, entry.line) if entry else self.location


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResource(Resource):
    """A service of the Blueprint."""

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.name or self.path

    @property
    def type(self) -> str:
        """The service type, "keyvalue" for its old name."""
        written = (self.text("type") or "").strip()
        return "keyvalue" if written == "redis" else written

    @property
    def health_path(self) -> str:
        """The health path, "" when it has none that a request can ask for.

        The line break that a block of YAML ends in is no part of it.
        """
        written = (self.text("healthCheckPath") or "").strip()
        return "" if unaskable(written) else written

    @property
    def runtime(self) -> str:
        """The runtime, from `env` where the manifest uses the old key."""
        written = (self.text("runtime") or self.text("env") or "").strip().lower()
        return "python" if written == "python3" else written

    @property
    def is_python(self) -> bool:
        """Whether Render runs it with its own Python."""
        return self.runtime == "python" and self.type in {"web", "pserv", "worker", "cron"}

    @property
    def is_image(self) -> bool:
        """Whether Render builds an image for it from a Dockerfile."""
        return self.runtime == "docker" and self.type in {"web", "pserv", "worker", "cron"}

    @property
    def is_static(self) -> bool:
        """Whether it is a static site."""
        return self.runtime == "static"

    @property
    def is_free(self) -> bool:
        """Whether it names the free plan."""
        return (self.text("plan") or "").strip().lower() == "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A whole render.yaml. Shape: resources in the order of the text, top level first."""

    root: Block
    file: str
    services: tuple[ServiceResource, ...]
    databases: tuple[Resource, ...]
    groups: tuple[Resource, ...]

    def database(self, name: str) -> Resource | None:
        """Return the database *name*."""
        return next((one for one in self.databases if one.name == name), None)

    def group(self, name: str) -> Resource | None:
        """Return the environment group *name*."""
        return next((one for one in self.groups if one.name == name), None)

    def service(self, name: str) -> ServiceResource | None:
        """Return the service *name*."""
        return next((one for one in self.services if one.name == name), None)


def unaskable(path: str) -> str:
    """Return why no request can ask for *path*, "" where one can."""
    if _CONTROL.search(path):
        return "has a line break or another control character inside"
    return f"has {len(path)} characters" if len(path) > _LONGEST_PATH else ""


def read(root: Block, *, file: str) -> Blueprint:
    """Return the resources of the document *root*."""
    scopes = tuple(_scopes(root))
    return Blueprint(
        root=root,
        file=file,
        services=tuple(
            ServiceResource(block=one, path=path, file=file) for one, path in _listed(scopes, key="services")
        ),
        databases=tuple(Resource(block=one, path=path, file=file) for one, path in _listed(scopes, key="databases")),
        groups=tuple(Resource(block=one, path=path, file=file) for one, path in _listed(scopes, key="envVarGroups")),
    )


def _scopes(root: Block) -> Iterator[tuple[Block, str]]:
    """Yield each mapping that may hold resources, with its path."""
    yield root, ""
    ungrouped = nodes.block(root.get("ungrouped"))
    if ungrouped is not None:
        yield ungrouped, "ungrouped."
    for at, project in enumerate(nodes.blocks(root.get("projects"))):
        for number, environment in enumerate(nodes.blocks(project.get("environments"))):
            yield environment, f"projects[{at}].environments[{number}]."


def _listed(scopes: tuple[tuple[Block, str], ...], *, key: str) -> Iterator[tuple[Block, str]]:
    for scope, path in scopes:
        for at, item in enumerate(nodes.items(scope.get(key))):
            if (found := nodes.block(item)) is not None:
                yield found, f"{path}{key}[{at}]"
