"""Each operation of the API that the suite asks for, carried out on the platform."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.standin.machine import commit_of
from tests.standin.platform import Hosted, Platform
from tests.standin.records import OWNER, Deploy, iso, now

Query = list[tuple[str, str]]
_SERVICE = r"/v1/services/(?P<service>[^/]+)"
_DEPLOY = _SERVICE + r"/deploys/(?P<deploy>[^/]+)"
_ROUTES = (
    ("GET", r"/v1/services", "list-services"),
    ("GET", _SERVICE, "retrieve-service"),
    ("PATCH", _SERVICE, "update-service"),
    ("GET", _SERVICE + "/deploys", "list-deploys"),
    ("POST", _SERVICE + "/deploys", "create-deploy"),
    ("GET", _DEPLOY, "retrieve-deploy"),
    ("POST", _DEPLOY + "/cancel", "cancel-deploy"),
    ("POST", _SERVICE + "/rollback", "rollback-deploy"),
    ("POST", _SERVICE + "/restart", "restart-service"),
    ("GET", _SERVICE + "/events", "list-events"),
    ("GET", _SERVICE + "/instances", "list-instances"),
    ("GET", _SERVICE + "/env-vars", "get-env-vars-for-service"),
    ("GET", r"/v1/logs", "list-logs"),
    ("GET", r"/v1/owners", "list-owners"),
    ("GET", r"/v1/owners/(?P<owner>[^/]+)", "retrieve-owner"),
    ("GET", r"/deploy/(?P<service>[^/]+)", "deploy-hook"),
    ("POST", r"/deploy/(?P<service>[^/]+)", "deploy-hook"),
    ("POST", r"/standin/pushed", "pushed"),
)


@dataclass
class Reply:
    """An answer. Shape: `body` None is an empty one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"id": "err", "message": message})


class Operations:
    """The API without HTTP.

    Shape: `answers_queued` lets the next deploy be answered with 202 and no body; a push is heard of after `webhook_s`,
    and its checks take `checks_s` from then on.
    """

    def __init__(self, platform: Platform) -> None:
        """Act on *platform*."""
        self.platform = platform
        self.answers_queued = False
        self.checks_s = 0.2
        self.webhook_s = 0.0
        self.superseding = ""
        self._timers: list[threading.Timer] = []

    def route(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the operation at *path* and what the path names."""
        for wanted, pattern, operation in _ROUTES:
            if method == wanted and (match := re.fullmatch(pattern, path)):
                return operation, match.groupdict()
        return None

    def status_of(self, arguments: dict[str, str]) -> str:
        """Return the status of the latest deploy of the service that is named, "" without one."""
        hosted = self.platform.hosted.get(arguments.get("service", ""))
        hosted = hosted or next(iter(self.platform.hosted.values()), None)
        return hosted.deploys[-1].status if hosted and hosted.deploys else ""

    def run(self, operation: str, arguments: dict[str, str], query: Query, body: Any) -> Reply:
        """Carry out *operation*."""
        run = getattr(self, "_" + operation.replace("-", "_"))
        with self.platform.lock:
            try:
                reply: Reply = run(arguments, query, body if isinstance(body, dict) else {})
            except _RefusedError as error:
                return error.reply
        return reply

    def pushed(self, lines: str) -> Reply:
        """Take note of a push: `old new refs/heads/BRANCH` in each line, as post-receive gets them; then the origin."""
        *updates, origin = lines.strip().splitlines()
        for hosted in self.platform.hosted.values():
            service = hosted.service
            branches = [update.split()[2] for update in updates]
            if str(service.origin) == origin and f"refs/heads/{service.branch}" in branches and not service.suspended:
                self._deploy_pushed(hosted)
        return Reply(200, {})

    def _deploy_pushed(self, hosted: Hosted) -> None:
        """Let the push be heard of when its time has come; what counts is the service's setting then."""
        if self.webhook_s:
            self._later(self.webhook_s, self._heard_of, hosted)
        else:
            self._heard_of(hosted)

    def _heard_of(self, hosted: Hosted) -> None:
        service = hosted.service
        if service.auto_deploy == "checksPass":
            self._later(self.checks_s, self._passed, hosted)
        elif service.auto_deploy == "commit":
            self._passed(hosted)

    def _passed(self, hosted: Hosted) -> None:
        """Deploy the branch; a commit with a skip phrase, or one that changes nothing that counts, is ignored."""
        if hosted.service.auto_deploy == "off":
            return
        found = commit_of(hosted.service, hosted.service.branch)
        if found and ("[skip render]" in found[1] or hosted.service.ignores_all):
            url = f"{hosted.service.repo}/commit/{found[0]}"
            self.platform.event(hosted.service, "commit_ignored", id=found[0], url=url)
        elif found:
            self.platform.begin(hosted, found[0], "new_commit")

    def _later(self, seconds: float, what: Callable[[Hosted], None], hosted: Hosted) -> None:
        timer = threading.Timer(seconds, what, (hosted,))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def forget_pushes(self) -> None:
        """Let nothing more be heard of pushes that were not heard of yet."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _hosted(self, arguments: dict[str, str]) -> Hosted:
        hosted = self.platform.hosted.get(arguments["service"])
        if hosted is None:
            raise _RefusedError(404, f"service not found: {arguments['service']}")
        return hosted

    def _one(self, arguments: dict[str, str]) -> tuple[Hosted, Deploy]:
        hosted = self._hosted(arguments)
        for deploy in hosted.deploys:
            if deploy.id == arguments["deploy"]:
                return hosted, deploy
        raise _RefusedError(404, f"deploy not found: {arguments['deploy']}")

    def _list_services(self, _arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        names = [name for key, value in query if key == "name" for name in value.split(",")]
        services = [one.service for one in self.platform.hosted.values()]
        return _page([("service", one.id, one.json()) for one in services if not names or one.name in names], query)

    def _retrieve_service(self, arguments: dict[str, str], _query: Query, _body: Any) -> Reply:
        return Reply(200, self._hosted(arguments).service.json())

    def _update_service(self, arguments: dict[str, str], _query: Query, body: Any) -> Reply:
        service = self._hosted(arguments).service
        if "autoDeployTrigger" in body or "autoDeploy" in body:
            old = "commit" if body.get("autoDeploy") == "yes" else "off"
            service.auto_deploy = body.get("autoDeployTrigger", old)
            kind = "disabled" if service.auto_deploy == "off" else "enabled"
            self.platform.say(service, f"auto-deploy {kind}", "app")
        return Reply(200, service.json())

    def _list_deploys(self, arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        statuses = [value for key, value in query if key == "status"]
        after = _time(query, "createdAfter")
        found = [
            ("deploy", one.id, one.json())
            for one in reversed(self._hosted(arguments).deploys)
            if (not statuses or one.status in statuses) and (after is None or one.created > after)
        ]
        return _page(found, query)

    def _create_deploy(self, arguments: dict[str, str], _query: Query, body: Any) -> Reply:
        hosted = self._hosted(arguments)
        if hosted.service.suspended:
            raise _RefusedError(400, "cannot deploy a suspended service")
        revision = body.get("commitId") or hosted.service.branch
        return self._begun(hosted, revision, "api", clear=body.get("clearCache") == "clear")

    def _begun(self, hosted: Hosted, revision: str, trigger: str, *, clear: bool = False, status: int = 201) -> Reply:
        is_queued = self.answers_queued or (self.platform.is_busy(hosted) and hosted.service.policy == "wait")
        self.answers_queued = False
        deploy = self.platform.begin(
            hosted, revision, trigger, clear_cache=clear, status="queued" if is_queued else "created"
        )
        if deploy is None:
            raise _RefusedError(404, f"commit not found: {revision}")
        if self.superseding:
            newer, self.superseding = self.superseding, ""
            self._supersede(hosted, deploy, newer)
        if is_queued:
            return Reply(202)
        return Reply(status, deploy.json() if status == 201 else {"deploy": {"id": deploy.id}})

    def _supersede(self, hosted: Hosted, deploy: Deploy, revision: str) -> None:
        """Let a deploy of *revision* take the place of *deploy* as soon as that is under way."""

        def supersede() -> None:
            while deploy.status in {"created", "queued"}:
                time.sleep(0.01)
            policy, hosted.service.policy = hosted.service.policy, "override"
            self.platform.begin(hosted, revision, "manual")
            hosted.service.policy = policy

        threading.Thread(target=supersede, daemon=True).start()

    def _deploy_hook(self, arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        hosted, given = self._hosted(arguments), dict(query)
        if given.get("key") != hosted.service.hook_key:
            raise _RefusedError(404, "not found")
        return self._begun(hosted, given.get("ref") or hosted.service.branch, "deploy_hook", status=200)

    def _retrieve_deploy(self, arguments: dict[str, str], _query: Query, _body: Any) -> Reply:
        return Reply(200, self._one(arguments)[1].json())

    def _cancel_deploy(self, arguments: dict[str, str], _query: Query, _body: Any) -> Reply:
        hosted, deploy = self._one(arguments)
        if deploy.is_over:
            raise _RefusedError(400, f"deploy is {deploy.status}")
        self.platform.cancel(hosted, deploy)
        return Reply(200, deploy.json())

    def _rollback_deploy(self, arguments: dict[str, str], _query: Query, body: Any) -> Reply:
        hosted, target = self._one({**arguments, "deploy": body["deployId"]})
        if target.folder is None or not {"live", "deactivated"} & set(target.went_through):
            raise _RefusedError(400, "the build of this deploy is not available any more")
        deploy = self.platform.begin(hosted, target.commit, "rollback", rollback_to=target)
        return Reply(201, deploy.json() if deploy else {})

    def _restart_service(self, arguments: dict[str, str], _query: Query, _body: Any) -> Reply:
        hosted = self._hosted(arguments)
        if hosted.live is not None:
            self.platform.begin(hosted, hosted.live.commit, "other", rollback_to=hosted.live)
        return Reply(200)

    def _list_events(self, arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        hosted = self._hosted(arguments)
        start = _time(query, "startTime") or now() - timedelta(hours=1)
        kinds = [value for key, value in query if key == "type"]
        found = [
            ("event", one.id, one.json())
            for one in reversed(self.platform.events)
            if one.service is hosted.service and one.time >= start and (not kinds or one.type in kinds)
        ]
        return _page(found, query)

    def _list_instances(self, arguments: dict[str, str], _query: Query, _body: Any) -> Reply:
        instance = self._hosted(arguments).instance
        return Reply(200, [{"id": instance.id, "createdAt": iso(now())}] if instance else [])

    def _get_env_vars_for_service(self, arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        variables = self._hosted(arguments).service.variables
        return _page([("envVar", name, {"key": name, "value": value}) for name, value in variables.items()], query)

    def _list_logs(self, _arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        given = dict(query)
        resources = {value for key, value in query if key == "resource"}
        kinds = {value for key, value in query if key == "type"}
        start = _time(query, "startTime") or now() - timedelta(hours=1)
        end = _time(query, "endTime") or now()
        limit = int(given.get("limit", "20"))
        found = [
            line
            for line in self.platform.lines
            if line.service.id in resources and start <= line.time <= end and (not kinds or line.type in kinds)
        ]
        is_forward = given.get("direction") == "forward"
        page = found[:limit] if is_forward else found[-limit:]
        has_more = len(found) > limit
        window = (page[-1].time, end) if is_forward and page else (start, page[0].time if page else end)
        body = {"hasMore": has_more, "nextStartTime": iso(window[0]), "nextEndTime": iso(window[1])}
        return Reply(200, {**body, "logs": [line.json() for line in page]})

    def _list_owners(self, _arguments: dict[str, str], query: Query, _body: Any) -> Reply:
        return _page([("owner", OWNER, _OWNER)], query)

    def _retrieve_owner(self, arguments: dict[str, str], _query: Query, _body: Any) -> Reply:
        if arguments["owner"] != OWNER:
            raise _RefusedError(404, "owner not found")
        return Reply(200, _OWNER)


_OWNER = {"id": OWNER, "name": "Stand-in", "email": "standin@example.com", "type": "team"}


def _page(found: list[tuple[str, str, Any]], query: Query) -> Reply:
    """Return one page: items after the cursor, at most as many as the limit."""
    given = dict(query)
    ids = [cursor for _, cursor, _ in found]
    begin = ids.index(given["cursor"]) + 1 if given.get("cursor") in ids else 0
    page = found[begin : begin + int(given.get("limit", "20"))]
    return Reply(200, [{"cursor": cursor, key: item} for key, cursor, item in page])


def _time(query: Query, name: str) -> datetime | None:
    value = dict(query).get(name)
    return datetime.fromisoformat(value) if value else None
