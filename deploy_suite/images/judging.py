"""What was found in the tree that stands for an image into what that proves of the image itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.model.contract import Container, Contract
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location

_ABSOLUTE: Final = re.compile(r"(?:^|(?<=[\s'\"`(=:]))/(?P<top>[A-Za-z0-9_.][\w.+-]*)(?:/[\w.+-]+)*")
_DEPTH: Final = 2
_TESTED: Final = frozenset({"environment", "imports", "migrations", "pre-deploy", "boot"})
_NOT_FOUND: Final = ("start-command-not-found", "missing-system-binary", "missing-system-lib")
_OF_SHELL: Final = "shell-dialect"
# Images whose `sh` is dash, as it is here where a script ended on that; busybox's and Fedora's know more.
_WITH_DASH: Final = re.compile(r"(?:^|/)(?:python|debian|ubuntu)(?![\w-])(?!.*alpine)")
# Folders that every machine has: what lies there is not for want of the image's own folders.
_EVERYWHERE: Final = frozenset(
    {"usr", "bin", "lib", "lib64", "dev", "proc", "sys", "etc", "tmp", "var", "sbin", "opt", "root"}
)


def judged(result: CheckResult, contract: Contract) -> CheckResult:
    """Return *result* with the repository's own paths, and SKIPPED what may fail for want of the image alone."""
    container = contract.container
    if container is None:
        return result
    origins = {place: origin for place, origin in container.files if place != origin}
    findings = tuple(
        _softened(_moved(finding, origins), contract, container, check=result.check) for finding in result.findings
    )
    return replace(result, findings=findings)


def _moved(finding: Finding, origins: dict[str, str]) -> Finding:
    place = finding.location
    if place is None or place.file not in origins:
        return finding
    return replace(finding, location=Location(origins[place.file], place.line))


def _softened(finding: Finding, contract: Contract, container: Container, *, check: str) -> Finding:
    if finding.outcome is not Outcome.FAILED or check not in _TESTED:
        return finding
    path = _own_path((finding.message, *finding.evidence), container)
    if path:
        return _skipped(finding, f"{path} is a path of the image, which has no counterpart here", container)
    if finding.code == _OF_SHELL and not _WITH_DASH.search(contract.image):
        return _skipped(finding, "which shell `sh` is in the image is not known here", container)
    if finding.code.startswith(_NOT_FOUND) and (contract.image_packages or container.left_out or container.stand_ins):
        return _skipped(finding, "what the image installs beside Python is not installed here", container)
    return finding


def _own_path(texts: Iterable[str], container: Container) -> str:
    """Return the first path in *texts* that only the image has, "" where there is none."""
    tops = {PurePosixPath(container.workdir).parts[1:2]}
    tops |= {PurePosixPath(place).parts[1:2] for place, _ in container.files if place.startswith(".image/")}
    tops |= {("app",), ("code",), ("data",), ("models",), ("home",), ("workspace",), ("srv",)}
    folders = tuple(_folders(container))
    for text in texts:
        for found in _ABSOLUTE.finditer(text):
            is_own = (found["top"],) in tops and found["top"] not in _EVERYWHERE
            is_own = is_own or any(PurePosixPath(found[0]).is_relative_to(folder) for folder in folders)
            is_route = re.search(rf"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD)\s+{re.escape(found[0])}", text)
            if is_own and not is_route:
                return found[0]
    return ""


def _folders(container: Container) -> Iterator[PurePosixPath]:
    """Yield the folders, too deep for a machine to have them anyway, in which the image works or that it makes."""
    made = (found[0] for command in container.left_out for found in _ABSOLUTE.finditer(command))
    for path in map(PurePosixPath, (container.workdir, *made)):
        if len(path.parts) > _DEPTH and path.parts[1] != "usr":
            yield path


def _skipped(finding: Finding, reason: str, container: Container) -> Finding:
    return replace(
        finding,
        code="cannot-check-here",
        outcome=Outcome.SKIPPED,
        message=f"cannot be checked here: {finding.message}; {reason}",
        remedy=f"look at it in the image itself: docker build -f {container.dockerfile} .",
        certainty="",
        required=True,
    )
