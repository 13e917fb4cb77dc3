"""Outlines as JSON, schema 1: documented in docs/report.md."""

import json
from collections.abc import Sequence
from typing import Any, Final

from deploy_suite.checks.dependencies.outline import Outline, Package
from deploy_suite.model.location import Location
from deploy_suite.tracing.values import Chain

SCHEMA: Final = 1


def render(outlines: Sequence[Outline], *, why: str = "") -> str:
    """Return one JSON object with an element of `traces` for each entry point."""
    document = {"schema": SCHEMA, "traces": [_document(outline, why) for outline in outlines]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _document(outline: Outline, why: str) -> dict[str, Any]:
    trace = outline.trace
    entry = trace.entry
    common = {
        "entry": {
            "module": entry.module,
            "attribute": entry.attribute,
            "file": str(entry.file) if entry.file else None,
            "location": _location(entry.location),
        },
        "service": outline.service or None,
        "python": outline.python,
        "commit": outline.commit.sha if outline.commit else None,
        "notes": list(outline.notes),
    }
    if why:
        return {**common, "why": why, "chains": [_chain(chain) for chain in outline.chains(why)]}
    return {
        **common,
        "modules": [
            {"module": one.name, "file": one.file, "kind": one.kind.label, "chain": _chain(one.chain)}
            for one in trace.modules
        ],
        "packages": [_package(package) for package in outline.packages],
        "missing": [
            {"module": one.module, "kind": one.kind.label, "file": one.variant or None, "chain": _chain(one.chain)}
            for one in trace.missing
        ],
        "syntax": [
            {"file": one.file, "line": one.line, "message": one.message, "kind": one.kind.label}
            for one in trace.syntax_problems
        ],
        "shadows": [{"name": one.name, "file": one.file, "lacking": list(one.lacking)} for one in trace.shadows],
    }


def _package(package: Package) -> dict[str, Any]:
    listed = package.requirement
    return {
        "name": package.name,
        "distributions": list(package.distributions),
        "known_by": package.source.value,
        "presence": package.presence.value,
        "version": package.version or None,
        "requirement": {**(_location(listed.location) or {}), "text": listed.line.text} if listed else None,
        "kind": package.kind.label,
        "seconds": package.seconds,
        "imports": [
            {"module": one.module, "names": list(one.names), "kind": one.kind.label, "chain": _chain(one.chain)}
            for one in package.imports
        ],
    }


def _chain(chain: Chain) -> list[dict[str, Any]]:
    return [{"file": hop.file, "line": hop.line or None, "statement": hop.statement} for hop in chain.hops]


def _location(location: Location | None) -> dict[str, str | int | None] | None:
    return {"file": location.file, "line": location.line or None} if location else None
