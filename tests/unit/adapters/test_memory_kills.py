"""Whose count of kills for want of memory is read."""

from pathlib import Path

import pytest

from deploy_suite.adapters import memory_kills


@pytest.mark.parametrize(
    ("groups", "file", "text"),
    [
        ("0::/user.slice/a.scope\n", "user.slice/a.scope/memory.events", "low 0\nmax 9\noom 4\noom_kill 3\n"),
        (
            "4:memory:/box/1\n3:cpuset:/\n",
            "memory/box/1/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
        ),
    ],
    ids=["version 2", "version 1"],
)
def test_the_own_control_group_counts_before_the_machine(
    groups: str, file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, top, machine = tmp_path / "cgroup", tmp_path / "groups", tmp_path / "vmstat"
    machine.write_text("nr_free_pages 12\noom_kill 8\n")
    own.write_text(groups)
    monkeypatch.setattr(memory_kills, "_OWN", own)
    monkeypatch.setattr(memory_kills, "_GROUPS", top)
    monkeypatch.setattr(memory_kills, "_OF_MACHINE", machine)

    assert memory_kills.counted() == 8

    (top / file).parent.mkdir(parents=True)
    (top / file).write_text(text)
    assert memory_kills.counted() == 3

    (top / file).unlink()
    machine.unlink()
    assert memory_kills.counted() == 0
