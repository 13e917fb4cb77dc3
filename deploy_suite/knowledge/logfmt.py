"""A line of logfmt (`level=error msg="…" error="…"`) → the lines that the program would have printed.

Source: https://brandur.org/logfmt; https://pkg.go.dev/github.com/sirupsen/logrus#TextFormatter
"""

import json
import re
from typing import Final

from deploy_suite.knowledge.entry_levels import LOW_LEVELS

_LEVEL_KEYS: Final = (b"level", b"lvl", b"severity", b"levelname")
_TEXT_KEYS: Final = (b"msg", b"message", b"event")
# What a message leaves to be said.
_REASON_KEYS: Final = (b"error", b"err", b"exception", b"exc_info", b"traceback", b"stacktrace", b"stack")
# Before the first pair stands what a platform puts before each line: a name, a time.
_LINE: Final = re.compile(
    rb"(?:[^=\"{\n]{0,120}[]|:>\dZF][ \t]{1,3})?"
    rb"(?=(?:time|timestamp|ts|t|date|level|lvl|severity|levelname|logger|caller|source)=\S)"
)
_PAIR: Final = re.compile(rb'([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)')
_MERE: Final = re.compile(
    rb"\b(?:" + b"|".join(_LEVEL_KEYS) + rb')="?(?i:' + "|".join(sorted(LOW_LEVELS)).encode() + rb")\b"
)
# A line of a traceback as an entry of its own: the level is that of whoever passed it on.
_LINE_OF_A_TRACEBACK: Final = re.compile(
    rb'\b(?:msg|message|event)="(?:Traceback \(most recent call last\):| {1,6}File \\"[^"\n]{1,300}\\", line \d)'
)
_EXCEPTION: Final = re.compile(r"(?:[A-Za-z_]\w*\.){0,6}[A-Z]\w*(?:Error|Exception|Exit|Warning)(?:: |$)|Traceback \(")
_MOST: Final = 1 << 14


def has_any(text: bytes) -> bool:
    """Whether *text* may hold lines of logfmt: as cheap as it can be told."""
    return any(key + b"=" in text for key in _LEVEL_KEYS) and any(key + b"=" in text for key in _TEXT_KEYS)


def is_output(text: bytes) -> bool:
    """Whether the entries in *text* are lines that a program printed, whatever their level."""
    return _LINE_OF_A_TRACEBACK.search(text) is not None


def lines(line: bytes, *, is_output: bool) -> list[bytes]:
    """Return what *line* says, each with what stood before the entry; nothing for what is none, or mere information."""
    if len(line) > _MOST or b"=" not in line or (not is_output and _MERE.search(line)):
        return []
    found = _LINE.match(line)
    if found is None:
        return []
    pairs = dict(_PAIR.findall(line, found.end()))
    has_level = any(key in pairs for key in _LEVEL_KEYS)
    text = next((_said(pairs[key]) for key in _TEXT_KEYS if key in pairs), "")
    if not has_level or not text:
        return []
    reasons = [_said(pairs[key]) for key in _REASON_KEYS if pairs.get(key)]
    return [found[0] + one.encode("utf-8", "surrogatepass") for one in _told(text, reasons)]


def _told(text: str, reasons: list[str]) -> list[str]:
    """Return the lines of a message and of its *reasons*; a short reason stands in the line of what it explains."""
    told = text.rstrip("\n").split("\n")
    for reason in reasons:
        if reason in text:
            continue
        more = reason.rstrip("\n").split("\n")
        if len(more) == 1 and not _EXCEPTION.match(reason):
            told[-1] = f"{told[-1]}: {reason}"
        else:
            told += more
    return told


def _said(value: bytes) -> str:
    if not value.startswith(b'"'):
        return value.decode("utf-8", "replace")
    try:
        return str(json.loads(value, strict=False))
    except ValueError:  # escapes as Go writes them
        text = value[1:-1].decode("utf-8", "replace")
        return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
