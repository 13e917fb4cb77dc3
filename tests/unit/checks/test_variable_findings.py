"""What is said of variables that nothing states, and of those that nothing reads."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy_suite import unstated
from deploy_suite.checks import dependencies
from deploy_suite.checks.base import Built, Case
from deploy_suite.checks.variables import on_target, unread
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.contract import Bindings
from deploy_suite.model.environment import Environment, Interpreter, Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import WorkingState
from deploy_suite.targets.registry import TARGETS

STATING = "    envVars:\n    - key: LOG_LEVEL\n      value: info\n"
MAIN = "import os\nLEVEL = os.environ.get('LOG_LEVEL')\nKEY = os.environ['API_KEY']\napp = 1\n"


def case(folder: Path, files: dict[str, str], *, variables: str = STATING, start: str = "gunicorn main:app") -> Case:
    manifest = (
        f"services:\n  - type: web\n    name: web\n    runtime: python\n    plan: free\n    startCommand: {start}\n"
        f"    buildCommand: pip install -r requirements.txt\n{variables}"
    )
    for name, text in {"render.yaml": manifest, "requirements.txt": "gunicorn\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    snapshot = Snapshot(commit=Commit(sha="1" * 40, tree="2" * 40, subject="x"), folder=folder)
    (contract,) = TARGETS["render"].read(snapshot, Settings(), repository_slug="").contracts
    return Case(
        snapshot=snapshot, contract=contract, state=WorkingState(), preferences=Preferences(), repository=folder
    )


def told(case: Case) -> list[tuple[str, Outcome, str]]:
    found = dependencies.check(case)
    return [(one.code, one.outcome, str(one.location)) for one in found if one.code.startswith("missing-env-var")]


def test_what_every_start_asks_for_and_the_manifest_does_not_state_is_an_error_at_its_line(tmp_path: Path) -> None:
    found = dependencies.check(case(tmp_path, {"main.py": MAIN}))

    assert found[-1] == Finding(
        code="missing-env-var:API_KEY",
        outcome=Outcome.FAILED,
        message="the application needs the variable API_KEY to start, and render.yaml does not state it",
        location=Location("main.py", 3),
        evidence=("main.py:3: asked for by os.environ, without a default",),
        remedy="add `- key: API_KEY` with `sync: false`, a value or `fromDatabase` to the envVars of web in "
        "render.yaml, or give it a default at main.py:3",
    )
    assert [one.code for one in found[:-1]] == ["own-modules"]


def test_where_no_file_states_variables_there_is_no_more_than_a_note(tmp_path: Path) -> None:
    tools = "    envVars:\n    - key: PYTHON_VERSION\n      value: 3.12.1\n"

    assert told(case(tmp_path, {"main.py": MAIN}, variables=tools)) == [("missing-env-var", Outcome.NOTE, "main.py:3")]


def test_what_functions_ask_for_is_a_note(tmp_path: Path) -> None:
    main = "import os\ndef handler():\n    return os.environ['API_KEY']\napp = 1\n"

    assert told(case(tmp_path, {"main.py": main})) == [("missing-env-var", Outcome.NOTE, "main.py:3")]


@pytest.mark.parametrize(
    "files",
    [
        {".env": "export API_KEY=1\n"},
        {".env.production": "API_KEY='1'\n"},
        {"settings.ini": "[settings]\nAPI_KEY = 1\n"},
        {".env.preflight": "API_KEY=1\n"},
    ],
)
def test_a_variable_of_a_file_that_is_loaded_or_of_the_answers_is_there(tmp_path: Path, files: dict[str, str]) -> None:
    assert told(case(tmp_path, {"main.py": MAIN, **files})) == []


def test_an_example_file_gives_no_variable(tmp_path: Path) -> None:
    found = told(case(tmp_path, {"main.py": MAIN, ".env.example": "API_KEY=1\n"}))

    assert found == [("missing-env-var:API_KEY", Outcome.FAILED, "main.py:3")]


@pytest.mark.parametrize(
    ("start", "script"),
    [
        ("API_KEY=1 gunicorn main:app", ""),
        ("env API_KEY=1 gunicorn main:app", ""),
        ("export API_KEY=1 && gunicorn main:app", ""),
        ("./start.sh", "#!/bin/sh\nexport API_KEY=1\nexec gunicorn main:app\n"),
    ],
)
def test_a_variable_that_the_command_sets_is_there(tmp_path: Path, start: str, script: str) -> None:
    assert told(case(tmp_path, {"main.py": MAIN, "start.sh": script}, start=start)) == []


@pytest.mark.parametrize(
    "variables",
    [
        "    envVars:\n    - key: API_KEY\n      sync: false\n",
        "    envVars:\n    - key: API_KEY\n      generateValue: true\n",
        (
            "    envVars:\n    - fromGroup: g\nenvVarGroups:\n  - name: g\n"
            "    envVars:\n    - key: API_KEY\n      value: a\n"
        ),
    ],
)
def test_a_variable_that_the_manifest_states_in_any_form_is_there(tmp_path: Path, variables: str) -> None:
    assert told(case(tmp_path, {"main.py": MAIN}, variables=variables)) == []


def test_what_the_platform_sets_is_there(tmp_path: Path) -> None:
    main = "import os\nHOST = os.environ['RENDER_EXTERNAL_HOSTNAME'], os.environ['PORT'], os.environ['HOME']\napp = 1\n"

    assert told(case(tmp_path, {"main.py": main})) == []


def _result(check: str, *findings: Finding) -> CheckResult:
    return CheckResult(check=check, service="web", target="render", seconds=0.0, findings=findings)


def _wanted(name: str, *, check: str = "") -> Finding:
    return Finding(code=f"missing-env-var:{name}", outcome=Outcome.FAILED, message=name, check=check)


def test_what_is_read_is_assumed_with_the_first_that_is_met(tmp_path: Path) -> None:
    contract = case(tmp_path, {"main.py": MAIN}).contract
    met = (_wanted("A", check="boot"),)

    found = unstated.beside(met, (_wanted("A"), _wanted("B"), _wanted("LOG_LEVEL")), contract)

    assert found == (met[0], _wanted("B", check="boot"))


def test_a_variable_is_told_once_and_not_where_the_import_went_without_it() -> None:
    read = _result("dependencies", _wanted("A"), _wanted("B"))
    failed = _result("imports", Finding(code="x", outcome=Outcome.FAILED, message="x"))
    passed = _result("imports", Finding(code="imports", outcome=Outcome.PASSED, message="x"))

    assert unstated.settled(read, [_wanted("A")], [failed]).findings == (_wanted("B"),)
    assert unstated.settled(read, [], [passed]).findings == ()


def _built(folder: Path, files: dict[str, str], *, variables: str, installed: str = "") -> Built:
    venv = folder.parent / "venv"
    (venv / "lib").mkdir(parents=True)
    (venv / "lib/package.py").write_text(installed)
    environment = Environment(
        key="k",
        interpreter=Interpreter(path=Path("python"), version="3.12.1"),
        venv=venv,
        workdir=folder,
        top=folder,
        packages={},
        search_path="",
        home=folder,
    )
    subject = case(folder, files, variables=variables)
    return Built(case=replace(subject), environment=environment, bindings=Bindings(values={}), server=None)


VARIABLES = (
    "    envVars:\n    - key: APP_DATABASE_URL\n      value: a\n    - key: LOG_LEVL\n      value: info\n"
    "    - key: WORKER_CLASS_NAME\n      value: x\n    - key: GUNICORN_CMD_ARGS\n      value: x\n"
)


def test_a_variable_that_no_text_names_is_a_note(tmp_path: Path) -> None:
    files = {"main.py": "class Settings(BaseSettings):\n    database_url: str\nlog_level = 1\n"}
    built = _built(tmp_path / "top", files, variables=VARIABLES, installed="os.environ['WORKER_CLASS_NAME']")

    (found,) = unread.findings(built)

    assert (found.code, found.outcome, found.location) == ("unread-env-var", Outcome.NOTE, Location("render.yaml", 11))
    assert found.evidence == ("render.yaml:11: LOG_LEVL",)


def test_variables_that_are_all_read_are_worth_no_word(tmp_path: Path) -> None:
    files = {"main.py": "LOG_LEVL, APP_DATABASE_URL", "templates/a.html": "{{ WORKER_CLASS_NAME }}"}

    assert tuple(unread.findings(_built(tmp_path / "top", files, variables=VARIABLES))) == ()


def test_names_on_the_service_are_compared_with_what_manifest_and_code_want(tmp_path: Path) -> None:
    files = {"main.py": MAIN + "OLD = os.environ.get('OLD_NAME')\n"}
    there = ["OLD_NAME", "FORGOTTEN", "WEB_CONCURRENCY", "PGHOST"]

    found = on_target.compared(case(tmp_path, files), there)

    assert found.missing == (
        ("LOG_LEVEL", "render.yaml:9 states it"),
        ("API_KEY", "main.py:3 asks for it at every start, without a default"),
    )
    assert found.extra == ("FORGOTTEN",)


def test_what_is_on_the_service_is_missed_by_nobody(tmp_path: Path) -> None:
    found = on_target.compared(case(tmp_path, {"main.py": MAIN}), ["LOG_LEVEL", "API_KEY"])

    assert (found.missing, found.extra) == ((), ())
