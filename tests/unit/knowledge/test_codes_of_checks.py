"""Whatever a command says under a code has a row that explains it: one cause, one slug, one explanation."""

import pytest

from deploy_suite.knowledge.catalogue import catalogue
from deploy_suite.knowledge.explain import explain
from deploy_suite.knowledge.statements import statements
from tests.unit.knowledge.written_codes import written

# What stands for a server's name at the beginning of a composed code.
SERVERS = ("gunicorn", "uvicorn")
WRITTEN = written()
CODES = {
    f"{server}{code.text}" if code.text.startswith("-") else code.text.rstrip(":"): code.place
    for code in WRITTEN
    if code.text
    for server in (SERVERS if code.text.startswith("-") else ("",))
}


def test_each_code_of_the_sources_can_be_told_from_them() -> None:
    assert [code.place for code in WRITTEN if code.text is None] == []
    assert len(CODES) >= 150
    # one of each way in which a code is written: plain, composed, of a table, handed on, of another module, by default
    assert {
        "alembic-multiple-heads",
        "missing-requirement",
        "celery-broker-refused",
        "alembic-config-missing",
        "crlf-line-endings",
        "cannot-check-here",
        "uvicorn-attribute-missing",
    } <= CODES.keys()


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_is_explained(code: str) -> None:
    assert catalogue().row(code) is not None or code in statements(), CODES[code]
    assert explain(code)


def test_no_statement_is_left_over_or_names_a_cause() -> None:
    assert sorted(statements()) == sorted(code for code in CODES if catalogue().row(code) is None)
