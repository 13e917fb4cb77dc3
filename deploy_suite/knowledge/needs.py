"""What programs need that no import statement shows, as rows."""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A use of one package that needs another.

    Shape: `uses` are full dotted names; with `argument` only calls count whose text that expression finds. Any of
    `needs` (canonical names) is enough. `met_at` says whether the lack shows when the line runs or when it is used.
    """

    uses: tuple[str, ...]
    needs: tuple[str, ...]
    met_at: Literal["import", "use"]
    why: str
    source: str
    argument: str = ""

    def is_met_by(self, call: str) -> bool:
        """Whether the text of a call is one that this row is about."""
        return not self.argument or re.search(self.argument, call) is not None


@cache
def rows() -> tuple[Need, ...]:
    """Return all rows. Raises: ValueError for a row with a key that nobody knows."""
    text = files("deploy_suite.knowledge").joinpath("needs.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["need"]
    known = {field.name for field in fields(Need)}
    unknown = sorted({key for row in listed for key in row} - known)
    if unknown:
        raise ValueError(f"needs.toml: unknown keys: {', '.join(unknown)}")
    return tuple(Need(**{**row, "uses": tuple(row["uses"]), "needs": tuple(row["needs"])}) for row in listed)
