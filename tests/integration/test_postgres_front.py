"""The door in front of the throw-away PostgreSQL."""

import socket
from pathlib import Path

import pytest

from deploy_suite.adapters import postgres_front


def test_who_waits_for_the_server_to_speak_first_is_not_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_front, "_GREETING_S", 0.2)

    with postgres_front.opened(tmp_path, None) as front:
        front.lead_to(tmp_path / "no-server")
        with socket.create_connection(("127.0.0.1", front.main.port), timeout=5) as client:
            assert client.recv(1) == b""
