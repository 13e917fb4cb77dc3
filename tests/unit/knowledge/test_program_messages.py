import tomllib
from pathlib import Path

import pytest

from deploy_suite.knowledge.diagnosis import diagnose

ROWS = tomllib.loads(
    (Path(__file__).parents[2] / "cases" / "program_messages.toml").read_text(encoding="utf-8"),
)["messages"]
MESSAGES = [
    pytest.param(row["cause"], text, id=f"{row['cause']}-{n}") for row in ROWS for n, text in enumerate(row["texts"])
]


@pytest.mark.parametrize(("cause", "text"), MESSAGES)
def test_what_a_program_prints_is_enough_to_name_the_cause(cause: str, text: str) -> None:
    found = diagnose(text)

    assert (found.root.family if found.root else found.verdict.value) == cause
