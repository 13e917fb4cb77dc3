"""A line of a service's log → text for a person, or one JSON object on a line for a program."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from deploy_suite.model.release import LogLine


def text_line(line: LogLine) -> str:
    """Return the line under its time and its source."""
    time = f"{line.time.isoformat(timespec='seconds')} " if line.time else ""
    return f"{time}{line.source or 'log'} | {line.text}\n"


def json_line(line: LogLine) -> str:
    """Return one JSON object. Shape: {"time": null | ISO 8601, "source", "instance", "text"}."""
    time = line.time.isoformat() if line.time else None
    row = {"time": time, "source": line.source, "instance": line.instance, "text": line.text}
    return json.dumps(row, ensure_ascii=False) + "\n"


LINES: Final[Mapping[str, Callable[[LogLine], str]]] = {"text": text_line, "json": json_line}
