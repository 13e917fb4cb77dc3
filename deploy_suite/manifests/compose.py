"""A compose file into its services, each part with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy_suite.manifests import yaml_document
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.yaml_document import Block, Items, Node, Scalar, ScalarKind
from deploy_suite.model.location import Location

NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_REFERENCE: Final = re.compile(
    r"\$(?:\$|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<sign>:?[-?+])(?P<word>[^{}]*))?\})"
)
_PORT: Final = re.compile(r"(?:.*:)?(?P<port>\d{1,5})(?:-\d+)?(?:/(?:tcp|udp))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An entry of `environment`. Shape: `value` is None where the caller's own environment has to give it."""

    name: str
    value: str | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How the image is built. Shape: `context` is relative to the file; `dockerfile` to the context."""

    context: str
    line: int
    dockerfile: str = "Dockerfile"
    target: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A command. Shape: `words` are those of a list, () where `text` is written as one line."""

    text: str
    line: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service.

    Shape: `ports` are those inside of the container, 0 for one that only the caller knows; `profiles` are
    those of which the caller has to name one for it to be started at all.
    """

    name: str
    line: int
    build: Build | None = None
    command: Words | None = None
    environment: tuple[Variable, ...] = ()
    ports: tuple[int, ...] = ()
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compose:
    """The file."""

    file: str
    services: tuple[Service, ...]


def parse(text: str, *, file: str) -> Compose:
    """Return the services of *text*.

    Raises: ManifestError when it is no YAML, or no mapping with services.
    Source: https://docs.docker.com/reference/compose-file/services/
    """
    root = yaml_document.parse(text, file=file)
    listed = root.get("services") if isinstance(root, Block) else None
    if not isinstance(listed, Block):
        raise ManifestError("it has no mapping `services`", Location(file, 1))
    services = (
        _service(entry.key, entry.line, entry.value) for entry in listed.entries if isinstance(entry.value, Block)
    )
    return Compose(file=file, services=tuple(services))


def interpolated(text: str) -> str | None:
    """Return *text* with the defaults of its references, None where one has none: only the caller knows it then.

    Source: https://docs.docker.com/reference/compose-file/interpolation/
    """
    is_known = True

    def value(found: re.Match[str]) -> str:
        nonlocal is_known
        if found[0] == "$$":
            return "$"
        if (found["sign"] or "").endswith("-"):
            return found["word"]
        is_known = is_known and (found["sign"] or "").endswith("+")
        return ""

    written = _REFERENCE.sub(value, text)
    return written if is_known else None


def _service(name: str, line: int, block: Block) -> Service:
    return Service(
        name=name,
        line=line,
        build=_build(block.get("build")),
        command=_words(block.get("command")),
        environment=tuple(_variables(block.get("environment"))),
        ports=tuple(_ports(block.get("ports"))),
        profiles=tuple(_listed(block.get("profiles"))),
    )


def _text(node: Node | None) -> str:
    """Return a scalar's text with defaults in place of references, "" for anything else."""
    if not isinstance(node, Scalar) or node.kind is ScalarKind.NULL:
        return ""
    return interpolated(node.text) or ""


def _build(node: Node | None) -> Build | None:
    match node:
        case Scalar() if _text(node):
            return Build(context=_text(node), line=node.line)
        case Block():
            return Build(
                context=_text(node.get("context")) or ".",
                line=node.line,
                dockerfile=_text(node.get("dockerfile")) or "Dockerfile",
                target=_text(node.get("target")),
                is_inline=node.get("dockerfile_inline") is not None,
            )
        case _:
            return None


def _words(node: Node | None) -> Words | None:
    match node:
        case Scalar() if node.kind is not ScalarKind.NULL and node.text.strip():
            return Words(text=_escaped(node.text).strip(), line=node.line)
        case Items(items=items):
            words = tuple(_escaped(item.text) for item in items if isinstance(item, Scalar))
            return Words(text=" ".join(words), line=node.line, words=words) if words else None
        case _:
            return None


def _escaped(text: str) -> str:
    """Return *text* as the container sees it: defaults in, `$$` as `$`, what only the caller knows as it stands."""
    known = interpolated(text)
    return text.replace("$$", "$") if known is None else known


def _variables(node: Node | None) -> Iterator[Variable]:
    match node:
        case Block(entries=entries):
            for entry in entries:
                is_scalar = isinstance(entry.value, Scalar) and entry.value.kind is not ScalarKind.NULL
                value = interpolated(entry.value.text) if is_scalar and isinstance(entry.value, Scalar) else None
                yield Variable(name=entry.key, value=value, line=entry.line)
        case Items(items=items):
            for item in items:
                if isinstance(item, Scalar):
                    name, equals, value = item.text.partition("=")
                    yield Variable(name=name.strip(), value=interpolated(value) if equals else None, line=item.line)
        case _:
            return


def _listed(node: Node | None) -> Iterator[str]:
    """Yield texts: one, or a list of them."""
    yield from filter(None, map(_text, node.items if isinstance(node, Items) else (node,)))


def _ports(node: Node | None) -> Iterator[int]:
    for item in node.items if isinstance(node, Items) else ():
        target = item.get("target") if isinstance(item, Block) else item
        found = _PORT.fullmatch(_text(target))
        yield int(found["port"]) if found else 0
