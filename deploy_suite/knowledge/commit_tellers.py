"""How a service of a framework tells its commit, as rows."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from deploy_suite.model.project import EntryPoint, Framework

HEADER = "X-Commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """A few lines of code. Shape: `put` says where they belong."""

    framework: str
    put: str
    code: str
    source: str


def teller(entry: EntryPoint, *, variable: str) -> Teller | None:
    """Return the lines for the application of *entry*, None for a framework that no row is about."""
    found = next((one for one in rows() if one.framework == entry.framework.value), None)
    if found is None:
        return None
    package = entry.module.rpartition(".")[0]
    words = {
        "{app}": "app" if entry.is_factory or not entry.attribute else entry.attribute,
        "{file}": str(entry.file or f"{entry.module.replace('.', '/')}.py"),
        "{variable}": variable,
        "{module}": f"{package}." if package else "",
    }
    return Teller(
        framework=found.framework,
        put=_filled(found.put, words),
        code=_filled(found.code, words).strip() + "\n",
        source=found.source,
    )


@cache
def rows() -> tuple[Teller, ...]:
    """Return all rows."""
    text = files("deploy_suite.knowledge").joinpath("commit_tellers.toml").read_text(encoding="utf-8")
    found = tuple(Teller(**row) for row in tomllib.loads(text)["teller"])
    known = {one.value for one in Framework}
    if unknown := [one.framework for one in found if one.framework not in known]:
        raise ValueError(f"commit_tellers.toml: unknown frameworks: {', '.join(unknown)}")
    return found


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text
