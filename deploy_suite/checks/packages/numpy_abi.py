"""Extension modules built for NumPy 1 beside a NumPy 2, which no resolver sees where their metadata set no bound."""

from collections.abc import Iterator
from typing import Final

from packaging.version import InvalidVersion, Version

from deploy_suite.checks.packages.binaries import Compiled
from deploy_suite.checks.packages.numpy_api import NumpyApi
from deploy_suite.checks.packages.subject import Subject, is_eager, seen
from deploy_suite.model.finding import Finding, Outcome

FAMILY: Final = "numpy-abi"
_SECOND: Final = 2
_FILES_SHOWN: Final = 3


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each distribution that the NumPy of *subject* is too new for."""
    version = subject.versions.get("numpy", "")
    if _major(version) >= _SECOND:
        for one in subject.compiled:
            if one.name != "numpy" and is_only_for_first(one):
                yield _finding(one, version, subject)


def is_only_for_first(one: Compiled) -> bool:
    """Whether *one* was built with the headers of NumPy 1, judged by all of its extension modules together."""
    known = {file.numpy for file in one.extensions}
    return NumpyApi.ONLY_FIRST in known and NumpyApi.BOTH not in known


def _major(version: str) -> int:
    try:
        return Version(version).major
    except InvalidVersion:
        return 0


def _finding(one: Compiled, numpy: str, subject: Subject) -> Finding:
    found = subject.imported(one.modules)
    is_sure = is_eager(found)
    old = [file.path for file in one.extensions if file.numpy is NumpyApi.ONLY_FIRST]
    more = f" and {len(old) - _FILES_SHOWN} more" if len(old) > _FILES_SHOWN else ""
    module = found.name if found else next(iter(one.modules), one.name)
    return Finding(
        code=f"{FAMILY}:{one.name}",
        outcome=Outcome.FAILED if is_sure else Outcome.WARNING,
        message=f"{one.name} {one.version} is built for NumPy 1, and the NumPy beside it is {numpy}",
        location=subject.place(one.name, found),
        evidence=(
            *((found.chain.shown(),) if found else ()),
            f"knows only the C API of NumPy 1: {', '.join(old[:_FILES_SHOWN])}{more}",
        ),
        remedy=_remedy(one, subject),
        certainty="" if is_sure else f"it fails as soon as it is imported; {seen(found)}",
        reproduce=f"pip install '{one.name}=={one.version}' 'numpy=={numpy}' && python -c 'import {module}'",
    )


def _remedy(one: Compiled, subject: Subject) -> str:
    numpy = subject.declared.listed(frozenset({"numpy"}))
    pin = (
        f"write `numpy<2` in place of `{numpy.line.text}` ({numpy.location})"
        if numpy
        else subject.declared.add("numpy<2")
    )
    own = subject.declared.listed(frozenset({one.name}))
    where = f" in {own.location}" if own else ""
    return f"{pin}; or raise {one.name}{where} to a release that is built for NumPy 2"
