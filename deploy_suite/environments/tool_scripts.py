"""A download of the script with which a tool is installed → a script that installs the one that the target brings.

Runs under the suite's own interpreter without its packages (`-I -S`), so only the standard library may be imported.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

# Sources: https://docs.astral.sh/uv/reference/installer/, https://python-poetry.org/docs/#installing-with-the-official-installer
_ADDRESSES: Final = re.compile(
    r"https?://(?:astral\.sh/uv/(?:[\d.]+/)?install\.sh|(?P<poetry>install\.python-poetry\.org(?:/[\w./-]*)?))/?$"
)
_UV: Final = """#!/bin/sh
folder="${{UV_INSTALL_DIR:-${{XDG_BIN_HOME:-$HOME/.local/bin}}}}"
mkdir -p "$folder"
for name in uv uvx; do ln -sf {folder}/"$name" "$folder/$name"; done
printf 'export PATH="%s:$PATH"\\n' "$folder" > "$folder/env"
echo "installing to $folder: uv, uvx"
"""
_POETRY: Final = """import os, pathlib
home = os.environ.get("POETRY_HOME") or os.path.expanduser("~/.local")
folder = pathlib.Path(home, "bin")
folder.mkdir(parents=True, exist_ok=True)
link = folder / "poetry"
link.unlink(missing_ok=True)
link.symlink_to({folder!r} + "/poetry")
print(f"Poetry is installed in {{folder}}")
"""
_SHORT: Final = re.compile(r"-(?!-)(?P<letters>\w*?)(?P<out>[oO])(?P<value>.*)")


def served(program: str, arguments: Sequence[str], *, folder: str, tools: Mapping[str, str]) -> tuple[str, str] | None:
    """Return where curl or wget would write the script of one of *tools*, and what is to be written there.

    Shape: "" is the standard output; None where something else is downloaded. *folder* holds the stand-ins.
    """
    addresses = [one for one in arguments if "://" in one]
    match = _ADDRESSES.fullmatch(addresses[0]) if len(addresses) == 1 else None
    if program not in {"curl", "wget"} or match is None:
        return None
    tool, text = ("poetry", _POETRY) if match["poetry"] else ("uv", _UV)
    return (_place(program, arguments, addresses[0]), text.format(folder=folder)) if tool in tools else None


def _place(program: str, arguments: Sequence[str], address: str) -> str:
    own = PurePosixPath(urlsplit(address).path).name or "index.html"
    found = own if program == "wget" else ""
    for at, word in enumerate(arguments):
        following = arguments[at + 1] if at + 1 < len(arguments) else ""
        short = _SHORT.fullmatch(word)
        if word in {"--output", "--output-document"}:
            found = following
        elif word.startswith(("--output=", "--output-document=")):
            found = word.partition("=")[2]
        elif word == "--remote-name" or (program == "curl" and short and short["out"] == "O"):
            found = own
        elif short and (program == "curl" or short["out"] == "O"):
            found = short["value"] or following
    return "" if found == "-" else found
