"""Each sample is a log of a failure that was really caused: see tests/cases/logs/make.py."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from deploy_suite.knowledge.catalogue import family
from deploy_suite.knowledge.diagnosis import Diagnosis, Verdict, diagnose

TOP = Path(__file__).parents[3]
SAMPLES = sorted(path.parent for path in (TOP / "tests" / "cases" / "logs").glob("*/made.toml"))
HEALTHY = sorted((TOP / "tests" / "cases" / "healthy_logs").glob("*.txt"))
CASES = Path(os.environ.get("DIAGNOSE_CASES", TOP.parent / "shared" / "logs" / "cases.jsonl"))


def expected(sample: Path) -> str:
    return str(tomllib.loads((sample / "made.toml").read_text(encoding="utf-8"))["cause"])


def is_right(found: Diagnosis, cause: str) -> bool:
    if found.root is None:
        return False
    return found.root.slug == cause or (":" not in cause and found.root.family == cause)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_failure_that_was_really_caused_is_named(sample: Path) -> None:
    found = diagnose((sample / "log.txt").read_text(encoding="utf-8"))

    assert is_right(found, expected(sample)), found


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_no_other_row_claims_it(sample: Path) -> None:
    found = diagnose((sample / "log.txt").read_text(encoding="utf-8"))

    rivals = [cause.slug for cause in found.causes[1:] if cause.confidence >= found.causes[0].confidence]
    assert rivals == []


def test_the_samples_cover_many_families() -> None:
    assert len({family(expected(sample)) for sample in SAMPLES}) >= 70


@pytest.mark.parametrize("log", HEALTHY, ids=lambda log: log.stem)
def test_a_service_that_came_up_has_no_failure(log: Path) -> None:
    assert diagnose(log.read_text(encoding="utf-8")) == Diagnosis(verdict=Verdict.HEALTHY)


@pytest.mark.skipif(not CASES.exists(), reason=f"the reported logs are not here: {CASES}")
def test_reported_logs_are_read_rightly() -> None:
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    found = [(diagnose(row["log"]), row["cause"]) for row in rows]

    right = sum(is_right(diagnosis, family(cause)) for diagnosis, cause in found)
    misled = sum(
        diagnosis.root is not None and diagnosis.root.confidence >= 0.7 and not is_right(diagnosis, family(cause))
        for diagnosis, cause in found
    )
    assert right / len(rows) >= 0.95
    assert misled / len(rows) <= 0.02
