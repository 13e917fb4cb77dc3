"""Import names into distributions."""

import tomllib
from importlib.resources import files

import pytest
from packaging.utils import canonicalize_name

from deploy_suite.knowledge import import_names


@pytest.mark.parametrize(
    ("module", "names", "expected"),
    [
        ("yaml", (), ("PyYAML",)),
        ("PIL.Image", (), ("Pillow",)),
        ("psycopg2.extras", (), ("psycopg2-binary", "psycopg2")),
        ("google.cloud", ("storage",), ("google-cloud-storage",)),
        ("google.oauth2.service_account", (), ("google-auth",)),
        ("mysql.connector.pooling", (), ("mysql-connector-python",)),
        ("no_such_thing", (), ()),
        ("google", ("nothing_known",), ()),
    ],
)
def test_the_longest_known_name_tells_the_distributions(
    module: str, names: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert import_names.distributions(module, names=names) == expected


def test_every_family_says_where_it_comes_from_and_names_no_row_twice() -> None:
    text = files("deploy_suite.knowledge").joinpath("import_names.toml").read_text(encoding="utf-8")
    families = tomllib.loads(text)["family"]
    names = [name for family in families for name in family["names"]]

    assert [
        family["about"] for family in families if "://" not in family["source"] and "own" not in family["source"]
    ] == []
    assert sorted(names) == sorted(set(names))
    assert len(names) > 120


def test_every_row_holds_names_that_a_requirements_file_takes() -> None:
    odd = {
        name: found
        for name, found in import_names.rows().items()
        if not found or not all(part.isidentifier() for part in name.split(".")) or "" in import_names.canonical(found)
    }

    assert odd == {}
    assert import_names.canonical(("setuptools<82", "PyYAML")) == {"setuptools", canonicalize_name("pyyaml")}
