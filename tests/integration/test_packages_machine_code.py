"""Real wheels and real environments: which NumPy they are built for, and what is named before anything boots."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.packages import binaries, checking, judgements, numpy_abi
from deploy_suite.checks.packages.binaries import Compiled
from deploy_suite.checks.packages.numpy_api import NumpyApi
from deploy_suite.checks.packages.subject import Subject
from deploy_suite.environments import registry, uv
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.registry import INSTALLERS
from deploy_suite.knowledge.platforms import images
from deploy_suite.model.environment import Environment, Preferences
from deploy_suite.ports import WorkingState
from tests.integration import environment_stage, users_project

pytestmark = pytest.mark.integration

ALL_VARIABLE = "DEPLOY_SUITE_ALL_WHEELS"  # 570 MB; a fifth of the wheels is a tenth of that
WHEELS = tomllib.loads((Path(__file__).parents[1] / "cases/numpy_wheels.toml").read_text())["wheel"]
PLATFORM = "x86_64-manylinux_2_36"

APP = {
    "app/__init__.py": "",
    "app/main.py": """
from http.server import BaseHTTPRequestHandler, HTTPServer
import os
from app import eyes

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(eyes.version().encode())

HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
""",
    "app/eyes.py": '"""Sight."""\n\nimport cv2\n\n\ndef version():\n    return cv2.__version__\n',
}

POPULAR = """
pandas==2.2.3 matplotlib==3.9.2 pillow==11.0.0 lxml==5.3.0 cryptography==43.0.3 psycopg2-binary==2.9.10 asyncpg==0.30.0
uvloop==0.21.0 httptools==0.6.4 orjson==3.10.11 pydantic-core==2.27.1 sqlalchemy==2.0.36 greenlet==3.1.1 gevent==24.11.1
grpcio==1.68.0 aiohttp==3.11.7 pyyaml==6.0.2 bcrypt==4.2.1 cffi==1.17.1 msgpack==1.1.0 regex==2024.11.6 shapely==2.0.6
contourpy==1.3.1 websockets==14.1 numexpr==2.10.2 h5py==3.12.1 numba==0.61.0 llvmlite==0.44.0 numpy==2.1.3
"""


def fetched(cache: Path, folder: Path, requirements: list[str], *, series: str) -> tuple[Compiled, ...]:
    """Return what the wheels of *requirements* alone hold."""
    with environment_stage.run(cache) as ports:
        found = next((one for one in ports.interpreters.installed() if one.series == series), None)
        if found is None:
            pytest.skip(f"this machine has no Python {series}")
        workshop = Workshop(ports=ports, interpreter=found, folder=ports.workplace.run_folder)
        done = uv.fetch(folder, requirements, platform=PLATFORM, timeout_s=300, workshop=workshop)
        assert done.ok, done.err
        return binaries.read(folder, ports.workplace.cache)


def rows() -> list[Mapping[str, str]]:
    return [row for row in WHEELS if os.environ.get(ALL_VARIABLE) or row["is_small"]]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['name']}-{row['version']}")
def test_the_numpy_for_which_a_real_wheel_is_built_is_read_from_it(
    row: Mapping[str, str], tmp_path: Path, shared_cache: Path
) -> None:
    found = fetched(shared_cache, tmp_path / "wheel", [f"{row['name']}=={row['version']}"], series="3.11")

    known = {file.numpy for one in found for file in one.extensions} - {NumpyApi.NONE}
    assert (row["built_for"], [numpy_abi.is_only_for_first(one) for one in found]) == (
        "1" if known == {NumpyApi.ONLY_FIRST} else "1 and 2" if known == {NumpyApi.BOTH} else "none",
        [row["built_for"] == "1"],
    )


def test_nothing_is_said_of_many_popular_compiled_packages_with_numpy_2(tmp_path: Path, shared_cache: Path) -> None:
    found = fetched(shared_cache, tmp_path / "site", POPULAR.split(), series="3.12")
    versions = {one.name: one.version for one in found}
    subject = Subject(None, versions=versions, compiled=found, image=images.image("render-native"))  # type: ignore[arg-type]

    assert len(found) >= 25
    assert [finding for say in judgements.ON_PACKAGES for finding in say(subject)] == []


def told(
    committed: Callable[[Mapping[str, str]], Path], cache: Path, *requirements: str
) -> tuple[int, list[list[str]]]:
    """Return the exit code of a preflight, and outcome, code and place of what is worse than a note, in order."""
    manifest = users_project.manifest(start="python -m app.main")
    folder = committed({**APP, "render.yaml": manifest, "requirements.txt": "\n".join(requirements) + "\n"})
    done = users_project.preflight(folder, "--target", "render", cache=cache)
    places = [(one, one["location"] or {"file": "", "line": 0}) for one in done.report["findings"]]
    return done.code, [
        [one["outcome"], one["code"], f"{place['file']}:{place['line']}"]
        for one, place in places
        if one["outcome"] in {"failed", "warning"}
    ]


def test_opencv_for_numpy_1_is_named_at_its_import_before_anything_boots(
    committed: Callable[[Mapping[str, str]], Path], shared_cache: Path
) -> None:
    code, found = told(committed, shared_cache, "opencv-python==4.8.1.78", "numpy>=1.26,<2.3")

    assert code == 1
    assert found[:2] == [
        ["failed", "numpy-abi:opencv-python", "app/eyes.py:3"],
        ["warning", "missing-system-lib:libGL", "app/eyes.py:3"],
    ]
    assert {code for _, code, _ in found} == {"numpy-abi:opencv-python", "missing-system-lib:libGL"}


def test_the_pinned_numpy_mends_it_and_the_headless_build_needs_no_library(
    committed: Callable[[Mapping[str, str]], Path], shared_cache: Path
) -> None:
    pinned = told(committed, shared_cache, "opencv-python-headless==4.8.1.78", "numpy>=1.26,<2")

    assert pinned == (0, [])


@pytest.mark.parametrize("installer", INSTALLERS.values(), ids=INSTALLERS)
def test_another_system_looks_at_the_wheels_that_the_target_takes(
    installer: Installer, tmp_path: Path, shared_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = "bottleneck==1.3.7\nnumpy==2.2.6\nuvloop==0.21.0; sys_platform == 'linux'\n"
    snapshot = environment_stage.project(tmp_path / "shop", {"requirements.txt": listed})
    agreed = replace(
        environment_stage.contract("pip install -r requirements.txt", python="3.11"), image="render-native"
    )
    monkeypatch.setattr(checking, "is_like_target", lambda: False)
    with environment_stage.run(shared_cache) as ports:
        bound = environment_stage.bound(agreed)
        plan = registry.planned(agreed, snapshot, bound, Preferences(), ports, installer=installer)
        environment = registry.built(plan)
        assert isinstance(environment, Environment)
        case = Case(snapshot=snapshot, contract=agreed, state=WorkingState(), preferences=Preferences())
        found = checking.check(Built(case=case, environment=environment, bindings=bound, server=None), plan, ports)

    assert [(one.outcome.value, one.code) for one in found] == [
        ("passed", "packages"),
        ("warning", "numpy-abi:bottleneck"),
    ]
    assert "the machine code of 3 of them against render-native" in found[0].message


def test_a_withdrawn_release_that_is_pinned_is_told_with_its_reason(
    committed: Callable[[Mapping[str, str]], Path], shared_cache: Path
) -> None:
    files = users_project.project(build="pip install -r requirements.txt") | {"requirements.txt": "requests==2.32.0\n"}

    done = users_project.preflight(committed(files), "--target", "render", cache=shared_cache)

    told = done.findings["yanked-release:requests"]
    assert (done.code, told["outcome"], told["location"]) == (0, "warning", {"file": "requirements.txt", "line": 1})
    assert "CVE-2024-35195" in told["message"]
