"""A folder of a project → the texts of its own Python files, for what a pattern finds in them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

_MOST_FILES: Final = 3000
_FOREIGN: Final = frozenset({"site-packages", "node_modules", ".venv", "venv"})


def below(folder: Path) -> Iterator[str]:
    """Yield the text of each file below *folder* that is not of an environment; one that cannot be read is left out."""
    for file in islice(sorted(folder.rglob("*.py")), _MOST_FILES):
        if _FOREIGN & set(file.relative_to(folder).parts):
            continue
        try:
            yield file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
