"""What is remembered of the installations of PostgreSQL."""

from pathlib import Path
from typing import cast

import pytest

from deploy_suite.adapters import postgres_installations
from deploy_suite.model.command import Command, Completed
from deploy_suite.ports import Runner


class Told:
    """Implements the part of `ports.Runner` that is asked."""

    def run(self, _command: Command, **_options: object) -> Completed:
        return Completed(code=0, out="postgres (PostgreSQL) 16.1", err="")


TOLD = cast("Runner", Told())


@pytest.mark.parametrize("text", ["", "null", "1", "[]", "{", '["16.1"]', '["a", "b"]', "[16, 1]", "[" * 100_000])
def test_a_memory_that_makes_no_sense_is_asked_for_anew(text: str, tmp_path: Path) -> None:
    programs, memory = tmp_path / "bin", tmp_path / "memory"
    programs.mkdir()
    (programs / "postgres").touch()
    first = postgres_installations._said(programs, TOLD, memory)
    (note,) = memory.iterdir()
    note.write_text(text)

    assert postgres_installations._said(programs, TOLD, memory) == first
    assert first[0] == (16, 1)
