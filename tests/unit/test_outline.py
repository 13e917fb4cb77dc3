"""Entry points into outlines, and what the `trace` command prints of them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy_suite.entry import cli

PROJECT: Mapping[str, str] = {
    "render.yaml": (
        "services:\n- type: web\n  name: shop\n  runtime: python\n  buildCommand: pip install -r requirements.txt\n"
        "  startCommand: gunicorn -k uvicorn.workers.UvicornWorker api.main:app\n"
        "  envVars:\n  - key: PYTHON_VERSION\n    value: 3.12.1\n"
    ),
    "requirements.txt": "fastapi\nuvicorn\ngunicorn\nPillow\n",
    "api/main.py": "from fastapi import FastAPI\nfrom api import search\napp = FastAPI()\n",
    "api/__init__.py": "",
    "api/search.py": "import PIL.Image\nimport numpy\n\ndef later():\n    import own_vendor\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def told(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["trace", "--project", str(project), *arguments]) == 0
    return capsys.readouterr().out


def test_the_tree_tells_who_imports_what_and_what_brings_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(project, capsys).splitlines()

    assert lines[0] == "api.main:app (render.yaml:6), service shop: Python 3.12.1 on Linux, the folder as it lies"
    assert [" ".join(line.split()) for line in lines[2:]] == [
        "api/__init__.py the entry point",
        "api/main.py the entry point",
        "├─ fastapi api/main.py:1 fastapi, requirements.txt:1",
        "└─ api/search.py api/main.py:2",
        "├─ PIL api/search.py:1 pillow, requirements.txt:4",
        "├─ numpy api/search.py:2 numpy, no requirement names it",
        "└─ own_vendor (deferred) api/search.py:5 own-vendor, no requirement names it, if that is its distribution",
        "uvicorn render.yaml:6 uvicorn, requirements.txt:2",
        "",
        "3 of the project's files, 5 packages (4 eager, 1 deferred)",
    ]


def test_why_tells_the_chain_of_a_package_by_any_of_its_names(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = [
        "eager:",
        "  api/main.py:2    from api import search",
        "  api/search.py:1  import PIL.Image",
    ]

    for name in ("PIL", "Pillow", "PIL.Image"):
        lines = told(project, capsys, "api.main:app", "--why", name).splitlines()
        assert lines[-3:] == expected
    assert told(project, capsys, "--why", "torch").splitlines()[-1] == "starting it does not import torch"


def test_the_json_holds_modules_packages_and_chains(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trace,) = json.loads(told(project, capsys, "--format", "json"))["traces"]

    assert (trace["service"], trace["python"], trace["commit"]) == ("shop", "3.12.1", None)
    assert [module["file"] for module in trace["modules"]] == ["api/__init__.py", "api/main.py", "api/search.py"]
    packages = {package["name"]: package for package in trace["packages"]}
    assert packages["PIL"] == {
        "name": "PIL",
        "distributions": ["pillow"],
        "known_by": "knowledge",
        "presence": "listed",
        "version": None,
        "requirement": {"file": "requirements.txt", "line": 4, "text": "Pillow"},
        "kind": "eager",
        "seconds": None,
        "imports": [
            {
                "module": "PIL.Image",
                "names": [],
                "kind": "eager",
                "chain": [
                    {"file": "api/main.py", "line": 2, "statement": "from api import search"},
                    {"file": "api/search.py", "line": 1, "statement": "import PIL.Image"},
                ],
            }
        ],
    }
    assert packages["own_vendor"]["known_by"] == "same name"
    assert packages["own_vendor"]["kind"] == "deferred"


@pytest.mark.parametrize(
    ("entry", "files"),
    [
        ("api.search", 2),
        ("api/main.py", 3),
        ("-m api.main", 3),
        ("uvicorn api.main:app --loop uvloop", 3),
    ],
)
def test_an_entry_is_named_in_any_of_the_ways_that_servers_know(
    project: Path, capsys: pytest.CaptureFixture[str], entry: str, files: int
) -> None:
    (trace,) = json.loads(told(project, capsys, entry, "--format", "json"))["traces"]

    assert len(trace["modules"]) == files


def test_what_the_target_cannot_read_is_told_when_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "api/search.py").write_text("match 1:\n    case 1:\n        pass\n")

    told_text = told(project, capsys, "--syntax", "--python", "3.9")

    expected = (
        "api/search.py:1: Python 3.9 cannot read this: Pattern matching is only supported in Python 3.10 and greater"
    )
    assert told_text.splitlines()[-1] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nope:app",), "nope:app is no module, file or start command of the project"),
        (("--service", "x"), "no service is called x"),
        (("--python", "two"), "two is no version of Python"),
        (("--project", "/nowhere"), "/nowhere is no folder"),
    ],
)
def test_bad_input_is_one_message(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert cli.main(["trace", "--project", str(project), *arguments]) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"deploy-suite: {message}"


def test_a_folder_without_manifests_is_traced_for_this_machines_python(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tool.py").write_text("import yaml\n")

    lines = told(tmp_path, capsys, "tool").splitlines()

    assert lines[1].startswith("  note: no manifest says which Python")
    assert " ".join(lines[4].split()) == "└─ yaml tool.py:1 pyyaml, no requirement names it"
