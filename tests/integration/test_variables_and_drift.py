"""Variables that nothing states, versions that moved, and locks, as the command line tells of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.integration import users_project
from tests.integration.users_project import git, preflight, project, server

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]

WANTING = "import os\nFIRST = os.environ['FIRST_KEY']\nSECOND = os.environ['SECOND_KEY']\nTHIRD = os.getenv('THIRD')\n"


def test_variables_that_nothing_states_are_told_once_each_with_their_lines(
    committed: Committed, own_cache: Path
) -> None:
    told = preflight(committed(project(server(before=WANTING), variables={"LOG_LEVEL": "info"})), cache=own_cache)

    found = [one for one in told.report["findings"] if one["code"].startswith("missing-env-var")]
    assert told.code == 1
    assert sorted(one["code"] for one in found) == ["missing-env-var:FIRST_KEY", "missing-env-var:SECOND_KEY"]
    assert [one["location"]["file"] for one in found] == ["main.py", "main.py"]


def test_a_variable_is_no_matter_where_the_code_does_without_it(committed: Committed, own_cache: Path) -> None:
    guarded = "import os\ntry:\n    KEY = os.environ['KEY']\nexcept KeyError:\n    KEY = ''\n"

    told = preflight(committed(project(server(before=guarded), variables={"LOG_LEVEL": "info"})), cache=own_cache)

    assert (told.code, [code for code in told.findings if code.startswith("missing")]) == (0, [])


def test_a_version_that_moved_is_told_also_where_the_verdict_is_reused(committed: Committed, own_cache: Path) -> None:
    folder = committed({**project(), "requirements.txt": "# pinned nowhere\nsix\n"})
    first = preflight(folder, cache=own_cache)
    (kept,) = own_cache.rglob("resolutions/*.json")
    records = json.loads(kept.read_text())
    records["records"][0]["versions"]["six"] = "0.9"
    kept.write_text(json.dumps(records))
    git(folder, "commit", "-qm", "second", "--allow-empty")

    second, third = preflight(folder, cache=own_cache), preflight(folder, cache=own_cache)

    assert (first.code, "version-drift:six" in first.findings) == (0, False)
    for told in (second, third):
        assert told.code == 0
        assert told.findings["version-drift:six"]["outcome"] == "warning"
        assert told.findings["version-drift:six"]["location"] == {"file": "requirements.txt", "line": 2}


def _locked(folder: Path, cache: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        (sys.executable, "-m", "deploy_suite", "lock", "--project", str(folder), *options),
        env=users_project.environment(cache),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def _names(lock: Path) -> Sequence[str]:
    return [line.partition("==")[0] for line in lock.read_text().splitlines() if line[:1].isalpha()]


def test_a_lock_pins_what_the_target_gets_and_says_what_to_change(committed: Committed, own_cache: Path) -> None:
    folder = committed({**project(), "requirements.txt": "python-dateutil==2.8.2\n"})

    code, out = _locked(folder, own_cache)

    assert (code, _names(folder / "requirements.lock")) == (0, ["python-dateutil", "six"])
    assert out.splitlines() == [
        "shop: wrote requirements.lock, 2 versions",
        "  in render.yaml:6, install `-r requirements.lock` in place of `-r requirements.txt`",
        "  git add requirements.lock, and run it again to take newer versions",
    ]


def test_a_lock_that_the_build_installs_is_made_anew_from_its_source(committed: Committed, own_cache: Path) -> None:
    folder = committed({**project(), "requirements.txt": "-c limits.txt\nsix\n", "limits.txt": "six<1.16\n"})
    _locked(folder, own_cache)
    first = (folder / "requirements.lock").read_text()
    (folder / "render.yaml").write_text(users_project.manifest(build="pip install -r requirements.lock"))
    (folder / "limits.txt").write_text("")

    code, out = _locked(folder, own_cache)

    assert (code, "six==1.15.0" in first, out.splitlines()[1:]) == (
        0,
        True,
        ["  git add requirements.lock, and run it again to take newer versions"],
    )
    assert "six==1.15.0" not in (folder / "requirements.lock").read_text()


def test_a_lock_with_hashes_is_one_that_pip_takes(committed: Committed, own_cache: Path) -> None:
    folder = committed({**project(build="pip install 'six>=1.16'"), "requirements.txt": ""})

    code, out = _locked(folder, own_cache, "--hashes")

    assert (code, "six==1." in (folder / "requirements.lock").read_text()) == (0, True)
    assert "--hash=sha256:" in (folder / "requirements.lock").read_text()
    assert "in place of `six>=1.16`" in out


def test_a_lock_never_overwrites_what_somebody_else_wrote(committed: Committed, own_cache: Path) -> None:
    folder = committed({**project(), "requirements.txt": "six\n", "requirements.lock": "mine\n"})

    code, out = _locked(folder, own_cache)

    assert (code, (folder / "requirements.lock").read_text()) == (2, "mine\n")
    assert "was not written by this command" in out


def test_requirements_that_nothing_fits_are_no_lock(committed: Committed, own_cache: Path) -> None:
    folder = committed({**project(), "requirements.txt": "six==99\n"})

    code, out = _locked(folder, own_cache)

    assert (code, (folder / "requirements.lock").exists()) == (2, False)
    assert "six==99" in out


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"requirements.txt": "six==1.16.0\n"}, "pins all that it leads to already"),
        ({"render.yaml": users_project.manifest(build="uv sync")}, "run `uv lock`"),
        ({"render.yaml": users_project.manifest(build="poetry install")}, "run `poetry lock`"),
        ({"render.yaml": users_project.manifest(build="pipenv install --deploy")}, "run `pipenv lock`"),
        ({"render.yaml": users_project.manifest(build="echo nothing")}, "installs nothing that could be locked"),
    ],
)
def test_what_needs_no_lock_of_ours_gets_none(
    committed: Committed, own_cache: Path, files: Mapping[str, str], said: str
) -> None:
    folder = committed({**project(), **files})

    code, out = _locked(folder, own_cache)

    assert (code, (folder / "requirements.lock").exists()) == (0, False)
    assert said in out
