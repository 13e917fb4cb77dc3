"""What to do about a lock, in the words of the tool that takes it."""

import pytest

from deploy_suite.checks.migrations import locks
from deploy_suite.checks.migrations.tools import Kind

RULES = ("require-concurrent-index-creation", "ban-drop-column")


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (
            Kind.DJANGO,
            "create the index with AddIndexConcurrently in a migration of its own with `atomic = False`, so that writes "
            "go on",
        ),
        (
            Kind.ALEMBIC,
            "create the index with postgresql_concurrently=True in op.get_context().autocommit_block(), so that writes "
            "go on",
        ),
    ],
)
def test_an_index_is_built_by_the_means_of_the_tool(kind: Kind, first: str) -> None:
    other = "deploy a release that does not use the column first, drop it in the next"

    assert locks.remedy(RULES, kind) == f"{first}; {other}"
