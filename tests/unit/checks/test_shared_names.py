"""A name that several distributions share, missing: which of them the failing line wants."""

import pytest

from deploy_suite.checks.boot.explanations import of_namespace
from deploy_suite.knowledge.diagnosis import diagnose


@pytest.mark.parametrize(
    ("module", "line", "slug"),
    [
        (
            "azure",
            "from azure.monitor.opentelemetry import configure",
            "missing-requirement:azure-monitor-opentelemetry",
        ),
        ("azure", "import azure.identity", "missing-requirement:azure-identity"),
        ("azure", "from azure.unheard_of import thing", "missing-requirement:azure"),
        ("azure", "", "missing-requirement:azure"),
        ("flask", "from flask.views import View", "missing-requirement:flask"),
        ("yaml", "from settings import config", "missing-requirement:pyyaml"),
    ],
)
def test_the_distribution_is_the_one_that_the_line_imports_from(module: str, line: str, slug: str) -> None:
    root = diagnose(f"Traceback (most recent call last):\nModuleNotFoundError: No module named '{module}'\n").root

    told = of_namespace(root, line)

    assert told is not None
    assert told.slug == slug
