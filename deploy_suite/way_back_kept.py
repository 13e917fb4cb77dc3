"""A sure answer about a way back, kept between runs under all that it depends on."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from deploy_suite.checks import keeping
from deploy_suite.environments import bindings
from deploy_suite.model.contract import Bindings
from deploy_suite.ports import Ports
from deploy_suite.releases.compatibility import Compatibility, Openness
from deploy_suite.sides import Side

_FOLDER: Final = "way_back"
_AT_MOST: Final = 200


def place(old: Side, new: Side, ports: Ports) -> Path:
    """Return where the answer is kept: both contents and contracts, the user's answers and the suite make its name."""
    parts = []
    for one in (old, new):
        repository = one.case.repository
        answers = bindings.answers_in(repository / one.contract.root) if repository else {}
        parts += [one.project.snapshot.commit.tree, keeping.surroundings(one.case, Bindings(values=answers))]
    return ports.workplace.cache / _FOLDER / f"{keeping.digest(*parts)}.json"


def keep(file: Path, found: Compatibility, ports: Ports) -> None:
    """Keep *found*, with the time at which it was."""
    keeping.write(file, {**asdict(found), "reused": ports.clock.utc()}, at_most=_AT_MOST)


def kept(file: Path) -> Compatibility | None:
    """Return what is kept, None where nothing is, or it was damaged."""
    found: Any = keeping.read(file)
    return _restored(found) if isinstance(found, Mapping) else None


def _restored(found: Mapping[str, Any]) -> Compatibility | None:
    try:
        lists = {name: tuple(map(str, value)) for name, value in found.items() if isinstance(value, list)}
        return Compatibility(**{**found, **lists, "verdict": Openness(found["verdict"])})
    except (KeyError, TypeError, ValueError):
        return None
