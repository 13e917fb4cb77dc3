"""Two sides of a migration → whether the older code starts and answers on the schema that the newer one leaves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite import sides
from deploy_suite.checks import boot, migrations
from deploy_suite.checks.base import Built, Findings
from deploy_suite.checks.migrations import models, revisions, schema
from deploy_suite.checks.migrations.models import Columns, Missed
from deploy_suite.environments import bindings as binding
from deploy_suite.errors import CannotCheckError
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.ports import DatabaseServer, Ports, QueryError
from deploy_suite.releases.compatibility import Openness
from deploy_suite.sides import Side

_OLD: Final = "way_back_old"
_NEW: Final = "way_back_new"
_BOOT: Final = "way_back_boot"
_MOST_EVIDENCE: Final = 12
_TOO_LATE: Final = re.compile(r"where at most \S+ ms were allowed")
_UNKNOWN_REVISION: Final = re.compile(r"Can't locate revision identified by ['\"]?(?P<revision>[\w.-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a trial has shown. Shape: as in `releases.compatibility.Compatibility`."""

    verdict: Openness
    reason: str
    evidence: tuple[str, ...] = ()
    leads_from: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Migrated:
    """A side with a database as its migrations leave it. Shape: `database` is "" where they do not get there."""

    built: Built
    database: str
    revisions: tuple[str, ...] = ()
    why: str = ""


class SchemaTrial:
    """One trial, on one throw-away server."""

    def __init__(self, old: Side, new: Side, server: DatabaseServer, ports: Ports) -> None:
        """Prepare; nothing runs yet."""
        self._old = old
        self._new = new
        self._server = server
        self._ports = ports
        self._boots = 0

    def shown(self) -> Shown:
        """Return what the trial shows. What cannot be tried is unknown."""
        try:
            before = self._migrated(self._old, _OLD)
            after = self._migrated(self._new, _NEW)
        except CannotCheckError as error:
            return Shown(verdict=Openness.UNKNOWN, reason=error.message)
        if not after.database:
            return Shown(
                verdict=Openness.UNKNOWN,
                reason=f"the migrations of {self._new_name} do not reach their end here: {after.why}",
                leads_from=before.revisions,
            )
        found = self._judged(before, after)
        return Shown(
            verdict=found.verdict,
            reason=found.reason,
            evidence=found.evidence[:_MOST_EVIDENCE],
            leads_from=before.revisions,
            leads_to=after.revisions,
            notes=found.notes,
        )

    @property
    def _old_name(self) -> str:
        return f"the live release ({self._old.commit[:7]})"

    @property
    def _new_name(self) -> str:
        return self._new.commit[:7]

    def _migrated(self, one: Side, name: str) -> _Migrated:
        """Build *one*, take a database to where its migrations lead, and keep it as *name*."""
        self._ports.progress.waiting(f"way back: {one.contract.service} at {one.commit[:7]}, to its newest revision")
        made = sides.built(one, self._server, stage=f"{name}_build", ports=self._ports)
        if not migrations.are_there(made.case):
            return self._empty(made, name)

        def attempt(built: Built) -> tuple[Findings, migrations.Head]:
            self._clear(built)
            head = migrations.to_head(built, self._ports)
            head.close()
            return head.findings, head

        made, head = sides.with_what_is_missing(made, attempt, check="migrations")
        if not head.migrated:
            why = next((each.message for each in head.findings if each.outcome is not Outcome.PASSED), "")
            return _Migrated(built=made, database="", why=why or "they use no PostgreSQL of the contract")
        self._server.create(name, template=head.migrated)
        self._clear(made)
        return _Migrated(built=made, database=name, revisions=revisions.recorded(self._server, name))

    def _empty(self, made: Built, name: str) -> _Migrated:
        """Return the database as a project without migrations finds it."""
        self._server.create(name)
        return _Migrated(built=made, database=name)

    def _clear(self, made: Built) -> None:
        """Remove what a rehearsal leaves, so that the next one finds the names free."""
        count = len(binding.databases_needed(made.case.contract)) or 1
        for name in (*(f"{migrations.HEAD}_{number}" for number in range(count)), f"{migrations.HEAD}_steps"):
            self._server.drop(name)

    def _judged(self, before: _Migrated, after: _Migrated) -> Shown:
        try:
            findings = self._booted(before.built, after.database)
            bad = _bad(findings)
            if bad:
                return self._against_its_own(before, after, bad)
            missed = self._missed(before, after)
        except CannotCheckError as error:
            return Shown(verdict=Openness.UNKNOWN, reason=f"{self._old_name} cannot be tried here: {error.message}")
        return self._of_good(findings, missed)

    def _booted(self, made: Built, database: str) -> Findings:
        """Start *made* on a copy of *database*, its pre-deploy command left out, and ask it all that preflight asks."""

        def attempt(built: Built) -> tuple[Findings, Findings]:
            self._boots += 1
            own = sides.on(built, f"{_BOOT}_{self._boots}", template=database, ports=self._ports)
            findings = boot.check(own, self._ports, runs_pre_deploy=False)
            return findings, findings

        commit = made.case.snapshot.commit.short
        self._ports.progress.waiting(f"way back: {commit} is started on {database.rpartition('_')[2]} schema")
        return sides.with_what_is_missing(made, attempt, check="boot")[1]

    def _against_its_own(self, before: _Migrated, after: _Migrated, bad: Sequence[Finding]) -> Shown:
        """Judge what goes wrong on the new schema: only what goes well on the old one comes from the migrations."""
        evidence = tuple(line for one in bad for line in (one.message, *one.evidence))
        if not before.database:
            reason = f"{self._old_name} fails on the new schema, and its own cannot be made here: {before.why}"
            return Shown(verdict=Openness.UNKNOWN, reason=reason, evidence=evidence)
        known = {one.code for one in _bad(self._booted(before.built, before.database))}
        if all(one.code in known for one in bad):
            reason = f"{self._old_name} fails here on its own schema too, so nothing can be shown: {bad[0].message}"
            return Shown(verdict=Openness.UNKNOWN, reason=reason, evidence=evidence)
        again = {one.code for one in _bad(self._booted(before.built, after.database))}
        news = [one for one in bad if one.code in again - known]
        if not news:
            reason = f"{self._old_name} failed once on the new schema and once not: {bad[0].message}"
            return Shown(verdict=Openness.UNKNOWN, reason=reason, evidence=evidence)
        gone = self._gone(before, after)
        return Shown(
            verdict=Openness.CLOSED,
            reason=self._why(news, gone),
            evidence=(*gone, *(line for one in news for line in (one.message, *one.evidence))),
        )

    def _gone(self, before: _Migrated, after: _Migrated) -> tuple[str, ...]:
        """Return what the newer schema takes away, as far as it can be compared."""
        try:
            return tuple(one.told for one in self._taken(before, after))
        except QueryError:
            return ()

    def _taken(self, before: _Migrated, after: _Migrated) -> tuple[schema.Taken, ...]:
        return schema.taken(schema.read(self._server, before.database), schema.read(self._server, after.database))

    def _why(self, news: Sequence[Finding], gone: Sequence[str]) -> str:
        texts = "\n".join(line for one in news for line in (one.message, *one.evidence))
        if match := _UNKNOWN_REVISION.search(texts):
            return (
                f"{self._old_name} migrates when it starts, and its migrations do not know the revision "
                f"{match['revision']}: Can't locate revision identified by '{match['revision']}'"
            )
        where = f", where {gone[0]}" if gone else ""
        return (
            f"{self._old_name} works on its own schema and fails on that of {self._new_name}{where}: {news[0].message}"
        )

    def _missed(self, before: _Migrated, after: _Migrated) -> Missed:
        if not before.database:
            return Missed()
        try:
            taken = self._taken(before, after)
        except QueryError as error:
            return Missed(perhaps=(f"the two schemas cannot be compared: {error.message}",))
        known: Columns | None = models.columns(before.built, self._ports) if taken else None
        return models.missed(taken, known, self._old.case.snapshot.folder)

    def _of_good(self, findings: Findings, missed: Missed) -> Shown:
        """Judge a start that went well, by what it may not have touched."""
        started = next((one for one in findings if one.code == "boots"), None)
        if missed.surely:
            reason = f"{missed.surely[0]}; whatever reads or writes it there fails"
            return Shown(verdict=Openness.CLOSED, reason=reason, evidence=missed.surely, notes=missed.noted)
        if started is None:
            left = next((one.message for one in findings if one.outcome is Outcome.SKIPPED), "it was not started")
            reason = f"{self._old_name} cannot be tried here on the new schema: {left}"
            return Shown(verdict=Openness.UNKNOWN, reason=reason, notes=missed.noted)
        if missed.perhaps:
            reason = f"no probe shows that {self._old_name} can do without: {missed.perhaps[0]}"
            return Shown(verdict=Openness.UNKNOWN, reason=reason, evidence=missed.perhaps, notes=missed.noted)
        reason = f"{self._old_name} starts on the schema of {self._new_name} and answers: {started.message}"
        return Shown(verdict=Openness.OPEN, reason=reason, notes=missed.noted)


def _bad(findings: Findings) -> list[Finding]:
    """Return what a visitor would suffer from: an error of a route is a warning to preflight, and not here.

    An answer that came too late does not count: no migration of an empty database makes it so.
    """
    return [
        one
        for one in findings
        if (one.outcome is Outcome.FAILED or one.code.partition(":")[0] == "server-error")
        and not _TOO_LATE.search(one.message)
    ]
