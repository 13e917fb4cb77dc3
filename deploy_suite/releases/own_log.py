"""A service that is live and bad → the cause that its own log shows."""

from dataclasses import replace
from typing import Final

from deploy_suite.errors import DeployError
from deploy_suite.knowledge.diagnosis import Diagnosis, LogVerdict, diagnose
from deploy_suite.knowledge.masking import shown
from deploy_suite.model.release import LogLine
from deploy_suite.releases.redeployment import lines_of
from deploy_suite.releases.scene import Scene
from deploy_suite.targets.live import LogCursor

_MOST_PAGES: Final = 20


def diagnosed(scene: Scene, deploy_id: str) -> Diagnosis | None:
    """Return what the log says since the deploy is live, None where it cannot be read or shows no failure.

    What the service said while it started is left out: it came up, and the old instances speak until then.
    """
    masker = scene.ports.curtain.masker
    try:
        lines = _since_live(scene, deploy_id)
    except DeployError as error:
        scene.voice().told(f"its log cannot be read: {error.message}")
        return None
    found = diagnose(lines_of([replace(one, text=shown(one.text, masker)) for one in lines]), masker=masker)
    return found if lines and found.verdict is not LogVerdict.HEALTHY else None


def _since_live(scene: Scene, deploy_id: str) -> list[LogLine]:
    deploy = scene.target.deploy(scene.service, deploy_id)
    since = deploy.finished or deploy.created
    if since is None:
        return []
    cursor, lines = LogCursor(since), list[LogLine]()
    for _ in range(_MOST_PAGES):
        page = scene.target.log(scene.service, cursor)
        if not page.lines:
            break
        lines += page.lines
        cursor = page.cursor
    return sorted(lines, key=lambda line: line.time or since)
