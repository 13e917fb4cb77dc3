"""A folder of a project → the texts of its own Python files, for what a pattern finds in them."""

from collections.abc import Iterator
from pathlib import Path

from deploy_suite.manifests import own_files


def below(folder: Path) -> Iterator[str]:
    """Yield the text of each file below *folder* that is its own; one that cannot be read is left out."""
    for file in own_files.python(folder):
        try:
            yield (folder / file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
