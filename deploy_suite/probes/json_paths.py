"""A dotted path into a JSON document → the value there."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Final

from deploy_suite.model.probe import JsonValue


class Absent(Enum):
    """The one value that says there is none; JSON's null is a value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def parse(text: str) -> JsonValue | Absent:
    """Return the document that *text* holds, ABSENT when it is no JSON."""
    try:
        document: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return ABSENT
    return document


def value_at(document: JsonValue | Absent, path: str) -> JsonValue | Absent:
    """Return the value at *path* ("items.0.id"; "" is the document itself), ABSENT when there is none."""
    value = document
    for step in path.split(".") if path else ():
        value = _below(value, step)
    return value


def mismatch(document: JsonValue | Absent, expected: Mapping[str, JsonValue]) -> str:
    """Return what is first found to differ from *expected*, by dotted path, or ""."""
    if document is ABSENT:
        return "the answer is no JSON"
    for path, wanted in expected.items():
        found = value_at(document, path)
        if found is ABSENT:
            return f"the answer has no {path}"
        if not equal(found, wanted):
            return f"{path or 'it'} is {_shown(found)} where {_shown(wanted)} was expected"
    return ""


def equal(found: JsonValue, wanted: JsonValue) -> bool:
    """Return whether two values are the same in JSON, where true is not 1 as it is in Python."""
    return _canonical(found) == _canonical(wanted)


def _below(value: JsonValue | Absent, step: str) -> JsonValue | Absent:
    if isinstance(value, dict):
        return value.get(step, ABSENT)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return ABSENT


def _canonical(value: JsonValue) -> object:
    """Return *value* so that Python's equality is JSON's: numbers compare by value, booleans only with booleans."""
    match value:
        case bool():
            return ("boolean", value)
        case dict():
            return {key: _canonical(each) for key, each in value.items()}
        case list():
            return [_canonical(each) for each in value]
        case _:
            return value


def _shown(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]
