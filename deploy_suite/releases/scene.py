"""Where a release takes place: the project, the target, the service, and how patiently it is looked at."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy_suite.model.release import LiveService
from deploy_suite.ports import Ports
from deploy_suite.releases.history import History, history
from deploy_suite.releases.journal import Place
from deploy_suite.releases.permission import Passage
from deploy_suite.releases.transcript import Transcript
from deploy_suite.releases.verification import Patience
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget
from deploy_suite.targets.live_registry import STATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A service on its target, and the world around."""

    folder: Path
    target: LiveTarget
    service: LiveService
    ports: Ports

    @property
    def place(self) -> Place:
        """Where the releases of the service are kept."""
        return Place(self.target.name, self.service.id)

    @property
    def name(self) -> str:
        """The target's name in a sentence."""
        return self.target.name.capitalize()

    def history(self) -> History:
        """Return what is known of its releases now."""
        return history(self.place, self.ports)

    def voice(self) -> Voice:
        """Return a voice that is heard; and written down, where the progress is a transcript."""
        return Voice(self.ports.progress, self.ports.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(Site):
    """The site of a release. Shape: `ports.progress` is the transcript; the last two are as the caller asked."""

    transcript: Transcript
    patience: Patience = field(default_factory=Patience)
    branch: str = ""
    ignores_schema: bool = False

    @property
    def stated_name(self) -> str:
        """What the manifest calls the service, "" where it has none of that name: it may be called otherwise there."""
        stated = STATED[self.target.name](self.folder, self.ports.git.top(self.folder))
        return self.service.name if self.service.name in stated else ""

    def passage(self, *, old: str, new: str) -> Passage:
        """Return the way from the commit *old* to *new*, which may have to be gone back."""
        return Passage(
            folder=self.folder,
            old=old,
            new=new,
            target=self.target.name,
            service=self.stated_name,
            service_id=self.service.id,
        )
