"""Packages that have no wheel for the target and are compiled there: what that takes, and whether the target has it."""

from collections.abc import Iterator

from deploy_suite.checks.packages import reach
from deploy_suite.checks.packages.binaries import Compiled
from deploy_suite.checks.packages.subject import Subject
from deploy_suite.knowledge import system_libraries
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.knowledge.system_libraries import SourceBuild
from deploy_suite.model import python_series
from deploy_suite.model.finding import Finding, Outcome

_NOTHING = SourceBuild(distribution="", tools=(), packages=(), source="")


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield what is compiled on the target: a note where its image has all that takes. Pure Python is not told."""
    brought = reach.bundled(subject.compiled)
    by_name = {one.name: one for one in subject.compiled}
    made_here = {one.name for one in subject.compiled if one.is_made_here}
    for name in sorted((subject.from_source | made_here) & by_name.keys()):
        one = by_name[name]
        row = system_libraries.source_builds().get(name, _NOTHING)
        image = subject.image
        tools = [tool for tool in row.tools if image is None or tool not in image.tools]
        wanted = dict.fromkeys(each.name for each in reach.foreign(one, brought))
        libraries = [each for each in wanted if not _has(image, each)]
        yield _finding(one, subject, row, tools=tools, libraries=libraries)


def _has(image: Image | None, library: str) -> bool:
    return library in image.libraries if image else library.startswith(("libc.so", "libm.so", "libgcc_s", "libstdc++"))


def _finding(one: Compiled, subject: Subject, row: SourceBuild, *, tools: list[str], libraries: list[str]) -> Finding:
    image, line = subject.image, subject.declared.listed(frozenset({one.name}))
    # An image is what its last stage is: what an earlier one compiles with, it does not have.
    is_sure = bool(tools) and image is not None and image.is_whole and subject.case.contract.container is None
    series = python_series.of(subject.case.python)
    verb = "cannot be compiled on the target" if is_sure else "has to be compiled on the target"
    instead = f"require {row.instead} in place of {one.name}; or " if row.instead else ""
    needs = f"; its image must have {' '.join(row.packages)}" if tools and row.packages else ""
    return Finding(
        code=f"build-failure:{one.name}" if is_sure else f"compiled-from-source:{one.name}",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING if tools or libraries else Outcome.NOTE,
        message=f"{one.name} {one.version} has no wheel for Python {series} and {verb}",
        location=line.location if line else None,
        evidence=(
            *((f"compiling it takes {', '.join(row.tools)} ({row.source})",) if row.tools else ()),
            *((f"compiled here, it loads {', '.join(libraries)}",) if libraries else ()),
        ),
        remedy=f"{instead}require a version of {one.name} that has a wheel for Python {series}, "
        f"or pin a Python for which there is one{needs}",
        certainty="" if is_sure else _certainty(image, tools=tools, libraries=libraries),
        reproduce=f"pip download --no-deps --only-binary :all: {one.name}=={one.version}",
    )


def _certainty(image: Image | None, *, tools: list[str], libraries: list[str]) -> str:
    lacking = ", ".join((*tools, *libraries))
    if not lacking:
        return "it compiled on this machine, and the target's image has what that takes; it costs time in each build"
    if image is None:
        return f"it compiled on this machine; the target must have {lacking} too"
    if image.is_whole:
        return f"the image does not have {lacking}, so its build fails unless an earlier stage compiles it"
    if libraries and not tools and set(libraries) <= image.likely:
        return f"it compiled on this machine, and the target may well have {lacking}, for {image.likely_because}"
    return f"it compiled on this machine; no public list of what the target's image has names {lacking}"
