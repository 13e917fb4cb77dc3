"""What fails for want of something is no failure of the target's where part of the commit or the image is not here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.distributions import is_known
from deploy_suite.model.contract import Container, StandIn
from deploy_suite.model.finding import CheckResult, Finding, Outcome

# How Python, shells, installers and this suite say that something is not there.
_IS_LACKING: Final = re.compile(
    r"ModuleNotFoundError|ImportError|FileNotFoundError|No such file or directory|not installable|No module named"
    r"|no installed package provides|has no such module|does not have there|is not where|can't open file|cannot find"
    r"|(?:is|was|were|could) not (?:be )?found|does not exist"
)
_MODULE: Final = re.compile(r"No module named '(?P<told>[\w.]+)'|(?P<read>[\w.]+) is imported")
_SHOWN: Final = 3
# How frameworks say that what a frontend's build brings is not there: by its name alone.
_OF_FILES: Final = re.compile(
    r"TemplateNotFound|TemplateDoesNotExist|Missing staticfiles manifest entry|MissingFileError"
    r"|Manifest(?:File)?NotFound|AssetNotFoundError"
)
_OF_LFS: Final = "git-lfs-failure"
_FETCH: Final = "git lfs install && git lfs pull, then run again; see also that the target's build fetches them"
_REMEDY: Final = "git submodule update --init --recursive"


def settled(results: Sequence[CheckResult], submodules: Sequence[str]) -> list[CheckResult]:
    """Return *results* of a snapshot that lacks *submodules*: what fails for want of something is left open."""
    return [replace(one, findings=tuple(_settled(finding, submodules) for finding in one.findings)) for one in results]


def behind_pointers(results: Sequence[CheckResult], pointers: Sequence[PurePosixPath]) -> list[CheckResult]:
    """Return *results* of a snapshot that holds *pointers* of Git LFS: what fails on one of them is left open."""
    if not pointers:
        return list(results)
    return [replace(one, findings=tuple(_behind(found, pointers) for found in one.findings)) for one in results]


def unmade(results: Iterable[CheckResult], container: Container) -> list[CheckResult]:
    """Return *results* of an image that lacks what *container* says of it: what fails for want of that is left open."""
    return [replace(one, findings=tuple(_unmade(found, container) for found in one.findings)) for one in results]


def _unmade(finding: Finding, container: Container) -> Finding:
    if finding.outcome not in {Outcome.FAILED, Outcome.WARNING}:
        return finding
    said = "\n".join((finding.message, *finding.evidence))
    is_of_files = bool(_OF_FILES.search(said))
    met = next((one for one in container.stand_ins if (is_of_files and one.is_site) or _is_below(one, said)), None)
    if met is None:
        return finding
    origin = f"{met.target} comes from {met.origin} ({container.dockerfile}:{met.line}), which is not built here"
    left = _left_open(finding, origin, f"look at it in the image itself: docker build -f {container.dockerfile} .")
    return replace(left, required=finding.outcome is Outcome.FAILED)


def _is_below(one: StandIn, said: str) -> bool:
    """Whether *said* misses a file or a module of what *one* stands for."""
    parts = PurePosixPath(one.path or one.target.lstrip("/")).parts
    ends = ["/".join(parts[at:]) for at in range(len(parts))]
    modules = [found["told"] or found["read"] for found in _MODULE.finditer(said)]
    if modules:
        return any(f"{module.replace('.', '/')}/".startswith(f"{end}/") for module in modules for end in ends)
    named = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, ends))})(?!\.?[\w-])")
    return any(_IS_LACKING.search(line) and named.search(line) for line in said.split("\n"))


def _behind(finding: Finding, pointers: Sequence[PurePosixPath]) -> Finding:
    said = "\n".join((finding.message, *finding.evidence))
    met = [pointer for pointer in pointers if pointer.name in said]
    if finding.outcome is not Outcome.FAILED or not (met or finding.code.startswith(_OF_LFS)):
        return finding
    return _left_open(
        finding, f"{(met or pointers)[0]} is a pointer of Git LFS here, and the target may have the file", _FETCH
    )


def _is_of_others(said: str) -> bool:
    """Whether what lacks is a package that is known: no submodule of the project holds it."""
    modules = [found["told"] or found["read"] for found in _MODULE.finditer(said)]
    return bool(modules) and all(map(is_known, modules))


def _settled(finding: Finding, submodules: Sequence[str]) -> Finding:
    said = "\n".join((finding.message, *finding.evidence))
    if not submodules or finding.outcome is not Outcome.FAILED:
        return finding
    if not _IS_LACKING.search(said) or _is_of_others(said):
        return finding
    more = len(submodules) - _SHOWN
    named = ", ".join(submodules[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return _left_open(
        finding, f"it may stand in {named}, which could not be had here, and the target may have it", _REMEDY
    )


def _left_open(finding: Finding, why: str, remedy: str) -> Finding:
    return replace(
        finding, outcome=Outcome.SKIPPED, required=True, remedy=remedy, certainty=f"not known: {why}", mend=None
    )
