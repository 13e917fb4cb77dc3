"""What Render's events say of a deploy → why it ended as it did; and of a push → that it begins none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from deploy_suite.model.release import Deploy, DeployState, FailureReason, PushTrace
from deploy_suite.targets.render.api import answers

_SLACK: Final = timedelta(seconds=60)
_FINE: Final = "succeeded"
IGNORED: Final = "commit_ignored"
FAILED: Final = "server_failed"
# The event that tells most about each end, first. https://api-docs.render.com/reference/list-events
_TELLING: Final[Mapping[DeployState, tuple[str, ...]]] = {
    DeployState.BUILD_FAILED: ("build_ended", "image_pull_failed", "pipeline_minutes_exhausted", "deploy_ended"),
    DeployState.PRE_DEPLOY_FAILED: ("pre_deploy_ended", "deploy_ended"),
    DeployState.START_FAILED: ("deploy_ended", "server_failed", "image_pull_failed"),
    DeployState.CANCELED: ("deploy_ended", "build_ended", "pre_deploy_ended"),
    DeployState.REPLACED: ("deploy_ended", "build_ended"),
}
_COMMANDS: Final = {
    "build_ended": "the build command",
    "pre_deploy_ended": "the pre-deploy command",
    "deploy_ended": "the start command",
    "server_failed": "the start command",
}


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    type: str
    time: datetime | None
    details: Mapping[str, object]


def reason(listed: Sequence[object], deploy: Deploy) -> FailureReason:
    """Return why *deploy* ended as it did, empty when the events do not tell. Shape: *listed* are events' objects."""
    events = [event for event in map(_event, listed) if _is_about(event, deploy)]
    for kind in _TELLING.get(deploy.state, ()):
        for event in events:
            found = _reason(event) if event.type == kind else FailureReason()
            if found != FailureReason():
                return found
    return FailureReason()


def ignored(listed: Sequence[object]) -> Iterator[PushTrace]:
    """Yield the pushes that Render has left undeployed. Shape: *listed* are events' objects."""
    for event in map(_event, listed):
        commit = event.details.get("id")
        if event.type == IGNORED and event.time is not None and isinstance(commit, str):
            yield PushTrace(id=event.id, commit=commit, time=event.time)


def failures(listed: Sequence[object]) -> tuple[str, ...]:
    """Return why instances have failed, oldest first. Shape: *listed* are events' objects."""
    found = [(event.time, event) for event in map(_event, listed) if event.type == FAILED and event.time]
    in_order = [event for _, event in sorted(found, key=lambda one: one[0])]
    return tuple(_reason(event).text or "Render does not say why" for event in in_order)


def _event(item: object) -> _Event:
    event = item if isinstance(item, dict) else {}
    details = event.get("details")
    return _Event(
        str(event.get("id", "")),
        str(event.get("type")),
        answers.time(event.get("timestamp")),
        details if isinstance(details, dict) else {},
    )


def _is_about(event: _Event, deploy: Deploy) -> bool:
    """Whether *event* is about *deploy*; those of builds do not name it, and are told by their time."""
    if "deployId" in event.details:
        return event.details["deployId"] == deploy.id
    if event.time is None or deploy.created is None:
        return False
    return deploy.created <= event.time <= (deploy.finished or event.time) + _SLACK


def _reason(event: _Event) -> FailureReason:
    details = event.details
    if event.type == "image_pull_failed":
        return FailureReason(text=f"the image could not be pulled: {details.get('message', '')}")
    if event.type == "pipeline_minutes_exhausted":
        return FailureReason(text="the workspace has no pipeline minutes left this month")
    given = details.get("reason")
    if not isinstance(given, dict) or _FINE in {details.get("buildStatus"), details.get("deployStatus")}:
        return FailureReason()
    for key in ("newDeploy", "newBuild"):
        if isinstance(newer := given.get(key), dict):
            return FailureReason(text="a newer deploy took its place", superseded_by=str(newer.get("id", "")))
    failure = given if event.type == "server_failed" else given.get("failure")
    words = list(_failure(failure, _COMMANDS[event.type])) if isinstance(failure, dict) else []
    return FailureReason(text="; ".join(words))


def _failure(failure: Mapping[str, object], command: str) -> Iterator[str]:
    """Yield what a FailureReason holds, in words. A timeout says itself what it waited for."""
    if isinstance(limit := failure.get("oomKilled"), dict):
        yield f"it ran out of memory (used over {limit.get('memoryLimit')})"
    if isinstance(code := failure.get("nonZeroExit"), int):
        yield f"{command} exited with status {code}"
    if failure.get("earlyExit") is True:
        yield f"{command} ended by itself, where a service must keep running"
    if isinstance(waited := failure.get("timedOutReason"), str) and waited:
        yield waited
    elif isinstance(seconds := failure.get("timedOutSeconds"), int):
        yield f"{command} timed out after {seconds} s"
    if isinstance(unhealthy := failure.get("unhealthy"), str) and unhealthy:
        yield unhealthy
    if failure.get("evicted") is True:
        yield f"it was evicted: {failure.get('evictionReason') or 'Render does not say why'}"
