import pytest

from deploy_suite.checks.dependencies.requirements import Declared
from deploy_suite.knowledge import system_libraries


@pytest.mark.parametrize(
    ("name", "whole"),
    [("psycopg", "psycopg[binary]"), ("psycopg2", "psycopg2"), ("opencv-python", "opencv-python"), ("flask", "flask")],
)
def test_what_is_to_be_added_brings_its_libraries_where_an_extra_does(name: str, whole: str) -> None:
    declared = Declared(installed=(), top=None, target="requirements.txt", tool="", is_pure=True, build=None)

    assert system_libraries.complete(name) == whole
    assert declared.add(name) == f"add `{whole}` to requirements.txt and commit it"
