"""What is read of environment variables in sources."""

from dataclasses import dataclass, field

from deploy_suite.model.location import Location
from deploy_suite.tracing.values import ImportKind


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableRead:
    """A place that cannot do without a variable.

    Shape: `names` are those of which one is enough, in the case in which a person sets them; `prefix` is what a name
    may start with instead (the parts of a nested settings class), "" for none; `way` is how the code asks.
    """

    names: tuple[str, ...]
    location: Location
    kind: ImportKind
    way: str
    is_exact: bool = True
    prefix: str = ""

    def is_met_by(self, present: frozenset[str]) -> bool:
        """Whether a variable of *present* satisfies the read; settings classes do not mind the case."""
        if self.is_exact:
            return bool(present & set(self.names))
        folded = {name.upper() for name in present}
        return any(
            name.upper() in folded or (self.prefix and any(one.startswith(self.prefix.upper()) for one in folded))
            for name in self.names
        )


@dataclass(frozen=True, slots=True)
class Making:
    """A call that makes an object of a class, which may be one of settings. Shape: `given` are its keywords."""

    name: str
    kind: ImportKind
    given: frozenset[str]


@dataclass(slots=True)
class FileReads:
    """What one file says. Shape: `given` are the variables that it sets itself, for all that runs after it."""

    required: list[VariableRead] = field(default_factory=list)
    makings: list[Making] = field(default_factory=list)
    given: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What all files together say. Shape: `given` are the variables that the code sets itself."""

    required: tuple[VariableRead, ...] = ()
    given: frozenset[str] = frozenset()
