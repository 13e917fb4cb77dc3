"""A wish to deploy → the deploy that a push has begun of it, or may still begin: a second one is needless."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.release import AutoDeploy, Deploy, Intent, Trigger
from deploy_suite.ports import RemoteRefusedError
from deploy_suite.releases import auto_deploy, others
from deploy_suite.releases import redeployment as ends
from deploy_suite.releases.choosing import slug_of
from deploy_suite.releases.redeployment import Redeployment, Wish
from deploy_suite.releases.scene import Site
from deploy_suite.releases.voice import Voice

_ASK_S: Final = 20.0
_LATEST: Final = 100
_WAY_OUT: Final = "redeploy --now asks at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is to be carried out. Shape: `ending` is the answer where that is nothing; `note` is for a person."""

    intent: Intent
    note: str = ""
    ending: Redeployment | None = None


def expected(site: Site, intent: Intent) -> Expected:
    """Return the wish that is left of *intent*: that for the push's own deploy, where there is or may be one.

    A push may still begin one of the commit at the tip of a branch that is deployed by itself, as long as the target
    has neither deployed that commit nor ignored it. It is waited for, as `deploy` does.
    Raises: LostContactError when the target did not answer at the end.
    """
    voice = site.voice()
    with voice.alive(site.target.pace.heartbeat_s):
        begun, commit = _looked_for(site, intent, voice)
        voice.over("done")
    if begun is not None:
        return _taken(intent, begun)
    if not commit:
        return Expected(intent=intent)
    try:
        return _waited_for(site, intent, commit)
    except KeyboardInterrupt:
        return Expected(intent=intent, ending=ends.interrupted(_wish(site, intent), None, has_asked=False))


def _looked_for(site: Site, intent: Intent, voice: Voice) -> tuple[Deploy | None, str]:
    """Return the deploy that a push has begun, and the commit of which it may still begin one, "" for none."""
    deploys = site.target.deploys(site.service, limit=_LATEST)
    is_on = site.service.auto_deploy is not AutoDeploy.OFF
    tip = _tip(site, voice) if is_on and not (intent.commit and _was_deployed(deploys, intent.commit)) else ""
    commit = intent.commit or tip
    going_on = (one for one in deploys if one.trigger is Trigger.PUSH and not one.state.is_over)
    if (begun := next((one for one in going_on if one.commit and one.commit.startswith(commit)), None)) is not None:
        return begun, ""
    if not is_on or not commit or (tip and not tip.startswith(commit)) or _is_dealt_with(site, commit, deploys):
        return None, ""
    return None, tip or commit


def _tip(site: Site, voice: Voice) -> str:
    """Return the commit at the tip of the branch that is deployed, "" where that cannot be seen from here."""
    git, slug = site.ports.git, slug_of(site.service.repository)
    try:
        top = git.top(site.folder)
    except UsageError:
        return ""  # a service can be named from anywhere
    remote = next((one for one in git.remotes(top) if slug and one.slug.lower() == slug), None)
    if remote is None or not site.service.branch:
        return ""
    voice.stage(f"ask {remote.name} for {site.service.branch}")
    try:
        return git.tip(top, remote, site.service.branch, timeout_s=_ASK_S)
    except RemoteRefusedError:
        return ""


def _was_deployed(deploys: Sequence[Deploy], commit: str) -> bool:
    return any(one.commit.startswith(commit) for one in deploys)


def _is_dealt_with(site: Site, commit: str, deploys: Sequence[Deploy]) -> bool:
    """Whether the commit was deployed or ignored: who wishes for it then wishes for it anew."""
    if _was_deployed(deploys, commit):
        return True
    last = auto_deploy.last_push(site)
    return last is not None and last.commit.startswith(commit)


def _waited_for(site: Site, intent: Intent, commit: str) -> Expected:
    target, service, mode = site.target, site.service, site.service.auto_deploy
    of_push, newer = replace(intent, commit=commit), list[Deploy]()

    def is_in_vain() -> bool:
        newer[:] = others.begun_since(target, service, of_push)[:1]
        return bool(newer)

    waited = auto_deploy.waited(site, of_push, mode, since=None, is_in_vain=is_in_vain, way_out=_WAY_OUT)
    if (begun := target.find(service, of_push)) is not None:
        return _taken(intent, begun)
    if waited.is_done:
        return Expected(intent=intent, note=waited.note)
    wish = _wish(site, of_push)
    if newer:
        return Expected(intent=intent, ending=ends.overtaken(wish, newer[0]))
    return Expected(intent=intent, ending=ends.not_begun(wish, *auto_deploy.not_begun(site, commit, mode)))


def _taken(intent: Intent, begun: Deploy) -> Expected:
    taken = replace(intent, commit=begun.commit, known=intent.known - {begun.id}, after=begun.created)
    return Expected(intent=taken, note=f"a push has begun {begun.id}, and this is it; for one of its own: --now")


def _wish(site: Site, intent: Intent) -> Wish:
    return Wish(target=site.target.name, service=site.service, intent=intent)
