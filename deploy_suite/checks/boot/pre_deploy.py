"""The pre-deploy command, run as the target would before it starts the new release."""

from deploy_suite.checks.boot.explaining import explained
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.model.command import TIMED_OUT, Completed
from deploy_suite.model.finding import Finding, Outcome


def run(stage: Stage) -> Finding | None:
    """Return the failure of the pre-deploy command, None when it succeeds or there is none."""
    stated = stage.contract.pre_deploy
    if stated is None or not stated.text.strip():
        return None
    stage.ports.progress.waiting(f"{stage.contract.service}: running the pre-deploy command")
    limit_s = stage.contract.limits.pre_deploy_s
    done = stage.ports.runner.run(stage.command(stated.text), timeout_s=limit_s, network=stage.network)
    if done.ok:
        return None
    return explained(
        stage,
        done.output,
        Finding(
            code="pre-deploy-failed",
            outcome=Outcome.FAILED,
            message=_message(done, limit_s),
            location=stated.location,
            remedy="mend the command; the target keeps the old release until it succeeds",
            reproduce=stated.text,
        ),
    )


def _message(done: Completed, limit_s: float) -> str:
    if done.code == TIMED_OUT:
        return f"the pre-deploy command did not end within {limit_s:.0f} s"
    return f"the pre-deploy command ended with exit code {done.code}"
