"""What a build did against what was asked, on the log of an outage: the fix was committed and never deployed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
RENDER = """services:
  - type: web
    name: assistant
    runtime: python
    plan: free
    buildCommand: pip install -r requirements.txt
    startCommand: uvicorn api.main:app --host 0.0.0.0 --port $PORT
    envVars:
      - key: PYTHON_VERSION
        value: 3.11.9
"""
LOG = """==> Checking out commit {commit} in branch main
==> Using Python version 3.13.4 (default)
==> Running build command 'pip install -r requirements.txt'...
Installing collected packages: urllib3, uvicorn,
requests, pydantic-core, starlette, pydantic,
fastapi

Successfully installed fastapi-0.124.4 pydantic-2.12.5
[...] urllib3-2.6.0 uvicorn-0.38.0

[notice] A new release of pip is available: 25.1.1 -> 25.3
==> Build successful
==> Running 'uvicorn api.main:app --host 0.0.0.0 --port $PORT'
Traceback (most recent call last):
  File "/opt/render/project/src/api/main.py", line 26, in <module>
    import numpy as np
ModuleNotFoundError: No module named 'numpy'
==> Exited with status 1
"""


def git(folder: Path, *words: str) -> str:
    command = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words)
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def assistant(tmp_path: Path) -> Path:
    folder = tmp_path / "assistant"
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "main.py").write_text("from fastapi import FastAPI\nimport numpy as np\napp = FastAPI()\n")
    (folder / "requirements.txt").write_text("# API\nfastapi>=0.104.0\nuvicorn>=0.24.0\nrequests>=2.31.0\n")
    (folder / "render.yaml").write_text(RENDER)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Search by vectors")
    with (folder / "requirements.txt").open("a") as file:
        file.write("numpy>=1.24.0\ncolorama; sys_platform == 'win32'\n")
    git(folder, "commit", "-qam", "Ask for numpy")
    return folder


def diagnosed(log: str, folder: Path, *words: str) -> str:
    command = (str(BIN / "deploy-suite"), "diagnose", "-", "--project", str(folder), *words)
    return subprocess.run(command, input=log, capture_output=True, text=True, check=False, timeout=60).stdout


def test_a_fix_that_was_committed_and_not_deployed_is_the_root_cause(assistant: Path) -> None:
    deployed = git(assistant, "rev-parse", "HEAD~1")

    found = json.loads(diagnosed(LOG.format(commit=deployed), assistant, "--format", "json"))

    root, build = found["causes"][0], found["build"]
    assert (root["cause"], root["explains"]) == (
        "commit-not-deployed",
        ["missing-requirement:numpy", "app-exited-at-start"],
    )
    assert [line["line"] for line in root["evidence"]] == [1, 17]
    assert (build["commit"], build["meant"]) == (deployed, git(assistant, "rev-parse", "HEAD"))
    assert (build["python"], build["packages"]["requests"], build["packages"]["fastapi"]) == ("3.13.4", "", "0.124.4")
    assert [one["code"] for one in build["differences"]] == [
        "commit-not-deployed",
        "python-runtime-unavailable",
        "missing-requirement:numpy",
    ]
    assert f"the commit that was deployed, {deployed[:7]}, does not ask for it" in build["differences"][2]["message"]


def test_the_commit_that_was_deployed_lacks_the_requirement_itself(assistant: Path) -> None:
    deployed = git(assistant, "rev-parse", "HEAD~1")

    shown = diagnosed(LOG.format(commit=deployed), assistant, "--revision", deployed)

    assert shown.startswith("missing-requirement:numpy")
    assert "commit-not-deployed" not in shown
    assert f"against assistant at {deployed[:7]}, service assistant:" in shown
    assert "ran       pip install -r requirements.txt" in shown


def test_a_build_that_installed_all_that_was_asked_differs_in_nothing(assistant: Path) -> None:
    log = "==> Using Python version 3.11.9 (default)\nUsing CPython 3.11.9\n" + "".join(
        f" + {name}==1.0\n" for name in ("fastapi", "uvicorn", "requests", "numpy")
    )

    assert "nothing differs from what the project asks for" in diagnosed(log, assistant)


def test_a_project_that_is_no_repository_says_so(tmp_path: Path) -> None:
    command = (str(BIN / "deploy-suite"), "diagnose", "-", "--project", str(tmp_path))

    done = subprocess.run(command, input="", capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
