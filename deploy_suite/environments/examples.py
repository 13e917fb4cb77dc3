"""The values that a project itself gives as examples: its .env.example, and how its compose file names a database."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy_suite.manifests import compose, dotenv_file

_FILES: Final = (".env.example", ".env.sample", ".env.template", "env.example", ".env.dist", "example.env")
# Of what a compose file says, the driver alone holds elsewhere; hosts, users and passwords are those of its containers.
_DRIVER: Final = re.compile(
    r"^[ \t]*(?:-[ \t]*)?['\"]?(?P<name>[A-Z][A-Z0-9_]*)['\"]?[ \t]*[:=][ \t]*['\"]?(?P<address>postgres(?:ql)?\+\w+://)",
    re.MULTILINE,
)
_LARGEST: Final = 200_000  # characters of a compose file


def read(folder: Path) -> Mapping[str, str]:
    """Return the examples for a service in *folder*: its own files first, then a compose file there or one above."""
    found: dict[str, str] = {}
    for place in (folder.parent, folder):
        for name in reversed(compose.NAMES):
            text = _text(place / name)[:_LARGEST]
            found.update({match["name"]: match["address"] for match in _DRIVER.finditer(text)})
    for name in reversed(_FILES):
        found.update({key: value for key, value in dotenv_file.parse(_text(folder / name)).items() if value})
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
