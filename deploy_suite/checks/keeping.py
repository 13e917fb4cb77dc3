"""What is kept of a check between runs: names for all that it depended on, and findings as JSON and back."""

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from enum import Enum
from pathlib import Path
from typing import Any, Final

from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Bindings, Literal, Variable
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.model.secret import Secret

_SUITE: Final = Path(__file__).parents[1]


def digest(*parts: object) -> str:
    """Return a name for *parts*: values of the model, secrets told apart but not readable from it."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=plain).encode()).hexdigest()[:32]


def surroundings(case: Case, bindings: Bindings) -> tuple[object, ...]:
    """Return what every check depends on beside the project's files: contract, answers, choices, suite."""
    contract = case.contract
    answers = {
        name: value
        for name, value in bindings.values.items()
        if name not in bindings.dummies and contract.variable(name) is None
    }
    variables = tuple(variable for variable in contract.variables if not _names_commit(variable, case))
    stated = asdict(replace(contract, variables=variables))
    return (stated, answers, asdict(replace(case.preferences, fresh=False)), _suite())


def _names_commit(variable: Variable, case: Case) -> bool:
    """Whether the value is the commit's id, which differs where the content does not."""
    return isinstance(variable.source, Literal) and variable.source.value.revealed() == case.snapshot.commit.sha


@functools.cache
def _suite() -> list[tuple[str, int, int]]:
    """Return what changes when the suite itself does."""
    found = []
    for folder, _, names in os.walk(_SUITE):
        for name in names:
            if name.endswith((".py", ".toml")):
                state = os.stat(f"{folder}/{name}")  # noqa: PTH116  three times as fast for some hundred files
                found.append((f"{folder}/{name}", state.st_size, state.st_mtime_ns))
    return sorted(found)


def plain(value: object) -> Any:  # noqa: ANN401  JSON's own values
    """Return *value* in the terms of JSON, for `json.dumps(default=)`."""
    match value:
        case Secret():
            return value.digest()
        case Enum():
            return value.value
        case Mapping():
            return dict(value)
        case frozenset():
            return sorted((plain(item) for item in value), key=str)
        case CheckResult() | Finding():
            return asdict(value)
        case _:
            return str(value)


def result(kept: Mapping[str, Any]) -> CheckResult:
    """Return the result that `plain` took apart."""
    return CheckResult(**{**kept, "findings": tuple(map(finding, kept["findings"]))})


def finding(kept: Mapping[str, Any]) -> Finding:
    """Return the finding that `plain` took apart."""
    location, mend = kept["location"], kept["mend"]
    return Finding(
        **{
            **kept,
            "outcome": Outcome(kept["outcome"]),
            "location": Location(**location) if location else None,
            "evidence": tuple(kept["evidence"]),
            "mend": Mend(**{**mend, "pythons": tuple(mend["pythons"])}) if mend else None,
        }
    )


def read(file: Path) -> Any:  # noqa: ANN401  JSON's own values
    """Return what *file* holds, None when it is not there or not whole."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write(file: Path, kept: object, *, at_most: int) -> None:
    """Write *kept* to *file* in one step, and remove the oldest of its neighbours beyond *at_most*."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(kept, default=plain)
    scratch = file.with_suffix(f".{hashlib.sha256(text.encode()).hexdigest()[:8]}")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(file)
    newest_last = sorted(file.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for old in newest_last[:-at_most]:
        old.unlink(missing_ok=True)
