"""Modules of the project that the start imports and the image does not get."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy_suite.images.reading import Made
from deploy_suite.images.records import Copied, Ran
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import EntryPoint
from deploy_suite.tracing.values import ImportKind, OwnModule, Trace


def modules(made: Made, entry: EntryPoint, trace: Trace) -> Iterator[Finding]:
    """Yield modules of *trace*, made of the whole repository, that lie where the server looks and not in the image.

    Shape: what a requirement may bring is left out, and so is all where another stage that is made here, or a RUN line,
    may write files.
    """
    if made.is_open:
        return
    installed = "\n".join(_installing(made))
    told: set[str] = set()
    for module in trace.modules:
        place = PurePosixPath(module.file)
        top = module.name.partition(".")[0]
        is_there = place in made.layout.origins or place in made.layout.written
        is_there = is_there or any(one.path and place.is_relative_to(one.path) for one in made.stand_ins)
        if is_there or module.kind is not ImportKind.EAGER or top in told or not module.chain.hops:
            continue
        if entry.file is not None and entry.file not in made.layout.origins:
            return
        if re.search(rf"(?i)\b{re.escape(top).replace('_', '[-_.]')}\b", installed):
            continue
        told.add(top)
        yield _finding(module, place, made)


def _installing(made: Made) -> Iterator[str]:
    """Yield the texts that name what is installed."""
    for record in made.records:
        if isinstance(record, Ran):
            yield record.source
    for origin in made.layout.origins.values():
        if origin.suffix in {".txt", ".in", ".toml", ".lock", ".cfg"} or origin.name.startswith("Pipfile"):
            try:
                yield (made.context.top / origin).read_text(encoding="utf-8", errors="replace")
            except (OSError, ValueError):
                continue


def _finding(module: OwnModule, place: PurePosixPath, made: Made) -> Finding:
    hop = module.chain.last
    context = made.context.root
    inside = place.relative_to(context) if place.is_relative_to(context) else place
    rule = made.context.files().get(inside)
    lines = [str(record.line) for record in made.records if isinstance(record, Copied)]
    reason = (
        f"{made.context.ignore_file}:{rule.line} leaves it out ({rule.text})"
        if rule
        else f"no COPY of {made.file} takes it (lines {', '.join(lines) or 'none'})"
    )
    top = inside.parts[0] if inside.parts else str(inside)
    return Finding(
        code=f"docker-file-not-copied:{module.name}",
        outcome=Outcome.FAILED,
        message=f"{module.name} is imported when the service starts, and {place} does not get into the image: {reason}",
        location=hop.location,
        evidence=(module.chain.shown(), f"{made.file}:{lines[-1] if lines else 1}"),
        remedy=f"take `{rule.text}` out of {made.context.ignore_file}"
        if rule
        else f"add `COPY {top} ./{top}` to {made.file}, or copy the whole folder",
        reproduce=str(Location(hop.file, hop.line)),
    )
