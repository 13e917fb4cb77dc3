"""The releases of a service that this machine knows of: which are good, which go on, and to which one can go back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deploy_suite.model.release import AutoDeploy, Deploy, Release, ReleaseKind
from deploy_suite.ports import Ports
from deploy_suite.releases import journal as journals
from deploy_suite.releases.journal import Journal, Place
from deploy_suite.releases.progress import Sighting, progress, record, sightings
from deploy_suite.releases.steps import Step

_MOST_KEPT: Final = 50
_GOOD_KEPT: Final = 5


@dataclass(frozen=True, slots=True)
class History:
    """The journals of a service, newest first."""

    journals: Sequence[Journal]

    @property
    def releases(self) -> Sequence[Release]:
        """Their records."""
        return tuple(record(one) for one in self.journals)

    @property
    def unfinished(self) -> Sequence[Journal]:
        """Those that are not over, oldest first."""
        return tuple(one for one in reversed(self.journals) if not one.is_over)

    def seen(self, deploy_id: str) -> Sighting | None:
        """Return what was last seen of a deploy, None for one that was never verified from here."""
        return next((one for one in self._sightings() if one.deploy_id == deploy_id), None)

    def of_deploy(self, deploy_id: str) -> Release | None:
        """Return the record of the release that began a deploy."""
        return next((one for one in self.releases if deploy_id and one.deploy_id == deploy_id), None)

    def good(self, *, other_than: str) -> Sequence[Sighting]:
        """Return the verified releases of other commits than *other_than*, the latest first, each commit once.

        What was seen to be bad later than it was good is none.
        """
        latest: dict[str, Sighting] = {}
        for one in self._sightings():
            if one.is_good is not None:
                latest.setdefault(one.commit, one)
        return tuple(one for one in latest.values() if one.is_good and one.commit != other_than)

    def schema_of(self, live: Deploy) -> str:
        """Return the commit whose migrations the database has while *live* serves.

        After a way back that is an earlier release's, which was live before and is not any more.
        """
        entries = (entry for one in self.journals for entry in one.entries)
        begun = {entry.text("deploy") for entry in entries if entry.step is Step.DEPLOYING}
        if live.id not in begun:
            return live.commit  # others have deployed since
        for one in self.journals:
            found = progress(one.entries)
            if found.kind is ReleaseKind.DEPLOY and any(entry.step is Step.LIVE for entry in one.entries):
                return found.commit
        return live.commit

    @property
    def turned_off(self) -> AutoDeploy | None:
        """How the target deployed by itself before a way back turned that off, None where it was turned on since."""
        for one in self.journals:
            found = progress(one.entries)
            if found.turned_off not in {None, AutoDeploy.OFF}:
                return found.turned_off
            if found.turned_on:
                return None
        return None

    def _sightings(self) -> Sequence[Sighting]:
        """Return all that was seen, the latest first. A release begins when the last is over: no clock is asked."""
        return tuple(each for one in reversed(self.journals) for each in sightings(one))[::-1]


def forget_old(place: Place, ports: Ports) -> None:
    """Remove the oldest releases, but none that is not over, and not the last ones that are good."""
    known = history(place, ports)
    good = {one.release for one in known.good(other_than="")[:_GOOD_KEPT]}
    for one in known.journals[_MOST_KEPT:]:
        if one.is_over and one.release not in good:
            ports.ledger.remove(f"{place.path}/{one.release}")


def history(place: Place, ports: Ports) -> History:
    """Return what is known of the releases at *place*."""
    found = journals.journals(ports.ledger, place, clock=ports.clock, curtain=ports.curtain)
    return History(tuple(one for one in found if one.entries[0].step is Step.BEGUN))
