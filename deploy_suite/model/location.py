"""A place in the project, as findings and traces name it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in the project: path relative to the repository's top, and the line from 1, or 0 for the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        """Return "file:line", as editors and terminals link it."""
        return f"{self.file}:{self.line}" if self.line else self.file
