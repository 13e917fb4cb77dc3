"""Rows of statements.toml → what a report's codes mean that name no cause."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a check says that went well or did not run. Shape: `fix` is "" where there is nothing to do."""

    slug: str
    title: str
    why: str
    check: str
    fix: str = ""


@cache
def statements() -> Mapping[str, Statement]:
    """Return the rows by slug."""
    text = (files("deploy_suite.knowledge") / "statements.toml").read_text(encoding="utf-8")
    return {row["slug"]: Statement(**row) for row in tomllib.loads(text)["statement"]}
