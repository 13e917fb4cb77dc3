"""Each sample is a log of a failure that was really caused: see tests/cases/logs/make.py."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from deploy_suite.knowledge.catalogue import family
from deploy_suite.knowledge.diagnosis import Diagnosis, LogVerdict, diagnose
from tests.unit.knowledge.test_catalogue import FAMILIES

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


# What only a platform prints, or a program that cannot be had here.
NOT_CAUSED_HERE = {
    "git-large-file-rejected": "GitHub's hook",
    "heroku-no-buildpack-detected": "Heroku's and Nixpacks' builders",
    "no-open-port": "Render's, Heroku's and Fly's routers",
    "slug-too-large": "Heroku's slug compiler",
    "system-sqlite-too-old": "a Python that is linked with a SQLite of 2020",
}


def test_every_family_of_the_vocabulary_was_really_caused_or_says_why_not() -> None:
    caused = {family(expected(sample)) for sample in SAMPLES}

    assert sorted(set(FAMILIES) - caused) == sorted(NOT_CAUSED_HERE)


@pytest.mark.parametrize("log", HEALTHY, ids=lambda log: log.stem)
def test_a_service_that_came_up_has_no_failure(log: Path) -> None:
    assert diagnose(log.read_text(encoding="utf-8")) == Diagnosis(verdict=LogVerdict.HEALTHY)


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
