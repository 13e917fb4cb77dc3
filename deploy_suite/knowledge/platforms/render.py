"""platforms/render.toml into typed values."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_SIZED_PLAN: Final = re.compile(r"(?P<cpus>\d+(?:\.\d+)?)c-(?P<size>\d+)(?P<unit>mb|g|gb)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a plan grants."""

    name: str
    cpus: float
    memory_mib: int
    source: str

    @property
    def workers(self) -> int:
        """The number of processes that Render recommends on it. Source: docs/environment-variables."""
        return max(1, int(self.cpus))


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonDefault:
    """The Python of services created on or after `since` (ISO date) that name none."""

    since: str
    version: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that Render installs, the variable that chooses its version, and the newest default.

    Shape: `sign` is the file in the service's folder by which Render sees that it is wanted, "" where it always comes.
    """

    name: str
    variable: str
    default: str
    source: str
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueList:
    """The values that a key may take. `instead` maps words of other tools onto Render's own."""

    allowed: tuple[str, ...]
    source: str
    legacy: tuple[str, ...] = ()
    instead: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A mapping of a Blueprint: its keys with the kind of their values, those required, those outdated."""

    name: str
    keys: Mapping[str, str]
    required: tuple[str, ...]
    deprecated: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """All that the suite knows of Render.

    Units: `limits` in seconds. Shape: `variables` maps "both", "python", "build", "run", "run_http" and "run_web" onto
    names and templates of values; `python_defaults` newest first.
    """

    limits: Mapping[str, float]
    default_port: int
    reserved_ports: frozenset[int]
    host_suffix: str
    python_minimum: str
    python_defaults: tuple[PythonDefault, ...]
    tools: tuple[Tool, ...]
    variables: Mapping[str, Mapping[str, str]]
    plans: Mapping[str, Plan]
    values: Mapping[str, ValueList]
    ranges: Mapping[str, tuple[int, int]]
    shapes: Mapping[str, Shape]

    def plan(self, name: str) -> Plan | None:
        """Return the plan *name*, also in the API's spelling (`pro_plus`) or named by its size (`2c-4g`)."""
        usual = name.strip().lower().replace("_", " ").replace("-", " ")
        return self.plans.get(usual) or _sized(name.strip().lower())


def _sized(name: str) -> Plan | None:
    """Return the plan that its own name describes."""
    match = _SIZED_PLAN.fullmatch(name)
    if match is None:
        return None
    size = int(match["size"])
    return Plan(
        name=name,
        cpus=float(match["cpus"]),
        memory_mib=size if match["unit"] == "mb" else size * 1024,
        source="https://render.com/docs/blueprint-spec#plan",
    )


@cache
def facts() -> Render:
    """Return what is known of Render."""
    table = tomllib.loads(files("deploy_suite.knowledge.platforms").joinpath("render.toml").read_text("utf-8"))
    return Render(
        limits={name: float(value) for name, value in table["limits"].items() if name != "source"},
        default_port=table["port"]["default"],
        reserved_ports=frozenset(table["port"]["reserved"]),
        host_suffix=table["host"]["suffix"],
        python_minimum=table["python"]["minimum"],
        python_defaults=tuple(PythonDefault(**row) for row in table["python"]["defaults"]),
        tools=tuple(Tool(**row) for row in table["tools"]),
        variables={name: value for name, value in table["variables"].items() if name != "source"},
        plans={row["name"]: Plan(**row) for row in table["plans"]},
        values={name: _value_list(row) for name, row in table["values"].items()},
        ranges={name: (bounds[0], bounds[1]) for name, bounds in table["ranges"].items() if name != "source"},
        shapes={name: _shape(name, row) for name, row in table["shapes"].items()},
    )


def _value_list(row: Mapping[str, Any]) -> ValueList:
    return ValueList(
        allowed=tuple(row["allowed"]),
        legacy=tuple(row.get("legacy", ())),
        instead=dict(row.get("instead", {})),
        source=row["source"],
    )


def _shape(name: str, row: Mapping[str, Any]) -> Shape:
    return Shape(
        name=name,
        keys=dict(row["keys"]),
        required=tuple(row["required"]),
        deprecated=dict(row.get("deprecated", {})),
        source=row["source"],
    )
