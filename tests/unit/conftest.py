"""Unit tests touch no process and no network, and leave the environment as it was."""

import os
import socket
import subprocess
from collections.abc import Iterator
from typing import NoReturn

import pytest


def _refused(*_arguments: object, **_options: object) -> NoReturn:
    raise AssertionError("a unit test may start no process and open no connection")


@pytest.fixture(autouse=True)
def _no_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(os.environ)
    monkeypatch.setattr(subprocess, "Popen", _refused)
    monkeypatch.setattr(socket.socket, "connect", _refused)
    yield
    monkeypatch.undo()
    assert dict(os.environ) == before
