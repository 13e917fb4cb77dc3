"""An index that answers for the target's Python, and what a check gets that was made with another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks.base import Case
from deploy_suite.environments import other_python, recipe, releases
from deploy_suite.environments.base import Answer, Question, Workshop
from deploy_suite.environments.interpreters import Choice
from deploy_suite.environments.other_python import Foreseen
from deploy_suite.environments.plan import Plan
from deploy_suite.environments.releases import Listing, _files
from deploy_suite.environments.resolution import Resolved
from deploy_suite.model.environment import Interpreter, Resolution
from tests.unit.checks.gunicorn_case import case

NEW_GLIBC = (2, 36)
OLD_WHEELS = ("{name}-{version}-cp311-cp311-manylinux_2_17_x86_64.whl", "{name}-{version}.tar.gz")
PURE = ("{name}-{version}-py3-none-any.whl", "{name}-{version}.tar.gz")


@dataclass
class Index:
    """Answers one Python's questions, and tells who requires whom."""

    answer: Answer
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def resolve(self, question: Question, _workshop: object) -> Answer:
        self.asked.append(question)
        return self.answer

    def demands(self, _question: Question, _workshop: object) -> Mapping[str, tuple[str, ...]]:
        return self.requires


@dataclass
class Bench:
    """A project of one requirements.txt, and an index that lists files."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    listed: dict[str, list[list[str]]] = field(default_factory=dict)
    names: list[set[str]] = field(default_factory=list)

    def release(self, name: str, version: str, files: Sequence[str] = PURE, *, requires: str = "") -> None:
        """Put a release onto the index."""
        named = [[one.format(name=name.replace("-", "_"), version=version), requires] for one in files]
        self.listed.setdefault(name, []).extend(named)

    def foreseen(
        self,
        requirements: str,
        index: Index,
        *,
        installed: Mapping[str, str],
        from_source: Sequence[str] = (),
        venv: Path | None = None,
    ) -> Foreseen:
        """Return what is foreseen for Python 3.14 where 3.11 was used."""
        self.listens()
        subject = case(self.folder / "top", {"main.py": "", "requirements.txt": requirements}, python="3.14.3")
        here = Resolution(python="3.11.9", versions=installed, from_source=frozenset(from_source))
        return other_python.foreseen(
            plan(subject, index, here, self.folder), venv=venv, installed=installed, glibc=NEW_GLIBC
        )

    def listens(self) -> None:
        """Answer from now on what is asked of the index's lists."""
        self.monkeypatch.setattr(releases, "listing", self._listing)

    def _listing(self, names: Sequence[str], _workshop: Workshop) -> Listing:
        self.names.append(set(names))
        files = {name: tuple(_files(self.listed[name])) for name in names if name in self.listed}
        return Listing(files=files, unknown=frozenset(set(names) - files.keys()))


def plan(own: Case, index: object, here: Resolution, folder: Path) -> Plan:
    interpreter = Interpreter(path=Path("/python"), version="3.11.9")
    ports = SimpleNamespace(workplace=SimpleNamespace(cache=folder / "cache", run_folder=folder / "run"))
    return Plan(
        contract=own.contract,
        snapshot=own.snapshot,
        bindings=cast("object", None),  # type: ignore[arg-type]
        preferences=own.preferences,
        choice=Choice(interpreter),
        recipe=recipe.read(own.contract, own.snapshot),
        resolved=Resolved(here, is_whole=True),
        installer=index,  # type: ignore[arg-type]
        workshop=cast(Workshop, SimpleNamespace(ports=ports, settings={}, interpreter=interpreter)),
        key="k",
        is_kept=True,
    )


def answer(*pins: str, source: Sequence[str] = (), conflict: str = "") -> Answer:
    versions = dict(pin.split("==") for pin in pins)
    return Answer(is_answer=True, versions=versions, from_source=frozenset(source), conflict=conflict)
