"""What an installation that a build let fail was to bring: its absence is told once, with the one mend that it has."""

from deploy_suite.checks import let_pass
from deploy_suite.model.environment import LostInstallation, Resolution
from deploy_suite.model.finding import CheckResult, Finding, Outcome

LOST = LostInstallation(
    command="pip install -r requirements.txt",
    absent=("fastapi", "pydantic", "python-dotenv", "uvicorn"),
    resolution=Resolution(python="3.13.0", versions={}),
)
MEND = "it is listed already: mend what made `pip install -r requirements.txt` fail (build-failure:pydantic-core)"


def finding(code: str, outcome: Outcome, *, message: str = "not there") -> Finding:
    return Finding(code=code, outcome=outcome, message=message, remedy="add it")


def result(check: str, *findings: Finding) -> CheckResult:
    return CheckResult(check=check, service="web", target="render", seconds=1.0, findings=findings)


def told(results: list[CheckResult]) -> list[tuple[str, str, str, str]]:
    return [(one.check, each.code, each.outcome.value, each.remedy) for one in results for each in one.findings]


BUILT = result(
    "environment",
    finding(
        "build-failure:pydantic-core",
        Outcome.WARNING,
        message="`pip install -r requirements.txt` failed, and the build went on: pydantic-core has no wheel",
    ),
)


def test_what_fails_over_a_lost_installation_is_told_once_for_each_check() -> None:
    imports = result(
        "imports",
        finding("missing-requirement:uvicorn", Outcome.FAILED),
        finding("missing-requirement:httpx", Outcome.FAILED),
        finding("missing-requirement:fastapi", Outcome.FAILED),
        finding("missing-requirement:pydantic", Outcome.WARNING),
        finding("missing-requirement:python-dotenv", Outcome.NOTE),
    )
    boot = result("boot", finding("missing-requirement:uvicorn", Outcome.FAILED))

    assert told(let_pass.settled([BUILT, imports, boot], LOST)) == [
        ("environment", "build-failure:pydantic-core", "failed", "add it"),
        ("imports", "missing-requirement:uvicorn", "failed", MEND),
        ("imports", "missing-requirement:httpx", "failed", "add it"),
        ("boot", "missing-requirement:uvicorn", "failed", MEND),
    ]


def test_where_the_service_starts_without_it_one_warning_names_the_mend() -> None:
    imports = result(
        "imports",
        finding("missing-requirement:python-dotenv", Outcome.NOTE),
        finding("missing-requirement:pydantic", Outcome.WARNING),
        finding("missing-requirement:stripe", Outcome.NOTE),
    )

    assert told(let_pass.settled([BUILT, imports], LOST)) == [
        ("environment", "build-failure:pydantic-core", "warning", "add it"),
        ("imports", "missing-requirement:pydantic", "warning", MEND),
        ("imports", "missing-requirement:stripe", "note", "add it"),
    ]
