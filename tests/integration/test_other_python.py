"""What a real index tells of a Python that no machine of the tests has: a series that came before any of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_suite.checks import packages
from deploy_suite.checks.base import Case
from deploy_suite.environments import registry, uv
from deploy_suite.environments.base import Answer, Question, Workshop
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import Outcome
from deploy_suite.ports import Ports, WorkingState
from tests.integration.environment_stage import bound, contract, project, run

pytestmark = pytest.mark.integration

# psycopg2-binary 2.9.9 has wheels up to Python 3.12, SciPy 1.10.1 says that it is for Python below 3.12, and one wheel
# of Flask is for all.
LINES = "flask==3.0.0\npsycopg2-binary==2.9.9\nscipy==1.10.1\n"


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with run(tmp_path / "cache") as found:
        yield found


def test_uv_answers_for_a_python_and_a_platform_that_are_not_there(ports: Ports, tmp_path: Path) -> None:
    shop = Workshop(ports=ports, interpreter=ports.interpreters.installed()[0], folder=tmp_path)
    question = Question(
        folder=tmp_path,
        requirements=("psycopg2-binary==2.9.9", "sgmllib3k==1.0.0"),
        python="3.14.3",
        platform="x86_64-manylinux_2_36",
    )

    assert uv.resolve(question, shop) == Answer(
        is_answer=True,
        versions={"psycopg2-binary": "2.9.9", "sgmllib3k": "1.0.0"},
        from_source=frozenset({"psycopg2-binary", "sgmllib3k"}),
    )


def test_a_stated_python_that_is_not_there_is_judged_by_the_index(ports: Ports, tmp_path: Path) -> None:
    snapshot = project(tmp_path / "top", {"requirements.txt": LINES, "app.py": "import flask\n"})
    agreed = contract("pip install -r requirements.txt", python="3.14.3")
    case = Case(snapshot=snapshot, contract=agreed, state=WorkingState(), preferences=Preferences())
    plan = registry.unbuilt(agreed, snapshot, bound(agreed), Preferences(), ports)
    assert plan is not None

    found = packages.unbuilt(case, plan)

    told = [(one.outcome, one.code, str(one.location)) for one in found if "numpy" not in one.code]
    assert told == [
        (Outcome.WARNING, "compiled-from-source:psycopg2-binary", "requirements.txt:2"),
        (Outcome.FAILED, "python-version-unsupported:too-new", "requirements.txt:3"),
    ]
    assert all(f"a Python {one.python}" in one.remedy for one in found if one.location)
