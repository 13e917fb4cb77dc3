"""A service before and after the switch → its latency, and whether it is good, by the probes of the commit itself."""

from typing import Final

from deploy_suite.errors import DeployError, UsageError
from deploy_suite.manifests.settings import Settings
from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.model.release import Deploy
from deploy_suite.probes.latency import LEAST_SAMPLES
from deploy_suite.project.loading import load
from deploy_suite.releases import measuring, rounds, subjects
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.rounds import Sight
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.serving import Serving
from deploy_suite.releases.verification import Baseline, Subject, Verification
from deploy_suite.releases.verifying import verify

_BASELINE: Final = "baseline.json"


def baseline(scene: Scene, live: Deploy) -> tuple[Baseline | None, str]:
    """Return the latency of what is live now, by the probes of what is to be live; None with the reason."""
    settings, _ = settings_at(scene, "HEAD")
    subject = subjects.subject_on(scene.target, scene.service, settings, expected=live.commit)
    subject = subjects.over_tls(subject, scene.ports)
    voice = scene.voice()
    with voice.alive(scene.patience.heartbeat_s):
        voice.stage("measure what is live")
        session = rounds.session_of(subject, scene.ports)
        seen = rounds.asked_once(subject, session, Serving(subject, scene.ports))
        if seen.sight is Sight.LOST:
            voice.over("no answer")
            return None, "what is live does not answer, so there is no latency to compare with"
        found = measuring.measured(subject, session, scene.ports.clock, commit=live.commit, patience=scene.patience)
        voice.over("done")
    if any(len(one.times_ms) >= LEAST_SAMPLES for one in found.series):
        return found, ""
    return None, f"fewer than {LEAST_SAMPLES} good answers of what is live, so no latency is compared"


def verified(scene: Scene, commit: str, *, baseline: Baseline | None) -> tuple[Verification, tuple[str, ...]]:
    """Return what was seen of *commit*, which is to serve now, and what else is to be known of that."""
    settings, note = settings_at(scene, commit)
    subject = subjects.subject_on(scene.target, scene.service, settings, expected=commit)
    subject = subjects.over_tls(subject, scene.ports)
    notes = (note,) if note else ()
    seen = _asked(scene, subject, baseline)
    if seen.verdict is ProbeVerdict.PASS or not any(one.is_slower for one in seen.latency.values()):
        return seen, notes
    # Caches of a new instance are cold, and a neighbour, or this machine, may be busy: slower is what lasts.
    voice = scene.voice()
    with voice.alive(scene.patience.heartbeat_s):
        voice.stage(f"measured slower: wait {scene.patience.lasting_s:.0f} s to see whether it lasts")
        scene.ports.clock.sleep(scene.patience.lasting_s)
    again = _asked(scene, subject, baseline)
    if again.verdict is ProbeVerdict.PASS:
        notes = (*notes, f"slower at first, and not {scene.patience.lasting_s:.0f} s later: {seen.reason}")
    return again, notes


def _asked(scene: Scene, subject: Subject, baseline: Baseline | None) -> Verification:
    return verify(
        subject,
        scene.ports,
        patience=scene.patience,
        live=lambda: scene.target.live(scene.service),
        baseline=baseline,
    )


def settings_at(scene: Scene, revision: str) -> tuple[Settings, str]:
    """Return what deploy.toml says at *revision*; nothing, and why, where that cannot be known."""
    try:
        return load(scene.folder, revision=revision, ports=scene.ports).settings, ""
    except DeployError as error:
        return Settings(), f"only its health path and / were asked, for its deploy.toml cannot be read: {error.message}"


def keep(journal: Journal, found: Baseline) -> None:
    """Keep *found* beside *journal*."""
    journal.keep(_BASELINE, measuring.render(found))


def kept(journal: Journal) -> Baseline | None:
    """Return what was kept beside *journal*, None where nothing was, or what is there was damaged."""
    try:
        return measuring.parse(journal.kept(_BASELINE), file=_BASELINE)
    except UsageError:
        return None
