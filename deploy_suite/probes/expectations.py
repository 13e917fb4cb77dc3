"""An answer against what was expected → what is wrong with it."""

from deploy_suite.model.probe import Expectation
from deploy_suite.probes.json_paths import mismatch, parse


def problem(expect: Expectation, *, status: int, body: str, elapsed_ms: float) -> str:
    """Return in words the first thing that is not as expected, or ""."""
    return (
        _status_problem(expect, status)
        or (mismatch(parse(body), expect.json) if expect.json else "")
        or _text_problem(expect, body)
        or latency_problem(expect, elapsed_ms)
    )


def latency_problem(expect: Expectation, elapsed_ms: float) -> str:
    """Return in words by how much the budget is exceeded, or ""."""
    if expect.latency_ms is None or elapsed_ms <= expect.latency_ms:
        return ""
    return f"it took {elapsed_ms:.0f} ms where at most {expect.latency_ms:.0f} ms were allowed"


def _status_problem(expect: Expectation, status: int) -> str:
    if status in expect.statuses or (not expect.statuses and 200 <= status < 300):  # noqa: PLR2004  RFC 9110: success
        return ""
    wanted = _runs(expect.statuses) or "2xx"
    return f"status {status} where {wanted} was expected"


def _runs(statuses: frozenset[int]) -> str:
    """Return *statuses* in words, those that follow each other as "100 to 499"."""
    first = sorted(status for status in statuses if status - 1 not in statuses)
    last = sorted(status for status in statuses if status + 1 not in statuses)
    return " or ".join(
        " or ".join(map(str, range(low, high + 1))) if high - low <= 1 else f"{low} to {high}"
        for low, high in zip(first, last, strict=True)
    )


def _text_problem(expect: Expectation, body: str) -> str:
    if expect.body_contains in body:
        return ""
    return f"the answer does not contain {expect.body_contains!r}"
