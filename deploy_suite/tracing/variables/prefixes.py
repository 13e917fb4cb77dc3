"""The field that a settings class says it lacks → the variable that the environment has for it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy_suite.tracing.variables import texts

_PREFIX: Final = re.compile(r"\benv_prefix['\"]?\s*[=:]\s*['\"](?P<prefix>\w*)['\"]")
_ALIAS: Final = re.compile(r"\b(?:validation_alias|alias|env)\s*=\s*(?P<names>[^\n]*)")


def variable(name: str, *, settings: str, folder: Path) -> str:
    """Return the variable for the field *name*, in any case, of the class *settings* somewhere below *folder*.

    pydantic-settings complains of a field by its own name, and looks for it with the class's `env_prefix` in front; a
    field with an alias is known by that alone. Read as text: the syntax may be newer than this interpreter's.
    Shape: *name* as it is given where no file states a prefix for it.
    Source: https://docs.pydantic.dev/latest/concepts/pydantic_settings/#environment-variable-names
    """
    prefix, pending, seen = "", [settings], set[str]()
    alias = re.compile(rf"['\"]{re.escape(name)}['\"]", re.IGNORECASE)
    while pending:
        one = pending.pop(0)
        if one in seen:
            continue
        seen.add(one)
        for bases, body in _classes(one, folder):
            own = _PREFIX.search(f"{bases}\n{body}")
            prefix = prefix or (own["prefix"] if own else "")
            pending += [base.rpartition(".")[2] for base in re.findall(r"[A-Za-z_][\w.]*", bases)]
            if any(alias.search(found["names"]) for found in _ALIAS.finditer(body)):
                return name
    return f"{prefix.upper()}{name}"


def _classes(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the bases and the body of each class called *name*, of whichever files."""
    head = re.compile(rf"^class\s+{re.escape(name)}\b(?P<bases>[^:]*):(?P<body>.*\n(?:[ \t)#].*\n|\n)*)", re.MULTILINE)
    for text in texts.below(folder):
        if name in text:
            yield from ((found["bases"], found["body"]) for found in head.finditer(f"{text}\n"))
