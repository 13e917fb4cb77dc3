"""A probe with `{name}` in it, and the values that earlier probes saved → the probe as it is sent."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from deploy_suite.model.probe import JsonValue, Probe


def filled(probe: Probe, values: Mapping[str, str]) -> Probe:
    """Return *probe* with each `{name}` of *values* replaced; other braces stay as they are."""
    return replace(
        probe,
        path=_text(probe.path, values),
        headers={name: _text(value, values) for name, value in probe.headers.items()},
        json=_value(probe.json, values),
        body=_text(probe.body, values),
        send=tuple(_value(frame, values) for frame in probe.send),
    )


def missing(probe: Probe, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of *names* that *probe* refers to."""
    texts = "\n".join(_texts(probe))
    return tuple(name for name in names if f"{{{name}}}" in texts)


def _texts(probe: Probe) -> Iterable[str]:
    yield from (probe.path, probe.body, *probe.headers.values())
    for value in (probe.json, *probe.send):
        yield from _strings(value)


def _strings(value: JsonValue) -> Iterable[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _strings(each)
        case dict():
            for each in value.values():
                yield from _strings(each)
        case _:
            return


def _value(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    match value:
        case str():
            return _text(value, values)
        case list():
            return [_value(each, values) for each in value]
        case dict():
            return {key: _value(each, values) for key, each in value.items()}
        case _:
            return value


def _text(text: str, values: Mapping[str, str]) -> str:
    if not values:
        return text
    names = "|".join(map(re.escape, values))
    return re.sub(rf"\{{({names})\}}", lambda match: values[match[1]], text)
