"""Orders in, replies out: one line of JSON each, in two files."""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from . import own_words
from .errors import described
from .target import Target

_PAUSE_S = 0.003
_FEW_COLLECTIONS = 100_000
_TOOLS = {"alembic": "AlembicTool", "flask": "FlaskTool", "django": "DjangoTool"}


def serve(job_file: str) -> None:
    """Carry out orders until the order "end" comes."""
    gc.set_threshold(_FEW_COLLECTIONS)  # what is imported stays: to look for garbage in it takes a seventh of the time
    with open(job_file, encoding="utf-8") as file:
        job = json.load(file)
    sys.path[:0] = job["path"]
    sys.argv[:] = job["shown_argv"]
    target = Target(job["server"], job["committed"])
    tool, folder = None, os.getcwd()
    with open(job["replies"], "a", encoding="utf-8") as replies:
        for order in _orders(job["orders"]):
            os.chdir(folder)  # a command begins there, wherever the one before has gone
            target.lead(order.get("database"), order.get("file", ""))
            target.statements.clear()
            reply, tool = _carried_out(order, tool, job, target)
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


def _carried_out(order: dict[str, Any], tool: Any, job: dict[str, Any], target: Target) -> tuple[dict[str, Any], Any]:
    began = time.monotonic()
    reply: dict[str, Any] = {"ok": True, "error": None}
    try:
        if tool is None:
            tool = _tool(job, target)
        with tool.surroundings():
            step = _SAME_FOR_ALL.get(order["step"]) or getattr(tool, order["step"])
            reply.update(step(order))
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        reply.update(ok=False, error=described(error))
    reply.update(seconds=time.monotonic() - began, reached=target.reached)
    if reply["error"] and reply["error"]["sqlstate"] and not reply["error"]["statement"] and target.statements:
        reply["error"]["statement"] = str(target.statements[-1])  # Django's errors do not carry it
    reply["statements"] = [one for one in target.statements if isinstance(one, str)]
    return reply, tool


def _imported(order: dict[str, Any]) -> dict[str, Any]:
    """Return the files of all modules that have been imported so far."""
    return {"files": sorted(own_words.imported_here() | own_words.imported)}


_SAME_FOR_ALL = {"imported": _imported, "command": own_words.run}


def _tool(job: dict[str, Any], target: Target) -> Any:
    kind = job["tool"]
    module = importlib.import_module(f".{kind}_tool", __package__)
    return getattr(module, _TOOLS[kind])(job, target)


def _orders(file: str) -> Iterator[dict[str, Any]]:
    """Yield each order as soon as its line is whole."""
    while not os.path.exists(file):
        time.sleep(_PAUSE_S)
    with open(file, encoding="utf-8") as orders:
        pending = ""
        while True:
            pending += orders.readline()
            if not pending.endswith("\n"):
                time.sleep(_PAUSE_S)
                continue
            order, pending = json.loads(pending), ""
            if order["step"] == "end":
                return
            yield order
