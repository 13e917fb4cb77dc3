"""A cause is found wherever it stands: with megabytes of what a service says every day before it and after it."""

import io
import random
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from deploy_suite.knowledge.diagnosis import LogVerdict, diagnose, diagnose_stream

LOGS = Path(__file__).parents[2] / "cases" / "logs"
SIDE_BYTES = 5 * 2**20
# One of each way in which a cause is recognised: a line, a traceback, a line with what stands around it, a chain.
SAMPLES = (
    "missing-requirement-numpy",
    "out-of-memory-docker",
    "nginx-upstream-refused",
    "gunicorn-module-path",
    "db-password-auth-failed",
    "port-in-use-gunicorn",
)


def requests(chance: random.Random) -> Iterator[str]:
    while True:
        path, size = chance.randrange(10**6), chance.randrange(5000)
        yield f'2026-11-21T10:00:00Z app[web.1]: 192.0.2.7 - - "GET /items/{path} HTTP/1.1" 200 {size}\n'


def identifiers(chance: random.Random) -> Iterator[str]:
    while True:
        one, other = (uuid.UUID(int=chance.getrandbits(128)) for _ in range(2))
        yield f"2026-11-21T10:00:00Z INFO request {one} user={other.hex} done\n"


def searches(chance: random.Random) -> Iterator[str]:
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(3, 7))) for _ in range(3000)]
    while True:
        yield f"2026-11-21T10:00:00Z INFO search q={' '.join(chance.choices(words, k=8))} 200\n"


KINDS = {kind.__name__: kind for kind in (requests, identifiers, searches)}


@cache
def side(kind: str, seed: int) -> bytes:
    """Return some megabytes of lines that hardly ever repeat each other."""
    text: list[str] = []
    lines, size = KINDS[kind](random.Random(seed)), 0  # noqa: S311  no secret
    while size < SIDE_BYTES:
        text.append(next(lines))
        size += len(text[-1])
    return "".join(text).encode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_cause_in_the_middle_of_a_long_log_is_found(sample: str, kind: str) -> None:
    log = (LOGS / sample / "log.txt").read_bytes()
    alone = diagnose(log.decode())

    found = diagnose_stream(io.BytesIO(side(kind, 1) + log + b"\n" + side(kind, 2)))

    assert alone.root is not None
    assert found.root is not None
    assert (found.root.slug, found.root.title) == (alone.root.slug, alone.root.title)
    assert found.root.evidence[0].line == alone.root.evidence[0].line + side(kind, 1).count(b"\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_log_without_a_failure_has_none(kind: str) -> None:
    assert diagnose_stream(io.BytesIO(side(kind, 1) + side(kind, 2))).verdict is LogVerdict.HEALTHY
