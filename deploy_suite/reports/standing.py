"""How a service stands → text for a person, or JSON for a program."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from deploy_suite.model.release import Deploy, Release, ReleaseVerdict
from deploy_suite.model.wording import counted
from deploy_suite.releases import records
from deploy_suite.releases.progress import Sighting
from deploy_suite.releases.standing import Lag, Standing
from deploy_suite.reports.ages import age_s, since

SCHEMA: Final = 1
_SHORT: Final = 7
_MOST_COMMITS: Final = 10


def render_text(found: Standing) -> str:
    """Return *found* for a person."""
    return "\n".join(_lines(found)) + "\n"


def render_json(found: Standing) -> str:
    """Return *found* as one JSON document.

    Shape: {"schema": 1, "target", "service": {"id", "name", "url", "branch"}, "lag", "live": null | deploy,
    "age_s", "verified": null | bool, "head", "behind": null | count, "missing": [{"commit", "subject"}], "astray",
    "unpushed", "under_way": null | deploy, "deploys": [deploy], "releases": [record], "unfinished": [{"release": id,
    "step", "next"}], "holder": null | {"pid", "since", "command", "step", "release"}, "notes"}; a deploy is {"id",
    "commit", "subject", "state", "trigger", "created", "finished"}, a record as in record.json.
    """
    service, age = found.service, age_s(found.live, found.asked)
    document = {
        "schema": SCHEMA,
        "target": found.target,
        "service": {"id": service.id, "name": service.name, "url": service.url, "branch": service.branch},
        "lag": found.lag.value,
        "live": _deploy(found.live) if found.live else None,
        "age_s": round(age) if age is not None else None,
        "verified": found.seen.is_good if found.seen else None,
        "head": found.head,
        "behind": len(found.missing) if found.missing is not None else None,
        "missing": [{"commit": one.sha, "subject": one.subject} for one in found.missing or ()],
        "astray": found.astray,
        "unpushed": found.unpushed,
        "under_way": _deploy(found.under_way) if found.under_way else None,
        "deploys": [_deploy(one) for one in found.deploys],
        "releases": [records.document(one) for one in found.releases],
        "unfinished": [{"release": one.release.id, "step": one.step, "next": one.then} for one in found.unfinished],
        "holder": asdict(found.holder) if found.holder else None,
        "notes": list(found.notes),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _deploy(deploy: Deploy) -> dict[str, object]:
    return {
        "id": deploy.id,
        "commit": deploy.commit,
        "subject": deploy.subject,
        "state": deploy.state.value,
        "trigger": deploy.trigger.value,
        "created": deploy.created.isoformat() if deploy.created else None,
        "finished": deploy.finished.isoformat() if deploy.finished else None,
    }


def _lines(found: Standing) -> Iterator[str]:
    service, live = found.service, found.live
    yield f"{found.lag.value.upper()}: {service.name} on {found.target.capitalize()}  {service.url}".rstrip()
    if live is None:
        yield "  nothing is live"
    else:
        yield f"  live: {_told(live)}{since(age_s(live, found.asked))}, {_verified(found.seen)}"
    yield from _apart(found)
    if found.under_way:
        yield f"  under way: {_told(found.under_way)}, {found.under_way.state.value}"
    yield from _at_work(found)
    if found.unpushed:
        yield f"  not pushed: {counted(found.unpushed, 'commit')} of this folder (deploy-suite push)"
    yield from (f"  note: {note}" for note in found.notes)
    if found.releases:
        yield "  releases from this machine:"
    for each in found.releases:
        told = f": {each.reason}" if each.reason else ""
        yield f"    {_became(each, live):<17} {each.kind.value} of {each.commit[:_SHORT]} ({each.id}){told}"
    if found.deploys:
        yield "  last deploys:"
    for one in found.deploys:
        yield f"    {one.state.value:<17} {_told(one)}{since(age_s(one, found.asked))}, by {one.trigger.value}"


def _became(release: Release, live: Deploy | None) -> str:
    """Return what became of *release*: of those that went live, one is."""
    is_gone = release.verdict is ReleaseVerdict.LIVE and (live is None or live.id != release.live_deploy_id)
    return "was live" if is_gone else release.verdict.value


def _verified(seen: Sighting | None) -> str:
    if seen is None:
        return "not verified from this machine"
    word = {True: "verified", False: "found bad", None: "not sure to be good"}[seen.is_good]
    return f"{word} at {seen.time:%Y-%m-%d %H:%M} UTC"


def _at_work(found: Standing) -> Iterator[str]:
    if found.holder is not None:
        yield f"  at work: {found.holder.in_words}"
        return
    for one in found.unfinished:
        release = one.release
        yield f"  NOT FINISHED: {release.id}, {release.kind.value} of {release.commit[:_SHORT]}, last step: {one.step}"
        yield f"    the next deploy-suite deploy or rollback {one.then}"


def _apart(found: Standing) -> Iterator[str]:
    branch = f"{found.service.branch} ({found.head[:_SHORT]})"
    if found.lag is Lag.CURRENT:
        yield f"  that is the head of {found.service.branch}"
    elif found.head and found.missing is None:
        yield f"  the head of {branch} is not live; how many commits lie between cannot be counted here"
    elif found.head and found.missing:
        yield f"  behind {branch}: {counted(len(found.missing), 'commit')}"
        yield from (f"    {one.short} {one.subject}" for one in found.missing[-_MOST_COMMITS:])
    if found.astray:
        yield f"  {counted(found.astray, 'commit')} of what is live are not in {branch}"


def _told(deploy: Deploy) -> str:
    return f"{deploy.short} {deploy.subject.splitlines()[0] if deploy.subject else ''}".rstrip() + f" ({deploy.id})"
