"""A target that deploys each push by itself: off while that would be bad, on again after it.

Render's rollback leaves auto-deploy as it is, so that the next push may restore what was taken back; its own page turns
it off. Source: https://api-docs.render.com/reference/rollback-deploy
"""

from deploy_suite.errors import DeployError
from deploy_suite.model.release import AutoDeploy
from deploy_suite.releases.scene import Scene


def turned_off(scene: Scene, *, was: AutoDeploy | None) -> str:
    """Turn it off, and return what a person should know of that; "" where it was off already."""
    if was is None or was is AutoDeploy.OFF:
        return ""
    mode = was.value
    try:
        scene.target.set_auto_deploy(scene.service, AutoDeploy.OFF)
    except DeployError as error:
        told = f"auto-deploy ({mode}) could not be turned off, so the next push may bring the release back"
        return f"{told}: {error.message}"
    return (
        f"auto-deploy was '{mode}' and is off now, so that no push brings the release back; the next good deploy turns "
        f"it on again, and so does the service's page: {scene.service.page}"
    )


def restored(scene: Scene) -> tuple[str, str]:
    """Let it be as it was before the last release was taken back; return how that was, and what to know of it."""
    mode = scene.history().turned_off
    if mode is None:
        return "", ""
    try:
        if scene.target.service(scene.service.id).auto_deploy is not AutoDeploy.OFF:
            return mode.value, ""
        scene.target.set_auto_deploy(scene.service, mode)
    except DeployError as error:
        return "", f"auto-deploy could not be turned on again: {error.message}"
    return mode.value, f"auto-deploy is '{mode.value}' again, as before the last release was taken back"
