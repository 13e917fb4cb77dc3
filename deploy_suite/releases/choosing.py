"""Which service of a target is meant: by name or id, by the project's manifest, or by the repository it is built of."""

import difflib
import re
from collections.abc import Sequence
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.model.release import LiveService
from deploy_suite.targets.live import LiveTarget

_ID: Final = re.compile(r"(?:srv|crn)-[0-9a-z]{10,}")
_SLUG: Final = re.compile(r"[:/](?P<slug>[^/:]+/[^/]+?)(?:\.git)?/?$")


def choose(
    target: LiveTarget, *, asked: str = "", stated: Sequence[str] = (), repository_slug: str = ""
) -> LiveService:
    """Return the one service that is meant.

    Shape: *asked* is what the user named; *stated* are the services of the project's manifest; *repository_slug* is
    "owner/name" of the project's own remote. Raises: UsageError when it is none or not one alone.
    """
    if target.bound_to and asked in {"", target.bound_to}:
        return _bound(target)
    if _ID.fullmatch(asked):
        return _usable(target.service(asked))
    if asked:
        return _usable(_only(_named(target, asked, repository_slug), what=f"called {asked}"))
    if len(stated) > 1:
        raise UsageError(
            f"the project has several services: {', '.join(stated)}", remedy=f"name one: --service {stated[0]}"
        )
    found = _named(target, stated[0], repository_slug) if stated else _of(target.services(), repository_slug)
    what = f"called {stated[0]}" if stated else f"built from {repository_slug or 'this repository'}"
    return _usable(_only(found, what=what))


def _bound(target: LiveTarget) -> LiveService:
    """Return what a hook deploys; without a key nothing more than its id is known."""
    if not target.can_look:
        return LiveService(id=target.bound_to, name=target.bound_to, kind="")
    return _usable(target.service(target.bound_to))


def _named(target: LiveTarget, name: str, slug: str) -> Sequence[LiveService]:
    found = target.services(name)
    if not found:
        names = sorted({one.name for one in target.services()})
        near = difflib.get_close_matches(name, names, n=3)
        seen = f"; near it are {', '.join(near)}" if near else f"; it sees {', '.join(names[:10]) or 'none at all'}"
        raise UsageError(
            f"no service called {name} can be seen with this key{seen}",
            remedy="name the service as the target does: --service NAME, or make it from the project's manifest first",
        )
    return _of(found, slug) or found


def _of(services: Sequence[LiveService], slug: str) -> Sequence[LiveService]:
    return [one for one in services if slug and slug_of(one.repository) == slug.lower()]


def slug_of(url: str) -> str:
    """Return "owner/name" of a repository's URL in lower case, "" for what has none."""
    match = _SLUG.search(url)
    return match["slug"].lower() if match else ""


def _only(found: Sequence[LiveService], *, what: str) -> LiveService:
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no service {what} can be seen with this key", remedy="name it: --service NAME, or --service ID"
        )
    listed = ", ".join(f"{one.name} ({one.id}, {one.repository or 'no repository'})" for one in found)
    raise UsageError(
        f"{len(found)} services are {what}: {listed}", remedy=f"name one by its id: --service {found[0].id}"
    )


def _usable(service: LiveService) -> LiveService:
    if service.suspended:
        raise UsageError(
            f"{service.name} is suspended (by {service.suspended}), and what is suspended is not deployed",
            remedy=f"resume it first: {service.page or 'on its page'}",
        )
    return service
