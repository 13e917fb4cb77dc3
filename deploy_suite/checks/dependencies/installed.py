"""The environment's metadata into which distribution provides which import name, read from its files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from deploy_suite.environments import packages
from deploy_suite.environments.packages import Distribution


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed. Shape: `providers` maps top-level import names onto canonical distribution names."""

    providers: Mapping[str, frozenset[str]]

    @property
    def names(self) -> frozenset[str]:
        """The top-level names that can be imported."""
        return frozenset(self.providers)


def read(venv: Path) -> Installed:
    """Return what the environment in *venv* has."""
    found: dict[str, set[str]] = {}
    for distribution in packages.distributions(venv):
        name = canonicalize_name(packages.metadata(distribution)["Name"] or "")
        for top in _top_levels(distribution):
            found.setdefault(top, set()).add(name)
    return Installed({top: frozenset(names) for top, names in found.items()})


def _top_levels(distribution: Distribution) -> Iterator[str]:
    """Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/."""
    record = distribution.text("RECORD")
    if record is None:
        yield from (distribution.text("top_level.txt") or "").split()
        return
    tops = {line.partition(",")[0] for line in record.splitlines() if not line.startswith("..")}
    for path in tops:
        first, slash, rest = path.partition("/")
        if slash and rest.endswith((".py", ".so", ".pyd")) and first.isidentifier():
            yield first
        elif not slash and first.endswith((".py", ".so", ".pyd")):
            yield first.partition(".")[0]
