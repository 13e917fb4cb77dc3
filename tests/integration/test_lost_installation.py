"""A build that goes on after its installation has failed, as the command line tells of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.integration.users_project import preflight, project, server

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]

SCRIPT = "#!/bin/bash\npip install -r requirements.txt\necho built\n"


def test_what_fails_for_a_lost_installation_is_told_with_its_cause_also_by_the_next_run(
    committed: Committed, own_cache: Path
) -> None:
    files = {
        **project(server(before="import packaging"), build="bash build.sh"),
        "build.sh": SCRIPT,
        "requirements.txt": "packaging\nsix==999.0\n",
    }
    folder = committed(files)

    first, second = preflight(folder, cache=own_cache), preflight(folder, cache=own_cache)

    for told in (first, second):
        cause = told.findings["dependency-resolution-impossible:six"]
        assert (told.code, cause["outcome"]) == (1, "failed")
        assert cause["location"] == {"file": "requirements.txt", "line": 2}
        assert cause["certainty"] == "certain that it failed here; not installed: packaging, six"
        assert told.findings["missing-requirement:packaging"]["remedy"] == (
            "it is listed already: mend what made `pip install -r requirements.txt` fail "
            "(dependency-resolution-impossible:six)"
        )


def test_an_installation_that_was_lost_in_vain_is_a_warning(committed: Committed, own_cache: Path) -> None:
    files = {**project(build="bash build.sh"), "build.sh": SCRIPT, "requirements.txt": "six==999.0\n"}

    told = preflight(committed(files), cache=own_cache)

    assert (told.code, told.findings["dependency-resolution-impossible:six"]["outcome"]) == (0, "warning")


def test_a_second_try_that_brings_all_says_nothing(committed: Committed, own_cache: Path) -> None:
    build = "pip install six==999.0 || true; pip install -r requirements.txt"
    files = {**project(build=build), "requirements.txt": "six\npywin32; sys_platform == 'win32'\n"}

    told = preflight(committed(files), cache=own_cache)

    found = [code for code, one in told.findings.items() if one["outcome"] == "failed"]
    assert (told.code, found, "dependency-resolution-impossible:six" in told.findings) == (0, [], False)
