"""A service with its files, and what the config check says of it."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.base import Case, Findings
from deploy_suite.checks.config.check import check
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Outcome
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import WorkingState
from deploy_suite.targets.registry import TARGETS

Checked = Callable[..., Findings]
BLUEPRINT = """\
services:
  - type: {type}
    name: shop
    runtime: python
    plan: starter
    rootDir: "{root}"
    buildCommand: {build}
    startCommand: {start}
    preDeployCommand: {pre_deploy}
    envVars:
      - key: PYTHON_VERSION
        value: 3.12.8
{variables}"""


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """Return the findings that are no pass for a service with these files and commands."""

    def findings(
        files: Mapping[str, str | bytes],
        *,
        build: str = "pip install -r requirements.txt",
        start: str = "gunicorn app:app",
        pre_deploy: str = "",
        kind: str = "web",
        root: str = "",
        variables: Mapping[str, str] | None = None,
        state: WorkingState | None = None,
        executable: tuple[str, ...] = (),
        blueprint: bool = True,
    ) -> Findings:
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        for name in executable:
            (tmp_path / name).chmod(0o755)
        if blueprint:
            text = BLUEPRINT.format(
                type=kind,
                root=root,
                build=_quoted(build),
                start=_quoted(start),
                pre_deploy=_quoted(pre_deploy),
                variables="".join(f"      - key: {n}\n        value: '{v}'\n" for n, v in (variables or {}).items()),
            )
            (tmp_path / "render.yaml").write_text(text)
        commit = Commit(sha="a" * 40, tree="b" * 40, subject="Change", branch="main")
        snapshot = Snapshot(commit=commit, folder=tmp_path, root=PurePosixPath())
        contract = TARGETS["render"].read(snapshot, Settings(), repository_slug="acme/shop").contracts[0]
        case = Case(snapshot=snapshot, contract=contract, state=state or WorkingState(), preferences=Preferences())
        return tuple(one for one in check(case) if one.outcome is not Outcome.PASSED)

    return findings


def _quoted(command: str) -> str:
    return '"' + command.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
