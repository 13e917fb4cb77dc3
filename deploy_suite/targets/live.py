"""What a target offers to a release: the services that run there, and what can be done to them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol

from deploy_suite.errors import CannotCheckError, MachineError
from deploy_suite.model.release import AutoDeploy, Deploy, FailureReason, Intent, LiveService, LogLine, PushTrace


class LostContactError(MachineError):
    """The target did not answer, so that nothing is known of what goes on there; says what was tried."""


class UnknownOutcomeError(CannotCheckError):
    """It is not known whether a deploy was begun: the answer was lost, and no deploy that fits has appeared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often and how long a target is asked, in seconds.

    Shape: each call ends after `call_s`, its connection is made within `connect_s`; what only reads is repeated for
    `patience_s`, with pauses from `pause_first_s` to `pause_most_s`, or for `contact_s` as long as no connection was
    ever made. A deploy that was asked for is looked for during
    `lookup_s`, one that a push is to begin during `push_s`, one that the target says it has queued, or that waits for
    checks, during `queued_s`; its state is asked for every `poll_s`, and something is said every `heartbeat_s` at the
    latest. Without an answer for `lost_s`, contact is lost; after
    `follow_s` nobody waits any longer.
    """

    connect_s: float = 5.0
    call_s: float = 15.0
    patience_s: float = 90.0
    contact_s: float = 12.0
    pause_first_s: float = 1.0
    pause_most_s: float = 30.0
    lookup_s: float = 60.0
    push_s: float = 600.0
    queued_s: float = 1800.0
    poll_s: float = 5.0
    heartbeat_s: float = 9.0
    lost_s: float = 300.0
    follow_s: float = 11_400.0

    def faster(self, factor: float) -> "Pace":
        """Return the same, everything *factor* times as fast."""
        return Pace(**{field.name: getattr(self, field.name) / factor for field in fields(self)})


@dataclass(frozen=True, slots=True)
class LogCursor:
    """Up to where a log was read. Shape: `ids` are the lines at its end, which the next page may repeat."""

    after: datetime
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines of a log, oldest first, and from where to read on."""

    lines: Sequence[LogLine]
    cursor: LogCursor


class LiveTarget(Protocol):
    """A target at run time.

    Whatever only reads is repeated until it is answered or patience ends. Raises, all of them: UsageError when the
    target refuses (no key, no right, nothing there), LostContactError when it cannot be reached.
    """

    @property
    def name(self) -> str:
        """The target's name on the command line."""

    @property
    def pace(self) -> Pace:
        """How often and how long it is asked."""

    @property
    def bound_to(self) -> str:
        """The id of the one service that it can deploy, "" when that is to be chosen."""

    @property
    def can_look(self) -> bool:
        """Whether it can be asked what is and what goes on there; a key may only open the way in."""

    def service(self, service_id: str) -> LiveService:
        """Return the service with this id."""

    def services(self, name: str = "") -> Sequence[LiveService]:
        """Return the services called *name*, all that can be seen without one."""

    def live(self, service: LiveService) -> Deploy | None:
        """Return the deploy that serves now, None before the first one."""

    def deploys(self, service: LiveService, *, limit: int = 20) -> Sequence[Deploy]:
        """Return the latest deploys, newest first."""

    def deploy(self, service: LiveService, deploy_id: str) -> Deploy:
        """Return how far the deploy has come."""

    def intent(self, service: LiveService, *, commit: str = "", clear_cache: bool = False, back_to: str = "") -> Intent:
        """Return the wish to deploy, by which its deploy can be told from all that there are now; changes nothing."""

    def carry_out(self, service: LiveService, intent: Intent) -> Deploy:
        """Begin the deploy of *intent*, once: where an answer is lost its deploy is looked for, never asked for again.

        Raises: UnknownOutcomeError when no deploy appears.
        """

    def find(self, service: LiveService, intent: Intent) -> Deploy | None:
        """Return the deploy that *intent* began, whoever died since; None where there is none (yet)."""

    def last_push(self, service: LiveService) -> PushTrace | None:
        """Return the push that the target has last dealt with by itself, None for none: it can begin no more deploy."""

    def cancel(self, service: LiveService, deploy_id: str) -> Deploy:
        """Stop a deploy that is under way; what was live before serves on."""

    def set_auto_deploy(self, service: LiveService, mode: AutoDeploy) -> LiveService:
        """Set when the target deploys by itself; return the service as it is then."""

    def reason(self, service: LiveService, deploy: Deploy) -> FailureReason:
        """Return why *deploy* ended as it did, empty where the target does not tell."""

    def failures(self, service: LiveService, since: datetime) -> Sequence[str]:
        """Return why instances of the service have failed since a time on the target's clock, oldest first."""

    def instances(self, service: LiveService) -> frozenset[str]:
        """Return the ids of the instances that run now."""

    def log(self, service: LiveService, cursor: LogCursor) -> LogPage:
        """Return what build and service printed after *cursor*; asked once, for a log is not worth waiting for."""

    def variables(self, service: LiveService) -> Sequence[str]:
        """Return the names of the service's variables; secret values among them are hidden from all output."""
