"""What the platform does with deploys: one at a time for each service, built, booted, and switched to when healthy."""

import contextlib
import http.client
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.standin.machine import Commands, Instance, cloned, commit_of, variables_of
from tests.standin.records import Deploy, Event, Line, Service, now
from tests.standin.router import Router

_DOCS = "==> Common ways to troubleshoot your deploy: https://render.com/docs/troubleshooting-deploys"


@dataclass(kw_only=True)
class Times:
    """How long things take, in seconds. The platform's own: health 900, term 60, kill 30."""

    step_s: float = 0.1
    start_s: float = 20.0
    poll_s: float = 0.03
    steady_s: float = 0.3
    again_s: float = 0.2
    term_delay_s: float = 0.2
    shutdown_s: float = 5.0


class _StoppedError(Exception):
    """The deploy is canceled, by hand or by a newer one."""


class Hosted:
    """A service with what belongs to it: its router, its live instance, the deploy that is under way."""

    def __init__(self, service: Service) -> None:
        """Open the public port."""
        self.service = service
        self.router = Router(service.port)
        service.port = self.router.port
        self.deploys: list[Deploy] = []
        self.live: Deploy | None = None
        self.instance: Instance | None = None
        self.running: Deploy | None = None
        self.commands: Commands | None = None
        self.stopped: dict[str, dict[str, Any]] = {}
        self.worker: threading.Thread | None = None


class Platform:
    """All services, and the threads that carry out their deploys."""

    def __init__(self, folder: Path, times: Times) -> None:
        """Build below *folder*."""
        self.times = times
        self.lock = threading.RLock()
        self.hosted: dict[str, Hosted] = {}
        self.events: list[Event] = []
        self.lines: list[Line] = []
        self._folder = folder
        self._closed = threading.Event()
        self._ending: list[threading.Thread] = []

    def add(self, service: Service) -> Hosted:
        """Host *service*; nothing is deployed yet."""
        hosted = Hosted(service)
        self.hosted[service.id] = hosted
        return hosted

    def begin(
        self,
        hosted: Hosted,
        revision: str,
        trigger: str,
        *,
        clear_cache: bool = False,
        rollback_to: Deploy | None = None,
        status: str = "created",
    ) -> Deploy | None:
        """Begin a deploy of *revision*, None where the origin has no such commit."""
        found = commit_of(hosted.service, revision)
        if found is None:
            return None
        deploy = Deploy(
            service=hosted.service,
            commit=found[0],
            message=found[1],
            trigger=trigger,
            clear_cache=clear_cache,
            rollback_to=rollback_to,
        )
        with self.lock:
            waiting = [one for one in hosted.deploys if not one.is_over]
            hosted.deploys.append(deploy)
            if waiting or status == "queued":
                self.set(deploy, "queued")
            for one in waiting:
                if one is not hosted.running or hosted.service.policy == "override":
                    self._supersede(hosted, one, deploy)
            if hosted.worker is None or not hosted.worker.is_alive():
                hosted.worker = threading.Thread(target=self._work, args=(hosted,), daemon=True)
                hosted.worker.start()
        return deploy

    def is_busy(self, hosted: Hosted) -> bool:
        """Whether a deploy of the service is under way."""
        return any(not one.is_over for one in hosted.deploys)

    def cancel(self, hosted: Hosted, deploy: Deploy) -> None:
        """Cancel *deploy*."""
        self._stop(hosted, deploy, {})

    def set(self, deploy: Deploy, status: str) -> None:
        """Let *deploy* have *status*."""
        with self.lock:
            deploy.status = status
            deploy.went_through.append(status)
            deploy.updated = now()
            if deploy.is_over and deploy.finished is None:
                deploy.finished = deploy.updated

    def event(self, service: Service, kind: str, **details: Any) -> None:
        """Note an event."""
        with self.lock:
            self.events.append(Event(service=service, type=kind, details=details))

    def say(self, service: Service, text: str, kind: str, instance: str = "") -> None:
        """Write a line of a log."""
        with self.lock:
            self.lines.append(Line(service=service, text=text, type=kind, instance=instance))

    def close(self) -> None:
        """End all that runs."""
        self._closed.set()
        for hosted in self.hosted.values():
            with self.lock:
                for deploy in hosted.deploys:
                    if not deploy.is_over:
                        self._stop(hosted, deploy, {})
            if hosted.worker is not None:
                hosted.worker.join()
            if hosted.instance is not None:
                hosted.instance.end(within_s=1.0)
            hosted.router.close()
        for thread in self._ending:
            thread.join()

    def _supersede(self, hosted: Hosted, old: Deploy, new: Deploy) -> None:
        self._stop(hosted, old, {"newDeploy": {"id": new.id}})

    def _stop(self, hosted: Hosted, deploy: Deploy, reason: dict[str, Any]) -> None:
        with self.lock:
            if deploy.is_over:
                return
            hosted.stopped[deploy.id] = reason
            if deploy is not hosted.running:
                self._canceled(deploy, reason)
            elif hosted.commands is not None:
                hosted.commands.stop()

    def _canceled(self, deploy: Deploy, reason: dict[str, Any]) -> None:
        self.set(deploy, "canceled")
        self._deploy_ended(deploy, "canceled", reason)

    def _deploy_ended(self, deploy: Deploy, status: str, reason: dict[str, Any]) -> None:
        code = {"succeeded": 2, "failed": 3, "canceled": 4}[status]
        self.event(deploy.service, "deploy_ended", deployId=deploy.id, deployStatus=status, status=code, reason=reason)

    def _work(self, hosted: Hosted) -> None:
        while True:
            with self.lock:
                waiting = [one for one in hosted.deploys if not one.is_over]
                if not waiting:
                    hosted.running = None
                    hosted.worker = None
                    return
                hosted.running = deploy = waiting[0]
            try:
                self._deploy(hosted, deploy)
            except _StoppedError:
                self._canceled(deploy, hosted.stopped.get(deploy.id, {}))
            except subprocess.CalledProcessError as error:
                self.say(deploy.service, f"==> {error}: {error.stderr!r}", "build")
                self.set(deploy, "build_failed")
                self._deploy_ended(deploy, "failed", {})

    def _deploy(self, hosted: Hosted, deploy: Deploy) -> None:
        deploy.started = now()
        self._pause(hosted, deploy)
        if deploy.rollback_to is not None and deploy.rollback_to.folder is not None:
            deploy.folder = deploy.rollback_to.folder
        elif not self._built(hosted, deploy):
            return
        if deploy.service.pre_deploy and deploy.rollback_to is None and not self._prepared(hosted, deploy):
            return
        self.set(deploy, "update_in_progress")
        trigger = {"manual": False, "firstBuild": False, "envUpdated": False, "deployedByRender": False}
        trigger |= {"clearCache": deploy.clear_cache, "rollback": deploy.rollback_to is not None}
        self.event(deploy.service, "deploy_started", deployId=deploy.id, trigger=trigger)
        self._pause(hosted, deploy)
        instance = self._booted(hosted, deploy)
        if instance is not None:
            self._switch(hosted, deploy, instance)

    def _built(self, hosted: Hosted, deploy: Deploy) -> bool:
        service = deploy.service
        self.set(deploy, "build_in_progress")
        build_id = deploy.id.replace("dep-", "bld-")
        say = self._saying(service, "build")
        say(f"==> Cloning from {service.repo}")
        say(f"==> Checking out commit {deploy.commit} in branch {service.branch}")
        self._pause(hosted, deploy)
        deploy.folder = self._folder / deploy.id
        cloned(deploy, deploy.folder)
        say(f"==> Running build command '{service.build}'...")
        code = self._run(hosted, deploy, service.build, say)
        status = "failed" if code else "succeeded"
        reason = {"failure": {"evicted": False, "nonZeroExit": code}} if code else {}
        number = 3 if code else 2
        self.event(service, "build_ended", buildId=build_id, buildStatus=status, status=number, reason=reason)
        if code:
            say("==> Build failed 😞")
            say(_DOCS)
            self.set(deploy, "build_failed")
            return False
        say("==> Build successful 🎉")
        say("==> Deploying...")
        return True

    def _prepared(self, hosted: Hosted, deploy: Deploy) -> bool:
        service = deploy.service
        self.set(deploy, "pre_deploy_in_progress")
        say = self._saying(service, "app")
        self._pause(hosted, deploy)
        code = self._run(hosted, deploy, service.pre_deploy, say)
        self.event(
            service,
            "pre_deploy_ended",
            deployId=deploy.id,
            deployCommandExecutionId="dce-1",
            preDeployStatus="failed" if code else "succeeded",
            status=3 if code else 2,
            reason={"failure": {"evicted": False, "nonZeroExit": code}} if code else {},
        )
        if code:
            say("==> Pre-deploy has failed")
            say(f"==> Exited with status {code}")
            self.set(deploy, "pre_deploy_failed")
            self._deploy_ended(deploy, "failed", {"failure": {"evicted": False, "nonZeroExit": code}})
        return not code

    def _run(self, hosted: Hosted, deploy: Deploy, command: str, say: Any) -> int:
        self._alive(hosted, deploy)
        hosted.commands = Commands(variables_of(deploy, self._home()))
        folder = (deploy.folder or self._folder) / deploy.service.root
        try:
            code = hosted.commands.run(command, folder, say)
        finally:
            hosted.commands = None
        self._alive(hosted, deploy)
        return code

    def _booted(self, hosted: Hosted, deploy: Deploy) -> Instance | None:
        """Return the new instance when it answers, None when it did not come up."""
        service = deploy.service
        instance = self._started(deploy)
        until = time.monotonic() + self.times.start_s
        while True:
            if deploy.id in hosted.stopped or self._closed.is_set():
                instance.end(within_s=0.5)
                raise _StoppedError
            if (code := instance.exit_code) is not None:
                instance.end(within_s=0.5)
                self._not_up(deploy, *_early(code))
                return None
            if service.is_public and _answers(instance.port, service.health_path):
                return instance
            if not service.is_public and time.monotonic() > until - self.times.start_s + self.times.steady_s:
                return instance
            if time.monotonic() > until:
                instance.end(within_s=0.5)
                where = f"{service.name}.onrender.com:10000 {service.health_path}"
                why = "Timed out after waiting for internal health check to return a successful response code at: "
                failure = {"timedOutSeconds": 900, "timedOutReason": why + where}
                self._not_up(deploy, "==> Timed Out", failure)
                return None
            time.sleep(self.times.poll_s)

    def _started(self, deploy: Deploy) -> Instance:
        service = deploy.service
        self.say(service, f"==> Running '{service.start}'", "app")
        return Instance(
            service.start,
            (deploy.folder or self._folder) / service.root,
            variables_of(deploy, self._home()),
            lambda text, one: self.say(service, text, "app", one),
        )

    def _not_up(self, deploy: Deploy, line: str, failure: dict[str, Any]) -> None:
        self.say(deploy.service, line, "app")
        self.say(deploy.service, _DOCS, "app")
        self.set(deploy, "update_failed")
        self._deploy_ended(deploy, "failed", {"failure": {"evicted": False, **failure}})

    def _switch(self, hosted: Hosted, deploy: Deploy, instance: Instance) -> None:
        """Let the new instance serve, then end the old one: no request is lost between the two."""
        self.say(deploy.service, "==> Your service is live 🎉", "app")
        leaving: Instance | None = instance
        with self.lock:
            if not deploy.service.keeps_old_build or hosted.instance is None:
                leaving, hosted.instance = hosted.instance, instance
                hosted.router.backend = instance.port
            if hosted.live is not None:
                self.set(hosted.live, "deactivated")
            hosted.live = deploy
            self.set(deploy, "live")
            self._deploy_ended(deploy, "succeeded", {})
        if not deploy.service.is_public:
            threading.Thread(target=self._keep_up, args=(hosted, deploy, instance), daemon=True).start()
        if leaving is not None:
            ending = threading.Thread(target=self._leave, args=(leaving,), daemon=True)
            self._ending.append(ending)
            ending.start()

    def _keep_up(self, hosted: Hosted, deploy: Deploy, instance: Instance) -> None:
        """Start again what ends by itself, and tell of it, for as long as it is live."""
        while not self._closed.is_set() and hosted.instance is instance:
            if (code := instance.exit_code) is None:
                time.sleep(self.times.poll_s)
                continue
            failure = {"evicted": False, "nonZeroExit": code} if code else {"evicted": False, "earlyExit": True}
            self.event(deploy.service, "server_failed", instanceID=instance.id, reason=failure)
            instance.end(within_s=0.1)
            time.sleep(self.times.again_s)
            with self.lock:
                if self._closed.is_set() or hosted.instance is not instance:
                    return
                instance = hosted.instance = self._started(deploy)

    def _leave(self, instance: Instance) -> None:
        time.sleep(self.times.term_delay_s)
        instance.end(within_s=self.times.shutdown_s)

    def _pause(self, hosted: Hosted, deploy: Deploy) -> None:
        """Stay in a status for as long as a step lasts."""
        until = time.monotonic() + self.times.step_s
        while time.monotonic() < until:
            self._alive(hosted, deploy)
            time.sleep(min(0.02, self.times.step_s))
        self._alive(hosted, deploy)

    def _alive(self, hosted: Hosted, deploy: Deploy) -> None:
        if deploy.id in hosted.stopped or self._closed.is_set():
            raise _StoppedError

    def _saying(self, service: Service, kind: str) -> Any:
        return lambda text: self.say(service, text, kind)

    def _home(self) -> Path:
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        return home

    def forget(self, deploy: Deploy) -> None:
        """Remove the build of *deploy*: rolling back to it is no longer possible."""
        if deploy.folder is not None:
            shutil.rmtree(deploy.folder, ignore_errors=True)
            deploy.folder = None


def _early(code: int) -> tuple[str, dict[str, Any]]:
    if code == 0:
        return "==> Application exited early", {"earlyExit": True}
    return f"==> Exited with status {code}", {"nonZeroExit": code}


def _answers(port: int, path: str) -> bool:
    """Whether the instance answers as the platform's health check wants it: 2xx or 3xx within 5 s."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return 200 <= connection.getresponse().status < 400
    return False
