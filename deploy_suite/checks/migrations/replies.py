"""What the rehearser said, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, Final, Self

PROCESS: Final = "process"
ENDED: Final = "process ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One level of a traceback."""

    file: Path
    line: int
    function: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A database that was not connected to."""

    dialect: str
    host: str
    port: int
    name: str

    def __str__(self) -> str:
        """Return it without user and password; of a file only the name."""
        return (
            f"{self.dialect}://{self.host}:{self.port}/{self.name}"
            if self.host
            else f"{self.dialect}:{PurePath(self.name).name}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exception in the service's environment.

    Shape: `kind` is its class; PROCESS where the rehearser was lost, ENDED where it left with exit code 0; `sqlstate`
    and `statement` are "" where no server refused anything; `detail` is the server's own message; `frames` are
    outermost first; `refused` is the foreign database that the tool wanted; `culprit` is the file of the Django
    migration that was being applied, None for other tools.
    """

    kind: str
    message: str
    sqlstate: str = ""
    statement: str = ""
    detail: str = ""
    refused: Address | None = None
    frames: tuple[Frame, ...] = ()
    traceback: str = ""
    culprit: Path | None = None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Return the failure that the rehearser described."""
        frames = (Frame(file=Path(one["file"]), **_without(one, "file")) for one in said["frames"])
        refused = said["refused"]
        return cls(
            kind=said["type"],
            message=said["message"],
            sqlstate=said["sqlstate"],
            statement=said["statement"],
            detail=said["detail"],
            refused=_address(refused) if refused else None,
            frames=tuple(frames),
            traceback=said["traceback"],
            culprit=Path(said["culprit"]) if said["culprit"] else None,
        )

    @property
    def line(self) -> str:
        """The last line that a person would look for in the log."""
        first = next((line.strip() for line in self.message.splitlines() if line.strip()), "")
        return f"{self.kind}: {first}" if first else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One migration.

    Shape: `id` is Alembic's revision or Django's "app.name"; `upgrade` and `downgrade` are "present", "empty",
    "refuses" or "missing".
    """

    id: str
    parents: tuple[str, ...]
    file: Path
    title: str = ""
    upgrade: str = "present"
    downgrade: str = "present"

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Return the revision that the rehearser described."""
        rest = _without(said, "file", "parents")
        return cls(file=Path(said["file"]), parents=tuple(said["parents"]), **rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one order.

    Shape: `reached` is the dialect and the name of the last database connected to, ("", "") when there was none;
    `committed` is the name of the SQLite file of the commit that it began as, "" for none;
    `more` is what the step returned.
    """

    failure: Failure | None
    statements: tuple[str, ...] = ()
    reached: tuple[str, str] = ("", "")
    committed: str = ""
    seconds: float = 0.0
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Return the reply that a line of the rehearser holds."""
        reached = said["reached"] or {"dialect": "", "name": ""}
        return cls(
            failure=Failure.of(said["error"]) if said["error"] else None,
            statements=tuple(said["statements"]),
            reached=(reached["dialect"], reached["name"]),
            committed=reached.get("committed", ""),
            seconds=said["seconds"],
            more=said,
        )

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.failure is None

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """The revisions of the step "describe", oldest first."""
        return tuple(Revision.of(one) for one in self.more.get("revisions", ()))


def _without(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in names}


def _address(said: Mapping[str, Any]) -> Address:
    return Address(
        dialect=str(said["dialect"]),
        host=str(said["host"] or ""),
        port=int(said["port"] or 0),
        name=str(said["name"] or ""),
    )
