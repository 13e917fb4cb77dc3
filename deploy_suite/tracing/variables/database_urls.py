"""A Django project whose DATABASES came out empty → the variable that would have filled it."""

import re
from itertools import islice
from pathlib import Path
from typing import Final

_MOST_FILES: Final = 3000
_FOREIGN: Final = frozenset({"site-packages", "node_modules", ".venv", "venv"})
# Source: https://github.com/jazzband/dj-database-url#usage
_CALL: Final = re.compile(
    r"\bdj_database_url\.config\(\s*(?!default\b)(?:(?:env\s*=\s*)?['\"](?P<name>[A-Z_][A-Z0-9_]*)['\"])?(?P<rest>[^()]*)\)"
)
_USUAL: Final = "DATABASE_URL"
_DEFAULT: Final = re.compile(r"\bdefault\s*=")


def asked(folder: Path) -> str:
    """Return the variable that dj-database-url takes the address from without a default, "" where there is none."""
    for file in islice(sorted(folder.rglob("*.py")), _MOST_FILES):
        if _FOREIGN & set(file.relative_to(folder).parts):
            continue
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for found in _CALL.finditer(text):
            if not _DEFAULT.search(found["rest"]):
                return found["name"] or _USUAL
    return ""
