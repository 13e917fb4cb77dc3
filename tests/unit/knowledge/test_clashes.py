import re
from collections.abc import Mapping

import pytest
from packaging.specifiers import SpecifierSet

from deploy_suite.knowledge import clashes
from deploy_suite.knowledge.catalogue import catalogue
from deploy_suite.knowledge.clashes import Clash
from deploy_suite.knowledge.diagnosis import diagnose
from deploy_suite.knowledge.explain import explain

ROWS = clashes.rows()
PROVED = [row for row in ROWS if not row.unproved]
OWN = [row for row in ROWS if row.family == "dep-conflict"]


def name(row: Clash) -> str:
    return f"{row.slug}-{'-'.join(row.members)}"


def pinned(row: Clash, pins: str) -> Mapping[str, str]:
    return {**dict(re.findall(r"([\w.-]+)==(\S+)", pins)), "python": f"{row.python}.99"}


def with_what_is_brought(row: Clash) -> Mapping[str, str]:
    """Return the proof with those members that installing it brings, of which the row only says that they fit."""
    return {**{member: newest(span) for member, span in row.members.items()}, **pinned(row, row.proof)}


def newest(span: str) -> str:
    return next((version for version in ("0.0.1", "3.0", "1000") if version in SpecifierSet(span)), "")


def traceback_of(row: Clash) -> str:
    path = f"/opt/venv/lib/python{row.python}/site-packages/{row.fails.replace('.', '/')}/__init__.py"
    lines = ("Traceback (most recent call last):", '  File "/app/main.py", line 3, in <module>', "    import something")
    return "\n".join((*lines, f'  File "{path}", line 9, in <module>', "    from there import it", row.error, ""))


def test_there_are_enough_rows_and_nearly_all_were_seen_to_fail() -> None:
    assert len(PROVED) >= 100
    assert len([row for row in PROVED if len([*row.members, *row.lacks]) > 1]) >= 100


@pytest.mark.parametrize("row", PROVED, ids=name)
def test_a_row_is_met_by_its_proof_and_not_by_its_repair(row: Clash) -> None:
    assert row.is_met(with_what_is_brought(row), is_complete=True)
    assert not row.is_met(pinned(row, row.repair), is_complete=True)


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_row_names_its_source_its_fix_and_why(row: Clash) -> None:
    assert row.source.startswith("https://")
    assert row.fix
    assert row.why.endswith((".", ")"))
    assert row.rank in {1, 2, 3}


@pytest.mark.parametrize("row", [row for row in ROWS if row.pin], ids=name)
def test_a_python_to_pin_is_one_that_does_not_meet_the_row(row: Clash) -> None:
    assert not row.is_met({**pinned(row, row.proof), "python": row.pin}, is_complete=True)
    assert row.remedy == f"{row.fix}, or pin Python {row.pin} for the service"


def test_a_cause_that_is_diagnosed_offers_the_python_of_its_row() -> None:
    row = next(row for row in ROWS if row.slug == "dep-conflict:sqlalchemy-python")
    root = diagnose(traceback_of(row)).root

    assert root is not None
    assert (root.python, root.fix) == ("3.12", "Move to SQLAlchemy>=2.0.31, or pin Python 3.12 for the service.")


@pytest.mark.parametrize("row", OWN, ids=name)
def test_a_log_with_its_error_is_diagnosed_as_the_row(row: Clash) -> None:
    root = diagnose(traceback_of(row)).root

    assert root is not None
    assert root.slug == row.slug


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_its_slug_can_be_explained(row: Clash) -> None:
    assert explain(row.slug)
    assert catalogue().row(row.slug)


@pytest.mark.parametrize("versions", [{}, {"flask": "2.2.2"}, {"flask": "2.2.2", "werkzeug": "odd version"}])
def test_what_is_not_known_is_no_clash(versions: Mapping[str, str]) -> None:
    assert clashes.met(versions) == ()


def test_what_must_not_be_there_is_only_asked_of_a_whole_environment() -> None:
    versions = {"gunicorn": "20.1.0", "setuptools": "82.0.0"}

    assert clashes.met(versions) == ()
    assert [row.slug for row in clashes.met(versions, is_complete=True)] == ["stdlib-removed:pkg_resources"]
    assert clashes.met({**versions, "setuptools": "80.9.0"}, is_complete=True) == ()


def test_the_python_itself_can_be_a_member() -> None:
    assert [row.slug for row in clashes.met({"aioredis": "2.0.1", "python": "3.11.9"})] == [
        "dep-conflict:aioredis-python"
    ]
    assert clashes.met({"aioredis": "2.0.1", "python": "3.10.13"}) == ()


def test_members_are_shown_with_their_versions() -> None:
    (row,) = clashes.met({"sqlalchemy": "2.1.0", "psycopg2-binary": "2.9.10", "greenlet": "3.2"}, is_complete=True)

    text = row.told({"sqlalchemy": "2.1.0", "psycopg2-binary": "2.9.10"})

    assert text == "sqlalchemy 2.1.0 and psycopg2-binary 2.9.10 are installed without psycopg"


def test_a_key_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown keys: wen"):
        clashes.parse('[[clash]]\nslug = "x"\nwen = "now"\n')
