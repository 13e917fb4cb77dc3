"""A service that is started while its database is still being migrated; its connections wait until that is done."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Final, Self

from deploy_suite import staging
from deploy_suite.checks import boot, migrations
from deploy_suite.checks.base import Built, Findings
from deploy_suite.checks.boot import Milestones
from deploy_suite.environments import bindings as binding
from deploy_suite.errors import CannotCheckError
from deploy_suite.model.finding import CheckResult
from deploy_suite.ports import Process, Reservation
from deploy_suite.recording import Recorder

_STAGE: Final = "early"
# Who waited longer for the database than that may have failed for it.
_HARMLESS_WAIT_S: Final = 1.0


class EarlyStart:
    """One early start. The target migrates first: what this one shows is believed only where that makes no odds."""

    def __init__(
        self,
        built: Built,
        reservation: Reservation,
        *,
        pool: ThreadPoolExecutor,
        recorder: Recorder,
        milestones: Milestones,
    ) -> None:
        """Start the service."""
        self._built = built
        self._reservation = reservation
        self._recorder = recorder
        self._milestones = milestones
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._is_given_up = False
        self._went_on = False
        self._began_s = recorder.ports.clock.now_s()
        self._findings: Future[Findings] = pool.submit(self._booted)

    @classmethod
    def of(cls, built: Built, *, pool: ThreadPoolExecutor, recorder: Recorder, milestones: Milestones) -> Self | None:
        """Start the service of *built* early, None where it has to wait: for a command, or for lack of a way."""
        contract, server = built.case.contract, built.server
        command = contract.pre_deploy
        only_migrates = command is None or migrations.is_all_of(command, built.case)
        if server is None or not only_migrates or not migrations.are_there(built.case):
            return None
        if not contract.kind.answers_http or contract.start is None:
            return None
        reservation = server.reserve(staging.named(_STAGE), like=staging.named(migrations.HEAD))
        if reservation is None:
            return None
        others = staging.databases(contract, server, _STAGE, leave_first=True)
        addresses = {binding.databases_needed(contract)[0]: reservation.address, **others}
        bindings = staging.rebound(contract, built.bindings, addresses, recorder.ports)
        own = replace(built, bindings=bindings, database_socket=reservation.socket)
        return cls(own, reservation, pool=pool, recorder=recorder, milestones=milestones)

    def go_on(self, migrated: str) -> None:
        """Let the service meet its database, a copy of *migrated*; give it up where there is none."""
        self._went_on = bool(migrated) and not self._findings.done() and self._reservation.fill(migrated)
        if not self._went_on:
            self.give_up()

    def result(self) -> CheckResult | None:
        """Wait for what the start shows, None when the service has to be started again, after the migrations."""
        try:
            findings = self._findings.result()
        except CannotCheckError:
            return None
        seconds = self._recorder.ports.clock.now_s() - self._began_s
        is_good = not self._recorder.result("boot", seconds, findings).outcome.is_no_pass
        is_fair = is_good or (self._reservation.waited_s <= _HARMLESS_WAIT_S and not boot.has_hung(findings))
        return self._recorder.ended("boot", seconds, findings) if self._went_on and is_fair else None

    def give_up(self) -> None:
        """End the service, if it still runs."""
        with self._lock:
            self._is_given_up = True
            if self._process and not self._findings.done():
                self._process.kill()

    def _booted(self) -> Findings:
        self._recorder.ports.progress.began("boot")
        return boot.check(
            self._built,
            self._recorder.ports,
            runs_pre_deploy=False,
            repeats=False,
            milestones=replace(self._milestones, started=self._take, listens=self._listens),
        )

    def _take(self, process: Process) -> None:
        self._milestones.started(process)
        with self._lock:
            self._process = process
            if self._is_given_up:
                process.kill()

    def _listens(self) -> None:
        if not self._is_given_up:
            self._milestones.listens()
