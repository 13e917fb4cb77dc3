"""A Dockerfile that takes a frontend from a stage without Python: the Python of the image is checked all the same."""

import sys
from pathlib import Path

import pytest

from tests.integration.users_project import Told, preflight, repository, server

pytestmark = pytest.mark.integration

FILES = {
    "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: docker\n    plan: starter\n",
    "web/package.json": "{}",
    "Dockerfile": (
        "FROM node:20-alpine AS web\nWORKDIR /web\nCOPY web/ ./\nRUN npm ci && npm run build\n"
        "FROM python:{python}-slim\nWORKDIR /app\nCOPY main.py .\nCOPY --from=web /web/dist ./static\n"
        'CMD ["python", "main.py"]\n'
    ),
}
LISTS = "os.listdir('static/assets'); open('static/index.html').close()"


def told(folder: Path, *, before: str) -> Told:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    dockerfile = FILES["Dockerfile"].replace("{python}", python)
    shop = repository(folder / "shop", {**FILES, "Dockerfile": dockerfile, "main.py": server(before=before)})
    return preflight(shop, cache=folder / "cache")


def test_a_service_that_serves_what_is_not_built_here_starts_and_the_report_says_so(tmp_path: Path) -> None:
    healthy = told(tmp_path, before=LISTS)

    findings = healthy.report["findings"]
    assert (healthy.code, [one["code"] for one in findings if one["outcome"] == "failed"]) == (0, [])
    assert healthy.findings["image-stage-not-built"]["outcome"] == "note"
    assert healthy.findings["image-stage-not-built"]["location"] == {"file": "Dockerfile", "line": 8}


@pytest.mark.parametrize(
    ("before", "outcome", "code"),
    [("open('static/made/by-npm.json')", "skipped", 3), ("open('prices.json')", "failed", 1)],
)
def test_only_what_misses_a_file_of_that_stage_is_left_open(
    tmp_path: Path, before: str, outcome: str, code: int
) -> None:
    lacking = told(tmp_path, before=before)

    assert lacking.code == code
    assert {one["outcome"] for one in lacking.report["findings"] if one["check"] == "boot"} == {outcome}
