"""Django's SECRET_KEY that is empty because the variable which holds it on the target is not stated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from deploy_suite.checks import environment_reads
from deploy_suite.manifests import own_files
from deploy_suite.model.contract import Contract
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.project import snapshot_files

CODE: Final = "empty-secret-key"
_GIVEN: Final = re.compile(r"^(?:SECRET_KEY\s*=\s*)+(?:str\()?" + environment_reads.WITHOUT_VALUE, re.MULTILINE)
_MOST_FILES: Final = 50


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable that the service lacks, and the line that takes the key from it without another value."""

    name: str
    location: Location


def unset(top: Path, contract: Contract) -> Unset | None:
    """Return the variable that the settings below *top* take the key from, where the contract has no such variable."""
    for file in islice(own_files.settings(top, contract.root), _MOST_FILES):
        text = snapshot_files.text(top, file) or ""
        match = _GIVEN.search(text)
        if match and contract.variable(match["name"]) is None:
            return Unset(match["name"], Location(file.as_posix(), text.count("\n", 0, match.start()) + 1))
    return None


def finding(found: Unset, command: str, *, evidence: Sequence[str]) -> Finding:
    """Return the finding: the checks go on with a made-up value, and tell what no manifest states."""
    return Finding(
        code=f"missing-env-var:{found.name}",
        outcome=Outcome.FAILED,
        message=f"the build needs {found.name}, from which Django's SECRET_KEY is taken",
        location=found.location,
        evidence=tuple(evidence),
        reproduce=command,
    )
