"""The API's JSON → values. What an answer lacks is left out; what makes no sense raises MalformedError."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from deploy_suite.model.release import AutoDeploy, Deploy, DeployState, LiveService, LogLine, Trigger
from deploy_suite.targets.live import LostContactError

# https://api-docs.render.com/reference/retrieve-deploy : Deploy.status, Deploy.trigger
STATES: Final[Mapping[str, DeployState]] = {
    "created": DeployState.CREATED,
    "queued": DeployState.QUEUED,
    "build_in_progress": DeployState.BUILDING,
    "pre_deploy_in_progress": DeployState.PRE_DEPLOYING,
    "update_in_progress": DeployState.STARTING,
    "live": DeployState.LIVE,
    "deactivated": DeployState.REPLACED,
    "build_failed": DeployState.BUILD_FAILED,
    "pre_deploy_failed": DeployState.PRE_DEPLOY_FAILED,
    "update_failed": DeployState.START_FAILED,
    "canceled": DeployState.CANCELED,
}
TRIGGERS: Final[Mapping[str, Trigger]] = {
    "api": Trigger.REQUEST,
    "deploy_hook": Trigger.HOOK,
    "new_commit": Trigger.PUSH,
    "manual": Trigger.PERSON,
    "rollback": Trigger.ROLLBACK,
}
_MODES: Final = {"commit": AutoDeploy.ON_PUSH, "checksPass": AutoDeploy.AFTER_CHECKS, "off": AutoDeploy.OFF}


class MalformedError(LostContactError):
    """An answer that is JSON, but not what the API documents."""


def deploy(answer: object) -> Deploy:
    """Return a deploy."""
    item, commit = _table(answer), _table(_table(answer).get("commit"))
    return Deploy(
        id=_id(item, "a deploy"),
        state=STATES.get(_text(item, "status"), DeployState.OTHER),
        commit=_text(commit, "id"),
        subject=_text(commit, "message").partition("\n")[0],
        trigger=TRIGGERS.get(_text(item, "trigger"), Trigger.OTHER),
        created=time(item.get("createdAt")),
        finished=time(item.get("finishedAt")),
    )


def service(answer: object) -> LiveService:
    """Return a service."""
    item, details = _table(answer), _table(_table(answer).get("serviceDetails"))
    suspenders = ", ".join(one for one in _items(item.get("suspenders")) if isinstance(one, str))
    return LiveService(
        id=_id(item, "a service"),
        name=_text(item, "name"),
        kind=_text(item, "type"),
        owner=_text(item, "ownerId"),
        url=_text(details, "url"),
        page=_text(item, "dashboardUrl"),
        repository=_text(item, "repo"),
        branch=_text(item, "branch"),
        health_path=_text(details, "healthCheckPath"),
        auto_deploy=_mode(item),
        suspended=(suspenders or "somebody") if _text(item, "suspended") == "suspended" else "",
    )


def _mode(item: Mapping[str, object]) -> AutoDeploy:
    """Return when Render deploys by itself; the newer of the two fields says more, and older answers lack it.

    What has no repository runs an image, which is never deployed by itself: https://render.com/docs/deploys
    """
    if not _text(item, "repo"):
        return AutoDeploy.OFF
    trigger = _text(item, "autoDeployTrigger")
    if trigger:
        return _MODES.get(trigger, AutoDeploy.ON_PUSH)
    return AutoDeploy.ON_PUSH if _text(item, "autoDeploy") == "yes" else AutoDeploy.OFF


def log_line(answer: object) -> LogLine:
    """Return a line of a log."""
    item = _table(answer)
    labels = {_text(_table(one), "name"): _text(_table(one), "value") for one in _items(item.get("labels"))}
    return LogLine(
        id=_text(item, "id"),
        text=_text(item, "message"),
        time=time(item.get("timestamp")),
        source=labels.get("type", ""),
        instance=labels.get("instance", ""),
    )


def listed(answer: object, key: str) -> tuple[tuple[object, str], ...]:
    """Return the items of a list with their cursors: `[{"cursor": …, KEY: {…}}]`."""
    if not isinstance(answer, list):
        raise MalformedError(f"Render's answer is no list of {key}s", remedy=_REMEDY)
    return tuple((_table(one).get(key), _text(_table(one), "cursor")) for one in answer)


def table(answer: object) -> Mapping[str, object]:
    """Return an object. Raises: MalformedError when it is none."""
    if not isinstance(answer, dict):
        raise MalformedError("Render's answer is no object", remedy=_REMEDY)
    return answer


def texts(answer: object, key: str) -> tuple[str, ...]:
    """Return the field *key* of each item of a plain list."""
    return tuple(_text(_table(one), key) for one in _items(answer))


def time(value: object) -> datetime | None:
    """Return a time, None for what is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


_REMEDY: Final = "see whether a newer version of the suite knows the API as it is now"


def _id(item: Mapping[str, object], what: str) -> str:
    found = _text(item, "id")
    if not found:
        raise MalformedError(f"Render's answer is not {what}: it has no id", remedy=_REMEDY)
    return found


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
