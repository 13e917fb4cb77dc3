"""A chain of `cd`s into the folder that commands run in."""

import posixpath
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Place:
    """The folder that commands run in, as far as the text tells."""

    folder: str = ""
    is_known: bool = True
    previous: tuple["Place", ...] = ()

    def moved(self, target: str) -> "Place":
        """Return the place after `cd` *target*."""
        before = (replace(self, previous=()),)
        if target == "-":
            return (
                replace(self.previous[0], previous=before) if self.previous else Place(is_known=False, previous=before)
            )
        if not target or target.startswith("~") or "$" in target or "`" in target or "*" in target:
            return Place(is_known=False, previous=before)
        if not self.is_known and not target.startswith("/"):
            return Place(is_known=False, previous=before)
        folder = posixpath.normpath(posixpath.join(self.folder, target))
        return Place("" if folder == "." else folder, previous=before)
