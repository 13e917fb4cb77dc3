"""Values that look like secrets and stand in the repository. No value is ever quoted."""

import re
from collections.abc import Iterator
from typing import Final

from deploy_suite.knowledge.secret_forms import SECRET_NAME
from deploy_suite.manifests.yaml_document import Block
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.secret import ISSUED_KEY
from deploy_suite.targets.render import nodes
from deploy_suite.targets.render.blueprint import Blueprint, Resource, ServiceResource
from deploy_suite.targets.render.environment_variables import shown

_NO_SECRET_NAME: Final = re.compile(
    r"(_ALGORITHM|_EXPIR\w*|_MINUTES|_SECONDS|_TTL|_URL|_PATH|_FILE|_NAME|_TYPE|_LENGTH)$", re.IGNORECASE
)
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s:/@]*:(?P<password>[^\s@]+)@(?P<host>[^\s/:?]+)", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(
    r"(^$|your|change|replace|example|placeholder|dummy|sample|todo|fixme|insert|enter|xxx|\*\*\*|\.\.\.|<.*>|\$\{?\w|"
    r"^(test|dev|none|null|true|false|secret|password|key|token)\b)",
    re.IGNORECASE,
)
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "db", "postgres", "redis", "host"})
_SHORTEST: Final = 8


def problems(blueprint: Blueprint) -> Iterator[Finding]:
    """Yield the variables whose literal looks like a secret."""
    for owner in (*blueprint.services, *blueprint.groups):
        for entry in nodes.blocks(owner.block.get("envVars")):
            reason = _reason(nodes.text(entry.get("key")) or "", nodes.value(entry.get("value")))
            if reason:
                yield _finding(owner, entry, reason)


def _reason(name: str, value: str) -> str:
    """Return what makes *value* look like a secret, "" when nothing does."""
    address = _URL.search(value)
    if address and address["host"] not in _LOCAL and not _PLACEHOLDER.search(address["password"]):
        return "the value is an address with a password"
    if ISSUED_KEY.search(value):
        return "the value has the form of a key that a service issued"
    if not SECRET_NAME.search(name) or _NO_SECRET_NAME.search(name):
        return ""
    looks_made = len(value) >= _SHORTEST and " " not in value and "://" not in value
    return "its name says so, and the value is no placeholder" if looks_made and not _PLACEHOLDER.search(value) else ""


def _finding(owner: Resource, entry: Block, reason: str) -> Finding:
    name = shown(nodes.text(entry.get("key")) or "")
    value = entry.entry("value")
    return Finding(
        code=f"secret-in-manifest:{name}",
        outcome=Outcome.WARNING,
        message=f"{name} looks like a secret and stands in {owner.file} for all who can read the repository",
        location=Location(owner.file, value.line if value else entry.line),
        remedy=(
            f"write `sync: false` (or `generateValue: true`) in place of `value:` for {name} in {owner.file}, "
            "set it in the Dashboard, and revoke the one that was committed"
        ),
        certainty=f"likely: {reason}",
        service=owner.label if isinstance(owner, ServiceResource) else "",
    )
