"""A line of the project that asks a package for what its installed release does not have."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from deploy_suite.checks.dependencies import known_causes, requirements, subject, vain_asking
from deploy_suite.checks.dependencies.fault import Fault
from deploy_suite.checks.dependencies.rehearsed_import import Frame, Raised
from deploy_suite.model.finding import Finding
from tests.unit.checks.gunicorn_case import case

MAIN = "from agno.team import Team\n\n\nclass Own:\n    pass\n\n\nteam = Team(members=[], mode='route')\n"


def found(folder: Path, message: str, *, raised_in: str = "main.py") -> Finding | None:
    made = case(folder, {"main.py": MAIN, "requirements.txt": "agno>=0.1.0  # agents\ngunicorn\n"})
    entry = made.contract.entry
    assert entry is not None
    frame = Frame(file=raised_in, line=8, function="<module>", text="team = Team(", is_own=raised_in == "main.py")
    outer = Raised(type="TypeError", module="builtins", message=message, frames=(frame,), bases=("TypeError",))
    fault = SimpleNamespace(
        outer=outer,
        entry=entry,
        traced=subject.trace(made, entry, known=frozenset({"agno"})),
        declared=requirements.read(made),
        built=SimpleNamespace(case=made, environment=SimpleNamespace(packages={"agno": "3.1.10"})),
        when="at start",
    )
    return vain_asking.finding(cast("Fault", fault))


def test_an_argument_that_the_release_does_not_take_names_the_package_and_its_line(tmp_path: Path) -> None:
    one = found(tmp_path, "Team.__init__() got an unexpected keyword argument 'mode'")

    assert one is not None
    assert (one.code, str(one.location)) == ("dep-conflict", "main.py:8")
    assert one.message.endswith("main.py:8 gives Team the argument mode, which it does not take in agno 3.1.10")
    assert one.remedy == (
        "mend main.py:8; or pin in requirements.txt:1 (agno>=0.1.0) the release that had it: `pip freeze` at the desk "
        "shows which"
    )


def test_of_a_class_of_the_project_no_package_is_blamed(tmp_path: Path) -> None:
    one = found(tmp_path, "Own.__init__() got an unexpected keyword argument 'mode'. Did you mean 'made'?")

    assert one is not None
    assert one.code == "import-failed:TypeError"
    assert one.message.endswith("gives Own the argument mode, which it does not take as it is defined; it takes made")
    assert one.remedy == "mend main.py:8"


def test_what_an_object_lacks_is_told_with_the_line_that_asks_for_it(tmp_path: Path) -> None:
    one = found(tmp_path, "'Client' object has no attribute 'query'")

    assert one is not None
    assert "main.py:8 asks Client for query, which it does not have" in one.message


def test_what_a_package_asks_another_for_is_not_the_projects_line(tmp_path: Path) -> None:
    message = "Client.__init__() got an unexpected keyword argument 'proxies'"

    assert found(tmp_path, message, raised_in="site-packages/openai/_client.py") is None
    assert found(tmp_path / "b", "no such thing") is None


def test_a_conflict_that_is_known_keeps_its_name_and_what_to_do(tmp_path: Path) -> None:
    made = case(tmp_path, {"main.py": "from flask import Flask\n", "requirements.txt": "flask==3.1.2\n"})
    frame = Frame(file="main.py", line=4, function="<module>", text="@app.before_first_request", is_own=True)
    lacks = "'Flask' object has no attribute 'before_first_request'"
    outer = Raised(type="AttributeError", module="builtins", message=lacks, frames=(frame,), bases=("AttributeError",))
    log = f'Traceback (most recent call last):\n  File "main.py", line 4, in <module>\nAttributeError: {lacks}\n'
    environment = SimpleNamespace(packages={"flask": "3.1.2"}, interpreter=SimpleNamespace(version="3.12.1"))
    fault = SimpleNamespace(
        outer=outer,
        entry=made.contract.entry,
        declared=requirements.read(made),
        rehearsed=SimpleNamespace(text=log, errors=""),
        built=SimpleNamespace(case=made, environment=environment),
        when="at start",
    )

    one = known_causes.finding(cast("Fault", fault))

    assert one is not None
    assert (one.code, str(one.location)) == ("dep-conflict:flask-extension-flask", "main.py:4")
    assert "main.py:4 asks Flask for before_first_request, which it does not have" in one.message
    assert "do the work where the app is made" in one.remedy
