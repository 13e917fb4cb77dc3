"""expected.toml into variants, and a variant into a repository whose origin has what was pushed."""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

OUTAGES: Final = Path(__file__).resolve().parents[2] / "examples/outages"
_MANIFEST: Final = "expected.toml"
# The same files make the same commit in every run, so that what is kept of one run serves the next.
_DATE: Final = "2026-01-01T00:00:00Z"
_IDENTITY: Final = ("-c", "user.name=outages", "-c", "user.email=outages@example.com", "-c", "init.defaultBranch=main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What preflight must name. Shape: `line` is a text that stands in one line of `at` alone, a number, or None."""

    code: str
    at: str = ""
    line: str | int | None = None
    service: str = ""
    outcome: str = "failed"
    says: tuple[str, ...] = ()

    def place(self, folder: Path) -> str:
        """Return "file:line" for the file as it is in *folder*, "" for a cause without a place."""
        if not isinstance(self.line, str):
            return f"{self.at}:{self.line}" if self.line else self.at
        lines = (folder / self.at).read_text(encoding="utf-8").splitlines()
        found = [number for number, text in enumerate(lines, 1) if self.line in text]
        if len(found) != 1:
            raise ValueError(f"{self.line!r} stands in {len(found)} lines of {self.at}: {self.code} needs exactly one")
        return f"{self.at}:{found[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One state of a project, and what preflight must say of it; examples/outages/README.md documents the keys."""

    project: str
    name: str
    tree: tuple[str, ...]
    unpushed: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    exit: int = 0
    slow: bool = False
    needs: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()

    @property
    def lacking(self) -> tuple[str, ...]:
        """The programs that it needs and this machine does not have."""
        return tuple(name for name in self.needs if shutil.which(name) is None)

    def repository(self, folder: Path) -> Path:
        """Make the variant's repository below *folder*, with its origin beside it, and return its path."""
        origin, clone = folder / "remote" / f"{self.project}.git", folder / self.project
        clone.mkdir(parents=True)
        _git(folder, "init", "--quiet", "--bare", str(origin))
        _git(clone, "init", "--quiet")
        _git(clone, "remote", "add", "origin", str(origin))
        self._lay(self.tree, clone)
        for path in self.without:
            (clone / path).unlink()
        _commit(clone, "Deploy this")
        _git(clone, "push", "--quiet", "--set-upstream", "origin", "main")
        if self.unpushed:
            self._lay(self.unpushed, clone)
            _commit(clone, "Repair it")
        self._lay(self.uncommitted, clone)
        return clone

    def _lay(self, layers: Sequence[str], clone: Path) -> None:
        for layer in layers:
            shutil.copytree(OUTAGES / self.project / layer, clone, dirs_exist_ok=True)


def variants(names: Sequence[str] = ()) -> tuple[Variant, ...]:
    """Return those of all projects, or those of *names*: "gazelle", or "gazelle/not-pushed"."""
    found = tuple(_all())
    known = {variant.project for variant in found} | {f"{variant.project}/{variant.name}" for variant in found}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"no outage is called {', '.join(unknown)}")
    chosen = set(names) or known
    return tuple(one for one in found if {one.project, f"{one.project}/{one.name}"} & chosen)


def _all() -> Iterator[Variant]:
    for manifest in sorted(OUTAGES.glob(f"*/{_MANIFEST}")):
        document = tomllib.loads(manifest.read_text(encoding="utf-8"))
        for name, table in document["variants"].items():
            yield _variant(manifest.parent.name, name, table)


def _variant(project: str, name: str, table: dict[str, Any]) -> Variant:
    causes = tuple(Cause(**{**row, "says": tuple(row.get("says", ()))}) for row in table.get("causes", ()))
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Variant(**{"tree": (name,), **rest, "project": project, "name": name, "causes": causes})


def _commit(clone: Path, subject: str) -> None:
    _git(clone, "add", "--all")
    _git(clone, "commit", "--quiet", "--message", subject)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ("git", *_IDENTITY, *arguments),
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, "GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE},
    )
