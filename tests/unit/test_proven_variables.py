"""Variables that one service of a project ended on, assumed for the next one where its sources want them too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite import rehearsal, unstated
from deploy_suite.checks.base import Case
from deploy_suite.checks.variables import ahead
from deploy_suite.execution import Executed
from deploy_suite.model.environment import Preferences
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.ports import Ports
from deploy_suite.project.loading import Project
from deploy_suite.tracing.variables.values import VariableRead
from tests.unit.checks import gunicorn_case

FILES = {
    "config.py": "import os\nKEY = os.environ['SHOP_KEY']\nHOST = os.environ['SHOP_HOST']\n",
    "main.py": "import config\napp = object()\n",
    "worker.py": "import config\n",
    "later.py": "def work():\n    import config\n",
    "other.py": "import os\nKEY = os.environ['SHOP_KEY']\n",
}
MET = Finding(
    code="missing-env-var:SHOP_KEY",
    outcome=Outcome.WARNING,
    message="the application needs the variable SHOP_KEY as soon as it is imported",
    location=Location("config.py", 2),
    evidence=("KeyError: 'SHOP_KEY'", "main.py:1: import config"),
    check="imports",
    service="web",
    target="render",
    reproduce="python -c 'import main'",
)
NEEDS_VALUES = Finding(code="needs-real-values", outcome=Outcome.SKIPPED, message="refuses a made-up value")


def case_of(folder: Path, start: str) -> Case:
    case = gunicorn_case.case(folder, FILES, start=start)
    return replace(case, contract=replace(case.contract, service="worker"))


def proven_by_web(folder: Path) -> dict[VariableRead, Finding]:
    return unstated.proven((MET,), ahead.wanted(gunicorn_case.case(folder, FILES)))


def names(found: Sequence[Finding]) -> list[str]:
    return [one.code.partition(":")[2] for one in found]


def test_only_what_the_execution_ended_on_is_proven(tmp_path: Path) -> None:
    assert [(read.names, str(read.location)) for read in proven_by_web(tmp_path)] == [(("SHOP_KEY",), "config.py:2")]


def test_the_next_service_is_told_what_its_own_sources_want_at_the_same_line(tmp_path: Path) -> None:
    case = case_of(tmp_path, "python worker.py")

    first, second = unstated.again(proven_by_web(tmp_path), ahead.wanted(case), case.contract)

    assert [(one.code, one.service, one.check, str(one.location)) for one in (first, second)] == [
        ("missing-env-var:SHOP_KEY", "worker", "imports", "config.py:2"),
        ("missing-env-var:SHOP_HOST", "worker", "imports", "config.py:3"),
    ]
    assert first.evidence == ("config.py:2: asked for by os.environ, without a default", "executing web ended on it")
    assert first.reproduce == ""
    assert second.evidence == ("config.py:3: asked for by os.environ, without a default",)


@pytest.mark.parametrize(
    "start", ["python later.py", "python other.py", "SHOP_KEY=x SHOP_HOST=y python worker.py", "python -m http.server"]
)
def test_what_the_next_service_need_not_come_past_is_not_told(tmp_path: Path, start: str) -> None:
    case = case_of(tmp_path, start)

    assert unstated.again(proven_by_web(tmp_path), ahead.wanted(case), case.contract) == ()


class Rounds:
    """Stands for the executions of a service: each shows what is given for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *shown: tuple[Finding, ...]) -> None:
        self._shown = list(shown)
        self.assumed: list[list[str]] = []
        monkeypatch.setattr(rehearsal, "Execution", self)
        monkeypatch.setattr(rehearsal.dependencies, "check", lambda _case: ())
        monkeypatch.setattr(rehearsal, "_configured", lambda _case: ())

    def __call__(self, case: Case, **_others: object) -> SimpleNamespace:
        self.assumed.append([one.name for one in case.contract.variables])
        findings = tuple(one.about(check="imports", service="worker", target="render") for one in self._shown.pop(0))
        result = CheckResult(check="imports", service="worker", target="render", seconds=1.0, findings=findings)
        return SimpleNamespace(executed=lambda: Executed(results=[result], python="3.11.9"))


def rehearsed(folder: Path, proven: Mapping[VariableRead, Finding]) -> list[Finding]:
    case = case_of(folder, "python worker.py")
    quiet = SimpleNamespace(waiting=lambda _text: None, began=lambda _check: None, ended=lambda *_what: None)
    ports = SimpleNamespace(progress=quiet, clock=SimpleNamespace(now_s=lambda: 0.0))
    project = SimpleNamespace(snapshot=case.snapshot, state=case.state, repository=None)
    one = rehearsal.Rehearsal(
        case.contract,
        project=cast("Project", project),
        preferences=Preferences(),
        ports=cast("Ports", ports),
        proven=proven,
    )
    return [found for result in one.results() for found in result.findings if found.outcome is not Outcome.PASSED]


def test_one_execution_is_enough_where_a_service_before_ended_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = Rounds(monkeypatch, ())

    assert names(rehearsed(tmp_path, proven_by_web(tmp_path))) == ["SHOP_KEY", "SHOP_HOST"]
    assert rounds.assumed == [["SHOP_KEY", "SHOP_HOST"]]


def test_what_fails_with_a_made_up_value_is_executed_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = Rounds(monkeypatch, (NEEDS_VALUES,), ())

    assert rehearsed(tmp_path, proven_by_web(tmp_path)) == []
    assert rounds.assumed == [["SHOP_KEY", "SHOP_HOST"], []]


def test_the_first_service_is_executed_without_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds(monkeypatch, (replace(MET, service=""),), ())

    assert names(rehearsed(tmp_path, {})) == ["SHOP_KEY", "SHOP_HOST"]
    assert rounds.assumed == [[], ["SHOP_KEY", "SHOP_HOST"]]
