"""The line of a project's script on which a build ended."""

from pathlib import Path

import pytest

from deploy_suite.environments import failed_steps
from deploy_suite.model.location import Location


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        ("1\t16\t{top}\t./build.sh\n", Location("build.sh", 16)),
        (
            "1\t4\t{top}/backend\t./bin/inner.sh\n1\t6\t{top}\tbuild.sh\n1\t1\t{top}\t\n",
            Location("backend/bin/inner.sh", 4),
        ),
        ("1\t2\t{top}\tbuild.sh\n1\t9\t{top}\tbuild.sh\n", Location("build.sh", 9)),
        ("7\t2\t{top}\tother.sh\n1\t9\t{top}\tbuild.sh\n", Location("build.sh", 9)),
        ("1\t3\t/usr/lib\t/usr/lib/tool.sh\n1\t9\t{top}\tbuild.sh\n", Location("build.sh", 9)),
        ("7\t9\t{top}\tbuild.sh\n", None),
        ("1\t1\t{top}\t\n", None),
        ("torn", None),
    ],
)
def test_a_build_ends_on_the_innermost_line_that_failed_with_its_exit_code(
    tmp_path: Path, noted: str, expected: Location | None
) -> None:
    failed_steps.settings(tmp_path)
    (tmp_path / "failed-steps").write_text(noted.format(top=tmp_path / "src"), encoding="utf-8")

    assert failed_steps.ended_at(tmp_path, tmp_path / "src", 1) == expected


def test_a_build_that_no_bash_ran_tells_no_line(tmp_path: Path) -> None:
    assert failed_steps.ended_at(tmp_path, tmp_path, 1) is None
