"""What makes an environment another one, and what does not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite.environments import keys, recipe
from deploy_suite.environments.resolution import Resolved
from deploy_suite.model.contract import (
    Bindings,
    Contract,
    DatabaseField,
    FromDatabase,
    Generated,
    Literal,
    Phase,
    Prompted,
    PythonRequest,
    Source,
    Variable,
)
from deploy_suite.model.environment import Interpreter, Resolution
from deploy_suite.model.project import CommandText, Commit, Snapshot
from deploy_suite.model.secret import Secret
from tests.unit.checks.gunicorn_case import CONTRACT

PURE = "pip install -r requirements.txt"
IMPURE = "pip install -r requirements.txt && python manage.py collectstatic"


def contract(build: str = PURE, **sources: Source) -> Contract:
    return replace(
        CONTRACT,
        python=PythonRequest(version="3.12.1", origin="test"),
        variables=tuple(Variable(name=name, source=source) for name, source in sources.items()),
        build=CommandText(text=build),
        tool_versions={"poetry": "2.1.3"},
    )


def key(
    top: Path,
    agreed: Contract,
    *,
    values: Mapping[str, str] | None = None,
    dummies: frozenset[str] = frozenset(),
    tree: str = "tree",
    versions: Mapping[str, str] | None = None,
    python: str = "3.12.1",
    mode: str = "uv",
) -> str:
    snapshot = Snapshot(commit=Commit(sha="a", tree=tree, subject=""), folder=top)
    resolution = Resolution(python=python, versions=versions or {"six": "1"})
    return keys.key(
        agreed,
        snapshot,
        Bindings(values={name: Secret(text) for name, text in (values or {}).items()}, dummies=dummies),
        interpreter=Interpreter(path=Path("/python"), version=python),
        recipe=recipe.read(agreed, snapshot),
        resolved=Resolved(resolution, is_whole=True),
        mode=mode,
    )


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("-r base.txt\n")
    (tmp_path / "base.txt").write_text("six\n")
    return tmp_path


def test_the_tree_counts_only_where_the_build_reads_it(top: Path) -> None:
    assert key(top, contract(), tree="a") == key(top, contract(), tree="b")
    assert key(top, contract(IMPURE), tree="a") != key(top, contract(IMPURE), tree="b")


def test_each_part_of_the_content_counts(top: Path) -> None:
    same = key(top, contract())
    others = [
        key(top, contract(PURE + " -q")),
        key(top, contract(), versions={"six": "2"}),
        key(top, contract(), python="3.12.2"),
        key(top, contract(), mode="uv with pip"),
    ]
    (top / "base.txt").write_text("six  # changed\n")
    others.append(key(top, contract()))

    assert len({same, *others}) == 6


def test_a_pure_build_depends_on_variables_that_reach_installers_only(top: Path) -> None:
    agreed = contract(SECRET_KEY=Generated(), PIP_PRE=Literal(Secret("1")), COLOUR=Literal(Secret("red")))
    values = {"SECRET_KEY": "x", "PIP_PRE": "1", "COLOUR": "red"}

    assert key(top, agreed, values=values) == key(top, agreed, values={**values, "COLOUR": "blue", "SECRET_KEY": "y"})
    assert key(top, agreed, values=values) != key(top, agreed, values={**values, "PIP_PRE": "0"})


def test_an_impure_build_depends_on_all_values_that_last(top: Path) -> None:
    agreed = contract(
        IMPURE,
        SECRET_KEY=Generated(),
        DATABASE_URL=FromDatabase("db", DatabaseField.CONNECTION_STRING),
        COLOUR=Literal(Secret("red")),
        TOKEN=Prompted(),
    )
    values = {"SECRET_KEY": "x", "DATABASE_URL": "postgres://1", "COLOUR": "red", "TOKEN": "t"}
    later = {**values, "SECRET_KEY": "y", "DATABASE_URL": "postgres://2"}

    assert key(top, agreed, values=values) == key(top, agreed, values=later)
    assert key(top, agreed, values=values) != key(top, agreed, values={**values, "COLOUR": "blue"})
    assert key(top, agreed, values=values) != key(top, agreed, values={**values, "TOKEN": "u"})
    made_up = frozenset({"TOKEN"})
    assert key(top, agreed, values=values, dummies=made_up) == key(
        top, agreed, values={**values, "TOKEN": "u"}, dummies=made_up
    )


def test_what_only_the_running_service_sees_does_not_count(top: Path) -> None:
    only_run = Variable(name="COLOUR", source=Literal(Secret("red")), phases=frozenset({Phase.RUN}))
    agreed = replace(contract(IMPURE), variables=(only_run,))

    assert key(top, agreed, values={"COLOUR": "red"}) == key(top, agreed, values={"COLOUR": "blue"})


def test_installers_hear_what_the_service_tells_them() -> None:
    agreed = contract(PIP_PRE=Literal(Secret("1")), COLOUR=Literal(Secret("red")), UV_INDEX=Prompted())
    bindings = Bindings(values={"PIP_PRE": Secret("1"), "COLOUR": Secret("red"), "UV_INDEX": Secret("i")})

    assert keys.installer_variables(agreed, bindings) == {"PIP_PRE": Secret("1"), "UV_INDEX": Secret("i")}
