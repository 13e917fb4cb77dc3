"""deploy.toml: only what the manifests of the targets cannot say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_suite.model.probe import Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What deploy.toml says of one service. Shape: `entry` is "module:attribute" or ""."""

    entry: str = ""
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """deploy.toml as a value. `pythons` and `targets` span the matrix of cells; empty means the contract's own."""

    pythons: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    services: Mapping[str, ServiceSettings] = field(default_factory=dict)


def parse(text: str, *, file: str) -> Settings:
    """Return what *text* says. Raises: UsageError listing all mistakes at once, each with its dotted path and the
    nearest known key."""
    raise NotImplementedError
