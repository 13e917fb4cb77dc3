"""A deploy hook: a secret URL that begins a deploy of one service.

Source: https://render.com/docs/deploy-hooks
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from deploy_suite.errors import UsageError
from deploy_suite.model.secret import Masker, Secret
from deploy_suite.targets.render.api import place as places
from deploy_suite.targets.render.api.place import Place

HOOK_NAME: Final = "RENDER_DEPLOY_HOOK"
_PATH: Final = re.compile(r"/deploy/(?P<id>(?:srv|crn)-[0-9a-z]+)")
_BLUEPRINT: Final = re.compile(r"/deploy/exs-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A hook in its parts. Shape: `key` is the secret in it; `path` begins with "/"."""

    place: Place
    path: str
    service_id: str
    key: Secret

    def query(self, *, commit: str = "") -> tuple[tuple[str, str], ...]:
        """Return the query that deploys *commit*, the branch's head without one."""
        return (("key", self.key.revealed()), *((("ref", commit),) if commit else ()))


def parse(url: Secret) -> Hook:
    """Return the hook at *url*. Raises: UsageError, which does not quote it."""
    parts = places.split(url.revealed(), what=HOOK_NAME)
    key = dict(parse_qsl(parts.query)).get("key", "")
    if _BLUEPRINT.match(parts.path):
        raise UsageError(
            f"{HOOK_NAME} is the hook of a Blueprint, which only reads render.yaml anew and deploys no code",
            remedy=f"set {HOOK_NAME} to the service's own hook: its page at Render, Settings, Deploy Hook",
        )
    match = _PATH.fullmatch(parts.path)
    if match is None or not key:
        raise UsageError(
            f"{HOOK_NAME} is no deploy hook of Render's",
            remedy=f"copy it anew from the service's page at Render (Settings, Deploy Hook) into {HOOK_NAME}",
        )
    return Hook(place=Place(places.address(parts), ""), path=parts.path, service_id=match["id"], key=Secret(key))


def masker(url: Secret) -> Masker:
    """Return what hides *url*, and the key in it wherever else it stands."""
    query = dict(parse_qsl(url.revealed().partition("?")[2]))
    key = query.get("key", "")
    keys = [Secret(key), Secret(urlencode({"key": key}, errors="surrogatepass"))] if key else []
    return Masker.of([url, *keys])
