"""Render at run time: its services and deploys, behind `targets.live.LiveTarget`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from deploy_suite.environments import bindings
from deploy_suite.errors import CannotCheckError, UsageError
from deploy_suite.model.release import (
    AutoDeploy,
    Deploy,
    DeployState,
    FailureReason,
    Intent,
    LiveService,
    PushTrace,
    Trigger,
)
from deploy_suite.model.secret import Masker, Secret
from deploy_suite.ports import Ports
from deploy_suite.targets.live import LogCursor, LogPage, LostContactError, Pace, UnknownOutcomeError
from deploy_suite.targets.render.api import answers, events, lists, logs, refusals
from deploy_suite.targets.render.api.answers import MalformedError
from deploy_suite.targets.render.api.door import Answer, Door, UncertainError
from deploy_suite.targets.render.api.hook import Hook
from deploy_suite.targets.render.api.pauses import Pauses

_EVENTS_BEFORE: Final = timedelta(minutes=1)
_IGNORED_SINCE: Final = timedelta(days=30)
_CRON: Final = "cron_job"
_CREATED: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderLive:
    """Implements `targets.live.LiveTarget`. Shape: `api` is None without a key; `hook` begins deploys where given."""

    api: Door | None
    pace: Pace
    ports: Ports
    hook: Hook | None = None
    hook_door: Door | None = None

    @property
    def name(self) -> str:
        """See `LiveTarget.name`."""
        return "render"

    @property
    def bound_to(self) -> str:
        """See `LiveTarget.bound_to`."""
        return self.hook.service_id if self.hook else ""

    @property
    def can_look(self) -> bool:
        """See `LiveTarget.can_look`."""
        return self.api is not None

    @property
    def _api(self) -> Door:
        if self.api is None:
            raise refusals.no_key()
        return self.api

    def service(self, service_id: str) -> LiveService:
        """See `LiveTarget.service`."""
        return answers.service(self._api.read(lists.path(service_id), what=f"the service {service_id}"))

    def services(self, name: str = "") -> Sequence[LiveService]:
        """See `LiveTarget.services`. Several names are parted by commas, so one with a comma is looked for here."""
        query = [("includePreviews", "false"), *([("name", name)] if name and "," not in name else [])]
        found = (
            answers.service(one)
            for one in lists.pages(self._api, "/services", query, key="service", what="the services")
        )
        return tuple(one for one in found if not name or one.name == name)

    def live(self, service: LiveService) -> Deploy | None:
        """See `LiveTarget.live`."""
        return next(iter(lists.deploys(self._api, service, [("status", "live")], limit=20)), None)

    def deploys(self, service: LiveService, *, limit: int = 20) -> Sequence[Deploy]:
        """See `LiveTarget.deploys`."""
        return lists.deploys(self._api, service, [], limit=limit)

    def deploy(self, service: LiveService, deploy_id: str) -> Deploy:
        """See `LiveTarget.deploy`."""
        path = lists.path(service.id, "deploys", deploy_id)
        return answers.deploy(self._api.read(path, what=f"the deploy {deploy_id} of {service.name}"))

    def intent(self, service: LiveService, *, commit: str = "", clear_cache: bool = False, back_to: str = "") -> Intent:
        """See `LiveTarget.intent`. Without a key nothing can be seen, and one deploy cannot be told from another."""
        known = lists.deploys(self._api, service, [], limit=lists.PAGE) if self.can_look else ()
        return Intent(
            commit=commit,
            clear_cache=clear_cache,
            back_to=back_to,
            known=frozenset(one.id for one in known),
            after=max((one.created for one in known if one.created), default=None),
        )

    def carry_out(self, service: LiveService, intent: Intent) -> Deploy:
        """See `LiveTarget.carry_out`."""
        if (begun := self.find(service, intent) if self.can_look else None) is not None:
            return begun
        what = f"to deploy {intent.commit[:7] or 'the head of its branch'} to {service.name}"
        try:
            answer = self._begun(service, intent, what=what)
            if answer.status in _CREATED:
                return self._parsed(answer)
            lost, patience_s = "Render has queued it", self.pace.queued_s
        except (UncertainError, MalformedError) as error:
            lost, patience_s = str(error), self.pace.lookup_s
        found = self._looked_up(service, intent, patience_s=patience_s)
        if found is None:
            raise _unknown(what, lost, service, looked_s=patience_s if self.can_look else 0.0)
        return found

    def find(self, service: LiveService, intent: Intent) -> Deploy | None:
        """See `LiveTarget.find`."""
        since = [("createdAfter", lists.time(intent.after - lists.OVERLAP))] if intent.after else []
        fitting = [one for one in lists.deploys(self._api, service, since, limit=lists.PAGE) if _fits(one, intent)]
        asked_for = [one for one in fitting if one.trigger in {Trigger.REQUEST, Trigger.HOOK, Trigger.ROLLBACK}]
        return next(reversed(asked_for or fitting), None)

    def last_push(self, service: LiveService) -> PushTrace | None:
        """See `LiveTarget.last_push`. Skip phrases and build filters let Render ignore a push, and it says so.

        Source: https://render.com/docs/deploys#skipping-an-auto-deploy
        """
        deploys = lists.deploys(self._api, service, [], limit=lists.PAGE)
        query = [("type", events.IGNORED), ("startTime", lists.time(self._now() - _IGNORED_SINCE))]
        listed = lists.events(self._api, service, query)
        traces = [
            *(
                PushTrace(id=one.id, commit=one.commit, time=one.created)
                for one in deploys
                if one.trigger is Trigger.PUSH and one.created
            ),
            *events.ignored(tuple(listed)),
        ]
        return max(traces, key=lambda one: one.time, default=None)

    def cancel(self, service: LiveService, deploy_id: str) -> Deploy:
        """See `LiveTarget.cancel`."""
        path = lists.path(service.id, "deploys", deploy_id, "cancel")
        try:
            self._api.set("POST", path, what=f"to cancel the deploy {deploy_id} of {service.name}")
        except refusals.RefusedError as error:
            now = self.deploy(service, deploy_id)
            if now.state is not DeployState.CANCELED:  # an earlier try may have been carried out
                raise UsageError(
                    f"{deploy_id} is not canceled ({error.message}); it is {now.state.value}",
                    remedy="a deploy that is over cannot be canceled; to go back: deploy-suite rollback",
                ) from error
        return self.deploy(service, deploy_id)

    def set_auto_deploy(self, service: LiveService, mode: AutoDeploy) -> LiveService:
        """See `LiveTarget.set_auto_deploy`.

        Older API's know only yes and no: yes keeps what the service had before it was turned off.
        """
        words = {AutoDeploy.OFF: "off", AutoDeploy.ON_PUSH: "commit", AutoDeploy.AFTER_CHECKS: "checksPass"}
        body = {"autoDeploy": "no" if mode is AutoDeploy.OFF else "yes", "autoDeployTrigger": words[mode]}
        what = f"to set auto-deploy of {service.name}"
        return answers.service(self._api.set("PATCH", lists.path(service.id), body, what=what).body)

    def reason(self, service: LiveService, deploy: Deploy) -> FailureReason:
        """See `LiveTarget.reason`."""
        since = (deploy.created or self._now() - timedelta(hours=1)) - _EVENTS_BEFORE
        query = [("startTime", lists.time(since))]
        listed = lists.events(self._api, service, query)
        return events.reason(tuple(listed), deploy)

    def failures(self, service: LiveService, since: datetime) -> Sequence[str]:
        """See `LiveTarget.failures`."""
        query = [("type", events.FAILED), ("startTime", lists.time(since))]
        listed = lists.events(self._api, service, query)
        return events.failures(tuple(listed))

    def instances(self, service: LiveService) -> frozenset[str]:
        """See `LiveTarget.instances`."""
        path = lists.path(service.id, "instances")
        return frozenset(answers.texts(self._api.read(path, what=f"the instances of {service.name}"), "id"))

    def log(self, service: LiveService, cursor: LogCursor) -> LogPage:
        """See `LiveTarget.log`."""
        return logs.read(self._api, service, cursor)

    def variables(self, service: LiveService) -> Sequence[str]:
        """See `LiveTarget.variables`. What the API tells beside the names is hidden at once, and kept nowhere."""
        path, names = lists.path(service.id, "env-vars"), []
        for one in lists.pages(self._api, path, [], key="envVar", what=f"the variables of {service.name}"):
            variable = answers.table(one)
            name, value = str(variable.get("key", "")), Secret(str(variable.get("value", "")))
            names.append(name)
            if bindings.is_hidden(name, value):
                self.ports.curtain.add(Masker.of([value]))
        return tuple(names)

    def _begun(self, service: LiveService, intent: Intent, *, what: str) -> Answer:
        if intent.back_to:
            return self._api.begin(lists.path(service.id, "rollback"), {"deployId": intent.back_to}, what=what)
        if self.hook is not None and self.hook_door is not None:
            return self.hook_door.begin(self.hook.path, None, self.hook.query(commit=intent.commit), what=what)
        if intent.commit and service.kind == _CRON:
            raise UsageError(
                f"{service.name} is a cron job, of which Render deploys no commit but the branch's head",
                remedy="leave out --commit",
            )
        body = {"clearCache": "clear" if intent.clear_cache else "do_not_clear"}
        commit = {"commitId": intent.commit} if intent.commit else {}
        return self._api.begin(lists.path(service.id, "deploys"), {**body, **commit}, what=what)

    def _parsed(self, answer: Answer) -> Deploy:
        """Return the deploy of a 201; a hook wraps it: `{"deploy": {"id": …}}`."""
        body = answers.table(answer.body)
        return answers.deploy(body.get("deploy", body))

    def _looked_up(self, service: LiveService, intent: Intent, *, patience_s: float) -> Deploy | None:
        """Look for the deploy of *intent* until it appears or *patience_s* are over."""
        if not self.can_look:
            return None
        pauses, until_s = Pauses(self.pace), self.ports.clock.now_s() + patience_s
        while True:
            try:
                if (found := self.find(service, intent)) is not None:
                    return found
            except LostContactError:
                pass  # as long as there is patience, silence says nothing
            wait_s = min(pauses.after({}, now=self._now()), self.pace.poll_s)
            if self.ports.clock.now_s() + wait_s >= until_s:
                return None
            self.ports.clock.sleep(wait_s)

    def _now(self) -> datetime:
        return datetime.fromisoformat(self.ports.clock.utc()).astimezone(UTC)


def _fits(deploy: Deploy, intent: Intent) -> bool:
    """Whether *deploy* may be the one of *intent*.

    A push may deploy the very commit that was asked for, and then need not be followed by a second deploy of it.
    """
    if deploy.id in intent.known or (intent.after and deploy.created and deploy.created < intent.after):
        return False
    if intent.back_to:
        return deploy.trigger is Trigger.ROLLBACK
    if not intent.commit or not deploy.commit:
        return deploy.trigger in {Trigger.REQUEST, Trigger.HOOK, Trigger.OTHER}
    return deploy.commit.startswith(intent.commit) and deploy.trigger is not Trigger.ROLLBACK


def _unknown(what: str, lost: str, service: LiveService, *, looked_s: float) -> CannotCheckError:
    looked = f"no such deploy has appeared within {looked_s:g} s" if looked_s else "without an API key nobody can look"
    return UnknownOutcomeError(
        f"it is not known whether Render has begun {what}: {lost}, and {looked}; nothing was asked for twice",
        remedy=f"look whether there is one: {service.page or 'https://dashboard.render.com'}; if not, run this again",
    )
