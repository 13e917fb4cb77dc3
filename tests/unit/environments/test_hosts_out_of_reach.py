"""Which hosts a failed build says that it did not reach."""

from pathlib import Path
from typing import cast

import pytest

from deploy_suite.environments.base import Workshop
from deploy_suite.environments.reach import _hosts, _not_reached, blame_layout
from deploy_suite.environments.recipe import Recipe
from deploy_suite.environments.stand_ins import Call
from deploy_suite.errors import CannotCheckError
from deploy_suite.manifests import requirements_file


@pytest.mark.parametrize(
    ("log", "host"),
    [
        ("FetchError: request to https://fonts.googleapis.com/css2 failed", "fonts.googleapis.com"),
        ("Error: getaddrinfo ENOTFOUND fonts.gstatic.com", "fonts.gstatic.com"),
        ("curl: (6) Could not resolve host: install.python-poetry.org", "install.python-poetry.org"),
        ("fatal: unable to access 'https://github.com/a/b.git/': x", "github.com"),
        ("  ├─▶ Failed to fetch:\n  │   `https://github.com/a/b.zip`\n  ╰─▶ dns error", "github.com"),
        ("    | All attempts to connect to pypi.org failed.", "pypi.org"),
        ("HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded", "huggingface.co"),
    ],
)
def test_a_host_is_taken_from_what_programs_say_of_it(log: str, host: str) -> None:
    assert list(_not_reached(f"{log}\n")) == [f"https://{host}"]


def test_where_programs_only_report_to_is_not_what_a_build_fails_for() -> None:
    assert list(_not_reached("HTTPSConnectionPool(host='o85113.ingest.sentry.io', port=443): Max retries\n")) == []


def test_addresses_that_were_merely_printed_are_not_asked() -> None:
    assert list(_not_reached("see https://example.org/docs\nLocal: http://localhost:3000\n")) == []


@pytest.mark.parametrize(
    ("line", "hosts"),
    [
        ("-i https://pypi.python.org/simple", ["https://pypi.python.org"]),
        ("--extra-index-url=https://wheels.example.com:8443/cpu", ["https://wheels.example.com:8443"]),
        ("--find-links ./wheels", []),
        ("# -i https://old.example.com/simple", []),
    ],
)
def test_the_index_that_a_requirements_file_names_is_asked_too(tmp_path: Path, line: str, hosts: list[str]) -> None:
    (tmp_path / "requirements.txt").write_text(f"{line}\nflask==3.0.0\n", encoding="utf-8")
    file = requirements_file.load(tmp_path, "requirements.txt")
    call = Call(program="pip", arguments=("install", "-r", "requirements.txt"), code=1)

    assert list(_hosts([call], Recipe(folder="", files=file), cast(Workshop, None))) == hosts


@pytest.mark.parametrize(
    ("arguments", "log"),
    [
        (("pip", "install", "--python", "/opt/render/project/python/Python-3.10.12/bin/python3.10"), ""),
        ((), "./build.sh: line 3: /opt/render/project/python/Python-3.10.12/bin/pip: No such file or directory\n"),
    ],
)
def test_a_python_that_only_the_target_has_in_its_place_proves_nothing(arguments: tuple[str, ...], log: str) -> None:
    with pytest.raises(CannotCheckError, match=r"the build names /opt/render/project/python/Python-3\.10\.12/bin/p"):
        blame_layout([Call(program="uv", arguments=arguments, code=2)], log=log)


def test_the_sources_and_calls_that_went_well_are_no_place_of_the_target(tmp_path: Path) -> None:
    well = Call(program="uv", arguments=("--python", "/opt/render/project/python/bin/python"), code=0)

    blame_layout([well], log=f"{tmp_path}/opt: /opt/render/project/src/manage.py failed\n")
