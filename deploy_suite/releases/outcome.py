"""What became of one call of `deploy` or `rollback`."""

from dataclasses import dataclass

from deploy_suite.knowledge.diagnosis import Diagnosis
from deploy_suite.model.release import LiveService, Release, ReleaseKind, ReleaseVerdict
from deploy_suite.model.report import Report
from deploy_suite.releases.pushing import Pushed
from deploy_suite.releases.redeployment import Redeployment
from deploy_suite.releases.verification import Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One way of a release, there or back: the deploy, and what was seen of it once it was live.

    Shape: `diagnosis` is of the service's own log, where a probe failed and the log shows why.
    """

    redeployment: Redeployment | None = None
    verification: Verification | None = None
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a transaction came to. Shape: with `is_open` it is not over, and the next command goes on with it."""

    verdict: ReleaseVerdict
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    pushed: Pushed | None = None
    there: Leg | None = None
    back: Leg | None = None
    is_open: bool = False
    is_interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What became of a call.

    Shape: `release` is its record, None where nothing was begun; `healed` are the records of earlier releases that were
    finished or closed first; `there` and `back` are the two ways, `back` None where it was not gone. `reason` and
    `remedy` are sentences, `notes` what else a person should know.
    """

    kind: ReleaseKind
    target: str
    service: LiveService
    verdict: ReleaseVerdict
    commit: str = ""
    release: Release | None = None
    healed: tuple[Release, ...] = ()
    preflight: Report | None = None
    pushed: Pushed | None = None
    there: Leg | None = None
    back: Leg | None = None
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    is_interrupted: bool = False
