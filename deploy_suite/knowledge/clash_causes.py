"""Known clashes → rows as causes/*.toml have them: `explain` and the diagnosis of a log know what the check knows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy_suite.knowledge import clashes
from deploy_suite.knowledge.clashes import PYTHON, Clash

# Clashes of other families are told by the signatures that stand there: what Python says of them names the slug.
FAMILY: Final = "dep-conflict"
# Above what tells the same message without knowing whose file asked for it.
_WEIGHT: Final = 0.97
_FOLLOWS: Final = ("dep-conflict", "missing-requirement", "gunicorn-module-path", "uvicorn-module-path")


def raw() -> Iterator[Mapping[str, Any]]:
    """Yield a row for each clash whose slug is its own, with the signature that its error has in a log."""
    for clash in clashes.rows():
        if clash.family == FAMILY:
            yield {
                "slug": clash.slug,
                "title": " with ".join(_named(name, span) for name, span in clash.members.items())
                + (" is asked for what it does not take" if clash.uses and len(clash.members) == 1 else ""),
                "why": clash.why,
                "fix": f"{clash.remedy[:1].upper()}{clash.remedy[1:]}.",
                "python": clash.pin,
                "kind": "request" if clash.uses else "start",
                "sources": [clash.source],
                "caught_by": "dependencies",
                "explains": list(_FOLLOWS),
                "signature": [_signature(clash)],
            }


def _named(name: str, span: str) -> str:
    return f"{'Python' if name == PYTHON else name} {span}".strip()


def _signature(clash: Clash) -> Mapping[str, Any]:
    """Return the signature of the error; where others raise the same, a frame of the module that fails must be near."""
    message = clash.error.partition(": ")[2]
    folder = r"[/\\]".join(map(re.escape, clash.fails.split(".")))
    near = "" if clash.is_telling else rf"(?:site|dist)-packages[/\\]{folder}\b"
    return {"find": [message], "pattern": re.escape(message), "near": near, "weight": _WEIGHT}
