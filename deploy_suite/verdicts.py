"""Good verdicts kept between runs: what has not changed in any part need not be rehearsed again."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Final

from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Bindings, FromDatabase, Generated, Variable
from deploy_suite.model.finding import CheckResult, Finding, Location, Outcome
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Ports

_FOLDER: Final = "verdicts"
_KEPT_AT_MOST: Final = 500
_GOOD: Final = frozenset({Outcome.PASSED, Outcome.WARNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an earlier run found in the same thing. Shape: `when` is ISO 8601, UTC."""

    when: str
    python: str
    results: tuple[CheckResult, ...]


def stem(case: Case, bindings: Bindings) -> str:
    """Return a name for all that a verdict depends on but the environment, which takes a while to tell.

    Shape: with the key of the environment behind it, it is the name under which a verdict is kept.
    """
    contract = case.contract
    pushed = [case.state.upstream, *(commit.sha for commit in case.state.unpushed)]
    answers = {
        name: value
        for name, value in bindings.values.items()
        if name not in bindings.dummies and not _is_made_up(contract.variable(name))
    }
    chosen = asdict(replace(case.preferences, fresh=False))
    parts = [case.snapshot.commit.tree, pushed, asdict(contract), answers, chosen, _suite()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=_plain).encode()).hexdigest()[:32]


def is_known(start: str, ports: Ports) -> bool:
    """Whether any verdict is kept under a name that begins with *start*."""
    return any((ports.workplace.cache / _FOLDER).glob(f"{start}-*.json"))


def _is_made_up(variable: Variable | None) -> bool:
    """Whether the value differs from run to run without meaning anything."""
    return variable is not None and isinstance(variable.source, Generated | FromDatabase)


def find(name: str, ports: Ports) -> Verdict | None:
    """Return the verdict kept under *name*; a file that cannot be read counts for none."""
    try:
        kept = json.loads(_file(name, ports).read_text(encoding="utf-8"))
        return Verdict(when=kept["when"], python=kept["python"], results=tuple(map(_result, kept["results"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(name: str, results: Iterable[CheckResult], *, python: str, ports: Ports) -> None:
    """Keep *results* if all of them are good: what failed or was skipped is looked at anew each time."""
    kept = tuple(results)
    if any(result.outcome not in _GOOD for result in kept):
        return
    file = _file(name, ports)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"when": ports.clock.utc(), "python": python, "results": kept}, default=_plain)
    scratch = ports.workplace.run_folder / file.name
    scratch.write_text(text, encoding="utf-8")
    shutil.move(scratch, file)  # the run's folder may lie on another disk than the cache
    _trim(file.parent)


def _file(name: str, ports: Ports) -> Path:
    return ports.workplace.cache / _FOLDER / f"{name}.json"


def _trim(folder: Path) -> None:
    oldest_first = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    for file in oldest_first[:-_KEPT_AT_MOST]:
        file.unlink(missing_ok=True)


def _suite() -> list[tuple[str, int, int]]:
    """Return what changes when the suite itself does."""
    top = Path(__file__).parent
    files = sorted(path for path in top.rglob("*") if path.suffix in {".py", ".toml"})
    return [(str(path.relative_to(top)), path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def _plain(value: object) -> Any:  # noqa: ANN401  JSON's own values
    match value:
        case Secret():
            return hashlib.sha256(value.revealed().encode()).hexdigest()
        case Enum():
            return value.value
        case Mapping():
            return dict(value)
        case frozenset():
            return sorted((_plain(item) for item in value), key=str)
        case CheckResult():
            return asdict(value)
        case _:
            return str(value)


def _result(kept: Mapping[str, Any]) -> CheckResult:
    return CheckResult(**{**kept, "findings": tuple(map(_finding, kept["findings"]))})


def _finding(kept: Mapping[str, Any]) -> Finding:
    location = kept["location"]
    return Finding(
        **{
            **kept,
            "outcome": Outcome(kept["outcome"]),
            "location": Location(**location) if location else None,
            "evidence": tuple(kept["evidence"]),
        }
    )
