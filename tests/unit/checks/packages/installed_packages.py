"""Distributions laid out as installers leave them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def install(
    site: Path,
    name: str,
    version: str,
    files: Mapping[str, bytes | None],
    *,
    tag: str = "py3-none-any",
    requires: str = "",
    python: str = "",
) -> None:
    """Write *files* of the distribution *name* into *site*; None stands for one that is listed and not there."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    lines = []
    for path, data in files.items():
        if data is not None:
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(data)
        lines.append(f"{path},sha256={hashlib.sha256(data or b'').hexdigest()},{len(data or b'')}\n")
    needs = "".join(f"Requires-Dist: {text}\n" for text in requires.split(";") if text)
    needs += f"Requires-Python: {python}\n" if python else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    (info / "RECORD").write_text("".join(lines))
