"""Unit tests touch no process and no network, and leave the environment as it was."""

import os
import socket
import subprocess
from collections.abc import Iterator
from typing import NoReturn

import pytest


def _refused(*_arguments: object, **_options: object) -> NoReturn:
    raise AssertionError("a unit test may start no process and open no connection")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture(autouse=True)
def _no_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = _environment()
    monkeypatch.setattr(subprocess, "Popen", _refused)
    monkeypatch.setattr(socket.socket, "connect", _refused)
    yield
    monkeypatch.undo()
    assert _environment() == before
