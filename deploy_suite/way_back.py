"""The release that is live and the commit that is to replace it → whether the old code works on the new schema."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from deploy_suite import sides, way_back_kept
from deploy_suite.checks import migrations
from deploy_suite.checks.config.calls import Step
from deploy_suite.checks.migrations import revisions
from deploy_suite.checks.migrations.revisions import Stated
from deploy_suite.checks.migrations.tools import Kind
from deploy_suite.environments import bindings as binding
from deploy_suite.errors import DeployError, MachineError, UsageError
from deploy_suite.model.contract import Contract
from deploy_suite.model.environment import Preferences
from deploy_suite.ports import Ports
from deploy_suite.releases import undoing
from deploy_suite.releases.compatibility import Compatibility, Openness
from deploy_suite.releases.permission import Passage, Permission
from deploy_suite.releases.voice import Voice
from deploy_suite.sides import Side
from deploy_suite.targets.live_registry import ONE_OFF_COMMANDS

_HEARTBEAT_S: Final = 9.0
_FETCH_S: Final = 60.0
_SHA: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ONLY_FORWARD: Final = frozenset({Kind.ALEMBIC, Kind.FLASK})
_THEN: Final = "deploy-suite rollback --ignore-schema"
REMEDY: Final = (
    "expand first, contract later: add what the new code needs in one release, take away what the old code needs in a "
    "later one, when no release that uses it may have to serve again"
)


@dataclass(frozen=True, slots=True)
class ProvenSchemas:
    """Implements `releases.permission.Schemas`: what cannot be proved is refused."""

    preferences: Preferences = field(default_factory=Preferences)

    def permission(self, passage: Passage, ports: Ports) -> Permission:
        """See `releases.permission.Schemas.permission`."""
        voice = Voice(ports.progress, ports.clock)
        with voice.alive(_HEARTBEAT_S):
            voice.stage("see whether there is a way back")
            found = proven(passage, ports, preferences=self.preferences)
            voice.over(found.verdict.value)
        return Permission(
            is_granted=found.is_open,
            why=found.reason,
            command=" && ".join(found.by_hand[:-1]),
            revision=", ".join(found.leads_to),
        )


def proven(passage: Passage, ports: Ports, *, preferences: Preferences | None = None) -> Compatibility:
    """Return whether the way back of *passage* is open; asks no target, and changes nothing but caches.

    The same revisions on both sides are compatible. Else both commits are built, the database is taken to where the
    new one's migrations lead, and the old one is started on it as its start command stands, without its pre-deploy
    command, and asked its probes; what they may not have touched is compared with its models and its SQL. What cannot
    be shown is UNKNOWN, never OPEN. A sure answer is kept and told again.
    Raises: MachineError when this machine falls short; what the project lacks is an answer.
    """
    try:
        answer = _answer(passage, ports, preferences or Preferences())
    except MachineError:
        raise
    except DeployError as error:
        answer = _unknown(passage, error.message, remedy=error.remedy)
    masker = ports.curtain.masker
    return replace(
        answer,
        reason=masker.masked(answer.reason),
        evidence=tuple(masker.masked(line) for line in answer.evidence),
        by_hand=tuple(masker.masked(line) for line in answer.by_hand),
        notes=tuple(masker.masked(line) for line in answer.notes),
    )


def _answer(passage: Passage, ports: Ports, preferences: Preferences) -> Compatibility:
    new = _side(passage, passage.new, ports, preferences)
    if not _is_here(new.project.repository, passage.old, ports):
        lacking = f"the live commit {passage.old[:7]} is not in this repository, so nobody can try it here"
        return _unknown(replace(passage, new=new.commit), lacking, remedy="fetch it: git fetch --all --tags")
    old = _with_variables_of(_side(passage, passage.old, ports, preferences), new)
    passage = replace(passage, old=old.commit, new=new.commit)
    before, after = revisions.stated(old.case), revisions.stated(new.case)
    if old.project.snapshot.commit.tree == new.project.snapshot.commit.tree:
        return _open(passage, "the two commits have the same content", before, before)
    if revisions.are_same(before, after):
        what = ", ".join(after.heads) if after.heads else "no migrations"
        return _open(passage, f"no migration lies between them ({what} on both sides)", before, after)
    if (parted := _parted(passage, before, after)) is not None:
        return parted
    place = way_back_kept.place(old, new, ports)
    kept = None if preferences.fresh else way_back_kept.kept(place)
    found = kept or _tried(old, new, before, after, ports=ports)
    answer = _worded(passage, found, before, after, contract=new.contract)
    if not kept and answer.verdict is not Openness.UNKNOWN:
        way_back_kept.keep(place, found, ports)
    return answer


def _is_here(repository: Path, revision: str, ports: Ports) -> bool:
    """Whether *revision* names a commit, fetched where a clone without its whole history lacks it."""
    try:
        ports.git.commit(repository, revision)
    except UsageError:
        remotes = ports.git.remotes(repository) if _SHA.fullmatch(revision) else ()
        return any(ports.git.obtained(repository, one, revision, timeout_s=_FETCH_S) for one in remotes)
    return True


def _parted(passage: Passage, before: Stated, after: Stated) -> Compatibility | None:
    """Return the answer where the new commit lacks revisions at which the database is already; None where it does not.

    Django is left out: it takes no offence at applied migrations that it does not know.
    """
    tools = {one.tool.kind for one in (before, after) if one.tool}
    lacking = {one.id for one in before.steps} - {one.id for one in after.steps}
    if not lacking or not (before.is_sure and after.is_sure) or len(tools) != 1 or not tools <= _ONLY_FORWARD:
        return None
    names = ", ".join(sorted(lacking))
    told = f"{passage.new[:7]} does not have {names}, to which the live release has brought the database"
    if {one.id for one in after.steps} <= {one.id for one in before.steps}:
        found = _open(passage, f"it migrates nothing that {passage.old[:7]} does not know", before, before)
        return replace(found, notes=(f"{told}: where it migrates, it ends with Can't locate revision",))
    return replace(_unknown(passage, f"the migrations part: {told}", remedy=""), leads_from=before.heads)


def _side(passage: Passage, revision: str, ports: Ports, preferences: Preferences) -> Side:
    return sides.side(
        passage.folder,
        revision,
        target=passage.target,
        service=passage.service,
        preferences=preferences,
        ports=ports,
    )


def _with_variables_of(old: Side, new: Side) -> Side:
    """Return *old* with what only the newer manifest states: variables are set on the service, not in a commit."""
    known = {one.name for one in old.contract.variables}
    more = tuple(one for one in new.contract.variables if one.name not in known)
    contract = replace(
        old.contract,
        variables=(*old.contract.variables, *more),
        databases={**new.contract.databases, **old.contract.databases},
    )
    return replace(old, case=replace(old.case, contract=contract))


def _tried(old: Side, new: Side, before: Stated, after: Stated, *, ports: Ports) -> Compatibility:
    from deploy_suite.schema_trial import SchemaTrial  # noqa: PLC0415  rarely needed: most deploys migrate nothing

    frame = Compatibility(verdict=Openness.UNKNOWN, reason="", old=old.commit, new=new.commit)
    if after.tool is None:
        return replace(frame, reason="its migrations are run by a tool that is not rehearsed here")
    if not binding.databases_needed(new.contract) or not binding.databases_needed(old.contract):
        return replace(
            frame,
            reason="the contract names no PostgreSQL, so the migrations between the two cannot be tried here",
            leads_from=before.heads,
            leads_to=after.heads,
        )
    wanted = migrations.wanted_extensions(old.case) | migrations.wanted_extensions(new.case)
    foreign = new.case.preferences.database_url
    with ports.databases.serve(foreign=foreign, extensions=wanted) as server:
        shown = SchemaTrial(old, new, server, ports).shown()
    return replace(
        frame,
        verdict=shown.verdict,
        reason=shown.reason,
        evidence=shown.evidence,
        notes=shown.notes,
        leads_from=shown.leads_from or before.heads,
        leads_to=shown.leads_to or after.heads,
    )


def _worded(
    passage: Passage, found: Compatibility, before: Stated, after: Stated, *, contract: Contract
) -> Compatibility:
    """Return *found* with what a person is to know and to do."""
    notes = [*found.notes, *_reservations(before)]
    if found.is_open:
        return replace(found, old=passage.old, new=passage.new, notes=tuple(notes))
    back = undoing.commands(after, found.leads_from, found.leads_to, root=contract.root)
    one_off = ONE_OFF_COMMANDS[passage.target]
    where = passage.service_id or contract.service
    return replace(
        found,
        old=passage.old,
        new=passage.new,
        by_hand=(*(one_off(where, command) for command in back), _THEN) if back else (),
        remedy=found.remedy or REMEDY,
        notes=(*notes, *undoing.cautions(before, after)),
    )


def _reservations(before: Stated) -> tuple[str, ...]:
    """Return what the trial leaves open.

    Source: https://render.com/blog/build-pipelines (a pre-deploy command runs before each deploy, with a build or
    without one; the page on rollbacks does not name it)
    """
    tool = before.tool
    if tool is None or tool.call is None or tool.call.step is not Step.PRE_DEPLOY or tool.kind not in _ONLY_FORWARD:
        return ()
    told = (
        f"the live release's pre-deploy command migrates ({tool.call.line}): should the target run it on a rollback, "
        "it ends on a revision that the old code does not know, and the new release serves on"
    )
    return (told,)


def _open(passage: Passage, reason: str, before: Stated, after: Stated) -> Compatibility:
    return Compatibility(
        verdict=Openness.OPEN,
        reason=reason,
        old=passage.old,
        new=passage.new,
        leads_from=before.heads if after.heads else (),
        leads_to=after.heads,
    )


def _unknown(passage: Passage, reason: str, *, remedy: str) -> Compatibility:
    return Compatibility(verdict=Openness.UNKNOWN, reason=reason, old=passage.old, new=passage.new, remedy=remedy)
