"""Shared libraries that packages want, no wheel brings and the target's image lacks, as far as that is known."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from deploy_suite.checks.packages import reach
from deploy_suite.checks.packages.subject import Subject, is_eager, seen
from deploy_suite.knowledge import system_libraries
from deploy_suite.knowledge.platforms.images import Image
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.tracing.values import ThirdPartyImport

_STEM: Final = re.compile(r"(lib[\w+-]+?)(?:-\d[\d.]*)?\.so.*")
_SHOWN: Final = 8


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield one finding for each distribution that lacks libraries, named by the first that the loader misses."""
    if subject.image and subject.image.glibc:
        yield from _linked(subject, subject.image)
        yield from _loaded(subject, subject.image)


def _linked(subject: Subject, image: Image) -> Iterator[Finding]:
    brought = reach.bundled(subject.compiled)
    for one in subject.compiled:
        if one.is_made_here:
            continue  # what it was linked with is this machine's; see `sources`
        wanted = [each for each in reach.foreign(one, brought) if _may_lack(image, each.name)]
        if wanted:
            found = subject.imported(one.modules)
            told = [f"{each.by} needs {each.name}" for each in wanted]
            yield _finding(subject, image, one.name, [each.name for each in wanted], told=told, found=found)


def _loaded(subject: Subject, image: Image) -> Iterator[Finding]:
    for row in system_libraries.loaded():
        lacking = [name for name in row.libraries if name not in image.libraries]
        if lacking and row.is_met(subject.versions):
            found = subject.imported([row.module])
            told = [f"{row.distribution} loads {name} by its name ({row.source})" for name in lacking]
            yield _finding(subject, image, row.distribution, lacking, told=told, found=found, when=row.when)


def _may_lack(image: Image, name: str) -> bool:
    """Whether *image* lacks the library, or is not known to have one that images often lack."""
    if name in image.libraries:
        return False
    return image.is_whole or system_libraries.library(name) is not None


def _finding(
    subject: Subject,
    image: Image,
    name: str,
    lacking: Sequence[str],
    *,
    told: Sequence[str],
    found: ThirdPartyImport | None,
    when: str = "",
) -> Finding:
    names = list(dict.fromkeys(lacking))
    is_sure = image.is_whole and is_eager(found) and not when
    is_far = found is None and not image.is_whole  # neither known to be lacking nor seen to be wanted
    has = "does not have" if image.is_whole else "may not have"
    version = subject.versions.get(name, "")
    return Finding(
        code=f"missing-system-lib:{stem(names[0])}",
        outcome=Outcome.FAILED if is_sure else Outcome.NOTE if is_far else Outcome.WARNING,
        message=f"{name} {version} needs {', '.join(names[:_SHOWN])}, which no package brings and the image "
        f"of the target ({image.name}) {has}",
        location=subject.place(name, found),
        evidence=(*((found.chain.shown(),) if found else ()), *dict.fromkeys(told[:_SHOWN])),
        remedy=_remedy(subject, name, names),
        certainty="" if is_sure else _certainty(image, names, found=found, when=when),
    )


def stem(library: str) -> str:
    """Return "libGL" for "libGL.so.1", as slugs have it."""
    match = _STEM.fullmatch(library)
    return match[1] if match else library.partition(".so")[0]


def _certainty(image: Image, names: Sequence[str], *, found: ThirdPartyImport | None, when: str) -> str:
    fails = f"without it the service fails {when}" if when else "without it the import fails"
    imports = "" if is_eager(found) else f"; {seen(found)}"
    if image.is_whole:
        return f"certain as far as the image goes: {fails}{imports}"
    if set(names) <= image.likely:
        return f"it may well be there, for {image.likely_because}; no list says so, and {fails}{imports}"
    return f"open: no public list of what the image has names it ({image.sources[0]}), and {fails}{imports}"


def _remedy(subject: Subject, name: str, names: Sequence[str]) -> str:
    rows = [row for each in names if (row := system_libraries.library(each))]
    instead = next((row.instead[name] for row in rows if name in row.instead), "")
    line = subject.declared.listed(frozenset({name}))
    where = f" in {line.location}" if line else ""
    packages = dict.fromkeys(row.packages[0] for row in rows)
    ways = []
    if instead:
        ways.append(f"require {instead} in place of {name}{where}")
    if packages:
        ways.append(
            f"deploy an image of your own in which `apt-get install -y {' '.join(packages)}` was run"
            if not subject.case.contract.build or not instead
            else f"deploy a Docker image that installs {' '.join(packages)}"
        )
    return "; or ".join(ways) or f"deploy an image that has {', '.join(names)}, or do without {name}"
