"""What to do about a lock, in the words of the tool that takes it."""

import pytest

from deploy_suite.checks.migrations import locks
from deploy_suite.checks.migrations.tools import Kind


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.DJANGO, "drop the index with RemoveIndexConcurrently in a migration of its own with `atomic = False`"),
        (Kind.ALEMBIC, "drop the index with postgresql_concurrently=True in op.get_context().autocommit_block()"),
    ],
)
def test_an_index_is_dropped_by_the_means_of_the_tool(kind: Kind, expected: str) -> None:
    other = "deploy a release that does not use the column first, drop it in the next"

    found = locks.remedy(("require-concurrent-index-deletion", "ban-drop-column"), kind)

    assert found == f"{expected}; {other}"
