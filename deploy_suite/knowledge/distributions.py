"""The name that a program imports → the name of the distribution that provides it."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

_NORMAL: Final = re.compile(r"[-_.]+")


@cache
def _table() -> Mapping[str, str]:
    text = (files("deploy_suite.knowledge") / "causes" / "names" / "distributions.toml").read_text(encoding="utf-8")
    return {str(name): str(value) for name, value in tomllib.loads(text)["distributions"].items()}


def distribution(module: str) -> str:
    """Return the distribution that provides *module*, longest known part of the dotted name first, else its top name."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        if known := _table().get(".".join(parts[:end])):
            return known
    return _NORMAL.sub("-", parts[0])
