"""An outline as text for a person: a tree in the order in which Python runs it, or the ways to one module."""

from collections.abc import Iterator, Mapping
from typing import Final

from deploy_suite.checks.dependencies.outline import NameSource, Outline, Package, Presence
from deploy_suite.model.wording import counted
from deploy_suite.tracing.values import Chain, ImportKind, MissingModule, OwnModule, ThirdPartyImport

_Node = OwnModule | ThirdPartyImport | MissingModule
_WIDEST: Final = 58
_CHAINS_SHOWN: Final = 5
_UNTOLD: Final = frozenset({ImportKind.TYPING})


def render(outline: Outline, *, why: str = "") -> str:
    """Return the tree, or with *why* the ways to that module."""
    body = _ways(outline, why) if why else [*_tree(outline), "", *_summary(outline)]
    return "\n".join([*_heading(outline), "", *body]) + "\n"


def _heading(outline: Outline) -> Iterator[str]:
    entry = outline.trace.entry
    what = entry.spec if entry.attribute not in {"", "__name__"} else entry.module if entry.attribute else entry.file
    whose = f", service {outline.service}" if outline.service else ""
    commit = f"commit {outline.commit.short}" if outline.commit else "the folder as it lies"
    place = f" ({entry.location})" if entry.location else ""
    yield f"{what}{place}{whose}: Python {outline.python} on Linux, {commit}"
    yield from (f"  note: {note}" for note in outline.notes)


def _tree(outline: Outline) -> Iterator[str]:
    """Yield a line a module of the project, and a line a package where each module imports it first."""
    children = _children(outline)
    stack: list[tuple[_Node, str, str]] = [(node, "", "") for node in reversed(children.get("", ()))]
    while stack:
        node, lead, branch = stack.pop()
        left = f"{lead}{branch}{_name(outline, node)}"
        yield f"{left:<{_WIDEST}}  {_told(outline, node)}".rstrip()
        inner = children.get(node.file, ()) if isinstance(node, OwnModule) else ()
        below = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        for index, child in enumerate(reversed(inner)):
            stack.append((child, below, "├─ " if index else "└─ "))


def _children(outline: Outline) -> Mapping[str, list[_Node]]:
    """Return what each file imports first, by line; under "" what the server itself imports."""
    trace = outline.trace
    files = set(trace.files)
    children: dict[str, dict[str, _Node]] = {}
    nodes: list[_Node] = [*trace.modules, *trace.imports, *trace.missing]
    for node in nodes:
        if node.kind in _UNTOLD:
            continue
        parent = node.chain.last.file if node.chain.hops else ""
        beside = children.setdefault(parent if parent in files else "", {})
        kept = beside.setdefault(_name(outline, node, bare=True), node)
        if node.kind < kept.kind:
            beside[_name(outline, node, bare=True)] = node
    return {file: sorted(nodes.values(), key=_line) for file, nodes in children.items()}


def _line(node: _Node) -> int:
    return node.chain.last.line if node.chain.hops else 0


def _name(outline: Outline, node: _Node, *, bare: bool = False) -> str:
    kind = "" if bare or node.kind is ImportKind.EAGER else f" ({node.kind.label})"
    if isinstance(node, OwnModule):
        return f"{node.file}{kind}"
    return f"{outline.package_of(node).name if isinstance(node, ThirdPartyImport) else node.module}{kind}"


def _told(outline: Outline, node: _Node) -> str:
    place = str(node.chain.last.location) if node.chain.hops else "the entry point"
    if isinstance(node, MissingModule):
        return f"{place}  MISSING: the project has no such module"
    if isinstance(node, OwnModule):
        return place
    return f"{place}  {told(outline.package_of(node))}"


def told(package: Package) -> str:
    """Return what brings *package*: `numpy 1.26.4, requirements.txt:24, 0.14 s`."""
    names = " or ".join(package.distributions)
    if package.presence is Presence.MISSING:
        where = f", though {package.requirement.location} lists it" if package.requirement else ""
        return f"MISSING: nothing installed provides it{where} (usually {names})"
    parts = [f"{names} {package.version}".strip()]
    if package.requirement is not None:
        parts.append(str(package.requirement.location))
    elif package.presence is Presence.INSTALLED:
        parts.append("brought by another requirement")
    else:
        guess = ", if that is its distribution" if package.source is NameSource.SAME_NAME else ""
        parts.append(f"no requirement names it{guess}")
    if package.seconds is not None:
        parts.append(f"{package.seconds:.2f} s")
    return ", ".join(parts)


def _summary(outline: Outline) -> Iterator[str]:
    trace = outline.trace
    counts = {kind: sum(package.kind is kind for package in outline.packages) for kind in ImportKind}
    kinds = ", ".join(f"{count} {kind.label}" for kind, count in counts.items() if count)
    yield f"{len(trace.files)} of the project's files, {counted(len(outline.packages), 'package')}" + (
        f" ({kinds})" if kinds else ""
    )
    timed = sorted((p for p in outline.packages if p.seconds), key=lambda p: p.seconds or 0.0, reverse=True)
    if timed:
        yield "slowest to import: " + ", ".join(f"{p.name} {p.seconds:.2f} s" for p in timed[:5])
    for problem in trace.syntax_problems:
        yield f"{problem.file}:{problem.line}: Python {outline.python} cannot read this: {problem.message}"
    for shadow in trace.shadows:
        yield f"{shadow.file} is found in place of {shadow.name}, and has no {', '.join(shadow.lacking)}"


def _ways(outline: Outline, wanted: str) -> Iterator[str]:
    chains = outline.chains(wanted)
    package = next((p for p in outline.packages if wanted in {p.name, *p.distributions}), None)
    if package:
        yield f"{wanted}: {told(package)}"
    if not chains:
        yield f"starting it does not import {wanted}"
    nodes: list[_Node] = [*outline.trace.imports, *outline.trace.modules, *outline.trace.missing]
    kinds = {node.chain: node.kind for node in nodes}
    for chain in chains[:_CHAINS_SHOWN]:
        yield ""
        yield f"{kinds[chain].label}:"
        yield from _hops(chain)
    if len(chains) > _CHAINS_SHOWN:
        yield f"\n{len(chains) - _CHAINS_SHOWN} more ways (--format json has them)"


def _hops(chain: Chain) -> Iterator[str]:
    if not chain.hops:
        yield "  it is the entry point"
    width = max((len(str(hop.location)) for hop in chain.hops), default=0)
    yield from (f"  {hop.location!s:<{width}}  {hop.statement}" for hop in chain.hops)
