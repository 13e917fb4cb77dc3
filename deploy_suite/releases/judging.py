"""What is live by a release → verified, bad or unsure, as its journal holds it from then on."""

from typing import Final

from deploy_suite.model.probe import ProbeVerdict
from deploy_suite.releases import looking, own_log, watching
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.outcome import Leg
from deploy_suite.releases.progress import progress
from deploy_suite.releases.scene import Scene
from deploy_suite.releases.steps import Step

_STEPS: Final = {ProbeVerdict.PASS: Step.VERIFIED, ProbeVerdict.FAIL: Step.BAD, ProbeVerdict.INCONCLUSIVE: Step.UNSURE}


def judged(scene: Scene, journal: Journal) -> tuple[Leg, tuple[str, ...]]:
    """Return what was seen of the commit that is to serve, and what else a person should know.

    What has no URL is watched; where a probe or an instance fails, the service's own log may tell why.
    """
    state = progress(journal.entries)
    journal.note(Step.VERIFYING, commit=state.goal)
    if scene.service.url:
        baseline = None if state.is_back else looking.kept(journal)
        seen, notes = looking.verified(scene, state.goal, baseline=baseline)
        has_failed = any(one.last.verdict is ProbeVerdict.FAIL for one in seen.asked)
    else:
        seen = watching.watched(scene, state.deploy_id)
        notes, has_failed = seen.notes, seen.verdict is not ProbeVerdict.PASS
    found = own_log.diagnosed(scene, state.deploy_id) if has_failed else None
    journal.note(_STEPS[seen.verdict], commit=state.goal, reason=seen.reason)
    return Leg(verification=seen, diagnosis=found), notes
