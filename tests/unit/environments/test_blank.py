"""Blank environments: made once for an interpreter, and laid elsewhere with their own place in their scripts."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from deploy_suite.environments import blank, seeds
from deploy_suite.environments.base import Installer, Seed, Workshop
from deploy_suite.model.environment import Interpreter
from deploy_suite.ports import Ports, Workplace

PYTHON = Interpreter(path=Path(sys.executable), version="3.11.7")


@dataclass
class Making:
    """An installer that writes what `venv` writes of its place."""

    made: list[Path] = field(default_factory=list)

    def program(self) -> Path:
        return Path("/usr/bin/uv")

    def create(self, venv: Path, _found: Sequence[Seed], _workshop: Workshop) -> None:
        self.made.append(venv)
        (venv / "bin").mkdir(parents=True)
        (venv / "bin/pip").write_text(f"#!{venv}/bin/python\n")
        (venv / "bin/pip").chmod(0o755)
        (venv / "bin/python").symlink_to(sys.executable)
        (venv / "bin/tool").write_text("#!/bin/sh\n")
        (venv / ".lock").touch()
        (venv / "pyvenv.cfg").write_text("include-system-site-packages = false\n")
        site = venv / "lib/python3.11/site-packages/pip"
        site.mkdir(parents=True)
        (site / "__init__.py").write_text("version = 1\n")


@dataclass(frozen=True)
class Place:
    """A workplace with a cache."""

    cache: Path

    @contextmanager
    def locked(self, _name: str) -> Iterator[None]:
        yield

    @contextmanager
    def locked_at_once(self, _name: str) -> Iterator[bool]:
        yield True


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    class World:
        workplace = cast("Workplace", Place(tmp_path / "cache"))

    return Workshop(ports=cast("Ports", World()), interpreter=PYTHON, folder=tmp_path / "shop", own_settings={})


def brings(monkeypatch: pytest.MonkeyPatch, wheel: Path | None) -> None:
    monkeypatch.setattr(seeds, "of", lambda _: (Seed("pip", "23.2.1", wheel),))


def test_it_is_made_once_and_laid_with_its_own_place_in_its_scripts(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, Path("pip.whl"))
    making = Making()
    installer, venv = cast("Installer", making), tmp_path / "environments/key/venv"

    for _ in range(2):
        blank.prepare(installer, workshop)
    blank.lay(venv, installer, workshop)

    assert len(making.made) == 1
    assert (venv / "bin/pip").read_text() == f"#!{venv}/bin/python\n"
    assert (making.made[0] / "bin/pip").read_text() == f"#!{making.made[0]}/bin/python\n"
    assert (venv / "bin/pip").stat().st_mode & 0o777 == 0o755
    assert (venv / "bin/python").readlink() == Path(sys.executable)
    assert (venv / "lib/python3.11/site-packages/pip/__init__.py").read_text() == "version = 1\n"


def laid(workshop: Workshop, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Making, Path]:
    brings(monkeypatch, Path("pip.whl"))
    making = Making()
    installer, venv = cast("Installer", making), folder / "venv"
    blank.prepare(installer, workshop)
    blank.lay(venv, installer, workshop)
    return making, venv


def test_what_a_build_writes_into_it_does_not_reach_the_kept_one(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, venv = laid(workshop, tmp_path, monkeypatch)
    for name in ("pyvenv.cfg", "bin/tool"):
        with (venv / name).open("a") as file:
            file.write("more\n")

    assert (making.made[0] / "pyvenv.cfg").read_text() == "include-system-site-packages = false\n"
    assert (making.made[0] / "bin/tool").read_text() == "#!/bin/sh\n"


def test_environments_do_not_share_the_lock_that_an_installation_takes(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, venv = laid(workshop, tmp_path, monkeypatch)

    assert sorted(path.name for path in making.made[0].iterdir()) == [".lock", "bin", "lib", "pyvenv.cfg"]
    assert sorted(path.name for path in venv.iterdir()) == ["bin", "lib", "pyvenv.cfg"]


def test_what_the_index_gives_is_fetched_for_each_environment(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, None)
    making = Making()
    installer, venv = cast("Installer", making), tmp_path / "venv"

    blank.prepare(installer, workshop)
    blank.lay(venv, installer, workshop)

    assert making.made == [venv]


def test_what_is_kept_for_an_interpreter_goes_with_it(
    tmp_path: Path, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "of", lambda _: (Seed("pip", "1", Path("/pip.whl")),))
    python = tmp_path / "python"
    python.write_text("one")
    there, gone = (
        replace(workshop, interpreter=Interpreter(path=path, version="3.11.7")) for path in (PYTHON.path, python)
    )
    for one in (there, gone):
        blank.prepare(cast("Installer", Making()), one)
    kept = tmp_path / "cache" / "blank"

    blank.sweep(workshop.ports.workplace)
    before = len(list(kept.iterdir()))
    python.unlink()
    blank.sweep(workshop.ports.workplace)

    assert (before, len(list(kept.iterdir()))) == (2, 1)
