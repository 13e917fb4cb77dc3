"""How near two skills are, by a model that is a table of vectors."""

import json
import math
from functools import cache
from pathlib import Path

from huggingface_hub import hf_hub_download

_REPOSITORY = "nexten/skill-vectors"


@cache
def vectors() -> dict[str, list[float]]:
    """Return the vector of each skill."""
    return json.loads(Path(hf_hub_download(_REPOSITORY, "vectors.json")).read_text(encoding="utf-8"))


def nearness(wanted: list[str], offered: list[str]) -> float:
    """Return how near what is *offered* comes to what is *wanted*, from 0 to 1."""
    known = vectors()
    best = [
        max((_cosine(known[one], known[other]) for other in offered if other in known), default=0.0)
        for one in wanted
        if one in known
    ]
    return sum(best) / len(best) if best else 0.0


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))
