"""A Blueprint's keys and kinds of values into findings: unknown, missing, outdated, of the wrong type."""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from deploy_suite.knowledge.platforms.render import Shape, facts
from deploy_suite.manifests.yaml_document import Block, Entry, Items, Node, Scalar, ScalarKind
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.targets.render import nodes

_SCHEMA_SAYS = (
    "likely: Render's published schema (https://render.com/schema/render.yaml.json) allows no such key; "
    "its validator is not public"
)
# Keys that people expect: where Render takes the same from.
# Source: https://render.com/docs/language-support
_ELSEWHERE = {
    "pythonversion": 'write it as a variable: `- key: PYTHON_VERSION` with `value: "X.Y.Z"` under envVars',
    "nodeversion": 'write it as a variable: `- key: NODE_VERSION` with `value: "X.Y.Z"` under envVars',
    "port": "write it as a variable where it must be another than 10000: `- key: PORT` under envVars",
    "fromredis": "write `fromService:` with `type: keyvalue`, `name:` and `property: connectionString`",
}
# At the top: kinds of services, of which each is an entry of the list.
_SERVICES: Final = {"redis": "keyvalue", "keyvalue": "keyvalue", "web": "web", "worker": "worker", "cron": "cron"}
# What other platforms' manifests have as a mapping of names onto values, by the key under which it is written.
_VARIABLES = {
    "env": "write the variables under `envVars:`, each as `- key: NAME` with `value: …`; `env:` names the runtime",
    "envVars": "write each variable as an entry of a list: `- key: NAME` with `value: …`",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A mapping under examination. Shape: of a service whose type is none, `is_strange`, no key can be judged."""

    shape: Shape
    path: str
    file: str
    service: str = ""
    is_strange: bool = False

    def location(self, line: int) -> Location:
        return Location(self.file, line)

    def dotted(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def problems(root: Block, *, file: str) -> Iterator[Finding]:
    """Yield what is wrong with the keys of the document, each with its dotted path."""
    yield from _block(root, _Place(facts().shapes["root"], "", file))


def _block(block: Block, place: _Place) -> Iterator[Finding]:
    yield from _missing(block, place)
    yield from _repeated(block, place)
    for entry in block.entries:
        kind = place.shape.keys.get(entry.key)
        if kind is None:
            if not place.is_strange:
                yield _unknown(entry, place)
            continue
        if entry.key in place.shape.deprecated:
            yield _deprecated(entry, place)
        yield from _value(entry.value, kind, place, entry)


def _missing(block: Block, place: _Place) -> Iterator[Finding]:
    for key in place.shape.required:
        node = block.get(key)
        if node is None or (isinstance(node, Scalar) and not (nodes.text(node) or "").strip()):
            yield Finding(
                code=f"render-missing-key:{key}",
                outcome=Outcome.FAILED,
                message=f"{place.dotted(key)} is required",
                location=place.location(block.line),
                remedy=f"add `{key}:` to {place.path or 'the file'} in {place.file}",
                service=place.service,
            )


def _repeated(block: Block, place: _Place) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for entry in block.entries:
        if entry.key in seen:
            yield Finding(
                code=f"render-repeated-key:{entry.key}",
                outcome=Outcome.WARNING,
                message=f"{place.dotted(entry.key)} is given twice; at most one of the two counts",
                location=place.location(entry.line),
                evidence=(f"first given at line {seen[entry.key]}",),
                remedy=f"keep one `{entry.key}:` in {place.file}",
                certainty="certain that one is lost; YAML itself forbids repeated keys, and strict readers refuse them",
                service=place.service,
            )
        seen.setdefault(entry.key, entry.line)


def _unknown(entry: Entry, place: _Place) -> Finding:
    plain = entry.key.lower().replace("_", "").replace("-", "")
    near = difflib.get_close_matches(entry.key, place.shape.keys, n=1, cutoff=0.6)
    lower = {key.lower(): key for key in place.shape.keys}
    kind = "" if place.path else _SERVICES.get(plain, "")
    meant = "" if kind else lower.get(plain, near[0] if near else "")
    elsewhere = f"write what it holds as an entry of `services:` with `type: {kind}`" if kind else _ELSEWHERE.get(plain)
    return Finding(
        code=f"render-unknown-key:{entry.key}",
        outcome=Outcome.WARNING,
        message=f"{place.dotted(entry.key)} is no key that Render knows"
        + (f"; the nearest is {meant}" if meant else ""),
        location=place.location(entry.line),
        evidence=(f"{entry.key}:",),
        remedy=elsewhere
        or (f"rename it to `{meant}:` in {place.file}" if meant else f"remove `{entry.key}:` from {place.file}"),
        certainty=_SCHEMA_SAYS,
        service=place.service,
    )


def _deprecated(entry: Entry, place: _Place) -> Finding:
    instead = place.shape.deprecated[entry.key]
    return Finding(
        code=f"render-deprecated-key:{entry.key}",
        outcome=Outcome.NOTE,
        message=f"{place.dotted(entry.key)} is deprecated in favour of {instead}",
        location=place.location(entry.line),
        evidence=(f"{entry.key}:",),
        remedy=f"write `{instead}:` in its place in {place.file}",
        certainty="certain; Render still reads the old key",
        service=place.service,
    )


def _value(node: Node, kind: str, place: _Place, entry: Entry) -> Iterator[Finding]:
    if isinstance(node, Scalar) and node.kind is ScalarKind.NULL:
        return
    if kind.startswith("list of "):
        yield from _list(node, kind.removeprefix("list of "), place, entry)
    elif kind.startswith("a "):
        yield from _mapping(node, kind.removeprefix("a "), place, entry)
    elif kind == "texts":
        yield from _texts(node, place, entry)
    elif not _FITS[kind](node):
        yield _wrong(kind, place, entry)


def _list(node: Node, shape: str, place: _Place, entry: Entry) -> Iterator[Finding]:
    if not isinstance(node, Items):
        yield _wrong("list", place, entry)
        return
    for at, item in enumerate(node.items):
        path = f"{place.dotted(entry.key)}[{at}]"
        if not isinstance(item, Block):
            yield _wrong("mapping", place, entry, path=path, line=item.line)
            continue
        is_service = shape == "service"
        service = nodes.text(item.get("name")) or "" if is_service else place.service
        is_strange = is_service and not is_type(nodes.text(item.get("type")))
        yield from _block(item, _Place(facts().shapes[shape], path, place.file, service, is_strange))


def is_type(written: str | None) -> bool:
    """Whether Render has services of the type, by its present or its former name; where none is given, that is told."""
    return written is None or written.strip() in {*facts().values["type"].allowed, "redis", ""}


def _mapping(node: Node, shape: str, place: _Place, entry: Entry) -> Iterator[Finding]:
    if not isinstance(node, Block):
        yield _wrong("mapping", place, entry)
        return
    yield from _block(node, _Place(facts().shapes[shape], place.dotted(entry.key), place.file, place.service))


def _texts(node: Node, place: _Place, entry: Entry) -> Iterator[Finding]:
    if not isinstance(node, Items) or not all(isinstance(item, Scalar) for item in node.items):
        yield _wrong("texts", place, entry)


def _wrong(kind: str, place: _Place, entry: Entry, *, path: str = "", line: int = 0) -> Finding:
    where = path or place.dotted(entry.key)
    return Finding(
        code=f"render-wrong-type:{entry.key}",
        outcome=Outcome.FAILED if kind in _UNREADABLE else Outcome.WARNING,
        message=f"{where} must be {_NAMES[kind]}",
        location=place.location(line or entry.line),
        remedy=_VARIABLES.get(entry.key if isinstance(entry.value, Block) else "")
        or f"write {_NAMES[kind]} for `{entry.key}:` in {place.file}",
        certainty="" if kind in _UNREADABLE else "likely: Render's published schema asks for this type",
        service=place.service,
    )


def _is_scalar(node: Node) -> bool:
    return isinstance(node, Scalar)


def _is_integer(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind is ScalarKind.INTEGER and not node.is_quoted


def _is_flag(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind is ScalarKind.BOOLEAN


_FITS: dict[str, Callable[[Node], bool]] = {
    "text": _is_scalar,
    "value": _is_scalar,
    "integer": _is_integer,
    "flag": _is_flag,
}
_NAMES = {
    "text": "a text",
    "value": "a single value",
    "integer": "a whole number without quotes",
    "flag": "true or false without quotes",
    "list": "a list",
    "texts": "a list of texts",
    "mapping": "a mapping of keys to values",
}
_UNREADABLE = frozenset({"text", "value", "list", "texts", "mapping"})
