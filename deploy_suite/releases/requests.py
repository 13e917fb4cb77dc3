"""What a user asks of a target → the service and the commit that are meant, and what became of it."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.release import Intent, LiveService
from deploy_suite.ports import Ports
from deploy_suite.releases import redeployment as ends
from deploy_suite.releases.choosing import choose, slug_of
from deploy_suite.releases.expecting import Expected, expected
from deploy_suite.releases.redeploying import redeploy
from deploy_suite.releases.redeployment import Redeployment, Wish
from deploy_suite.releases.scene import Site
from deploy_suite.releases.voice import Voice
from deploy_suite.targets.live import LiveTarget
from deploy_suite.targets.live_registry import LIVE_TARGETS, STATED

_SHA: Final = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of `redeploy`.

    Shape: `revision` "" is the head of the service's branch; `cancel` is a deploy's id; `is_now` wants a deploy of its
    own, also where a push has begun one or may still begin it, and so does `clears_cache`.
    """

    folder: Path
    target: str
    service: str = ""
    revision: str = ""
    clears_cache: bool = False
    waits: bool = True
    by_hook: bool = False
    is_now: bool = False
    cancel: str = ""


def carried_out(request: Request, ports: Ports) -> Redeployment:
    """Return what became of *request*. Raises: DeployError when nothing was begun, or nobody knows."""
    target = LIVE_TARGETS[request.target](ports, by_hook=request.by_hook)
    with Voice(ports.progress, ports.clock).alive(target.pace.heartbeat_s):
        service = service_of(target, request.folder, asked=request.service, ports=ports)
        if request.cancel:
            wish = Wish(target=target.name, service=service, intent=Intent())
            return ends.canceled(wish, target.cancel(service, request.cancel))
        commit = _commit(request, service, ports) if request.revision else ""
        left = Expected(intent=target.intent(service, commit=commit, clear_cache=request.clears_cache))
    if target.can_look and not (request.is_now or request.clears_cache):
        left = expected(Site(folder=request.folder, target=target, service=service, ports=ports), left.intent)
    if left.ending is not None:
        return left.ending
    done = redeploy(target, service, left.intent, ports=ports, waits=request.waits)
    return replace(done, notes=(left.note, *done.notes)) if left.note else done


def service_of(target: LiveTarget, folder: Path, *, asked: str, ports: Ports) -> LiveService:
    """Return the service that the project in *folder* is on *target*; see `choosing.choose`."""
    slug = ""
    try:
        top = ports.git.top(folder)
        slug = ports.git.commit(top, "HEAD").repository_slug
    except UsageError:
        top = folder  # a service can be named from anywhere
        if not asked and not target.bound_to:
            raise
    stated = () if asked else STATED[target.name](folder, top)
    return choose(target, asked=asked, stated=stated, repository_slug=slug)


def _commit(request: Request, service: LiveService, ports: Ports) -> str:
    """Return the full SHA of the commit that is asked for. Raises: UsageError for one that was not pushed."""
    try:
        top = ports.git.top(request.folder)
        commit = ports.git.commit(top, request.revision)
    except UsageError:
        if _SHA.fullmatch(request.revision):
            return request.revision  # it need not be here to be there
        raise
    if slug_of(service.repository) != commit.repository_slug.lower():
        return commit.sha
    state = ports.git.working_state(top, commit)
    if state.unpushed:
        raise UsageError(
            f"commit {commit.short} is not in {state.upstream}: the target cannot deploy what was not pushed",
            remedy="push it first: git push",
        )
    return commit.sha
