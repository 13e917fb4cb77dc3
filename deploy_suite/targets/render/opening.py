"""The caller's keys and settings → Render at run time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.secret import Masker
from deploy_suite.ports import HttpRequest, Ports, UnreachableError
from deploy_suite.targets.live import Pace
from deploy_suite.targets.render.api import hook as hooks
from deploy_suite.targets.render.api import place as places
from deploy_suite.targets.render.api import refusals
from deploy_suite.targets.render.api.door import Door
from deploy_suite.targets.render.live import RenderLive

KEY_NAME: Final = refusals.KEY_NAME
_TIME_S: Final = 6.0
_PACE: Final = "DEPLOY_SUITE_PACE"  # a number: how many times as fast as usual a target is asked, for rehearsals


def opened(ports: Ports, *, by_hook: bool = False) -> RenderLive:
    """Return Render, deploying by hook where that is asked for. Its secrets are hidden before anything is said.

    Raises: UsageError when no key is found (with a hook, none is needed to begin a deploy), or a setting is wrong.
    """
    pace = _pace(ports.caller.target_settings)
    place = places.place(ports.caller.target_settings.get(places.SETTING, ""))
    key = ports.credentials.secret(refusals.KEY_NAME)
    if key is None and not by_hook:
        raise refusals.no_key()
    if key is not None:
        ports.curtain.add(Masker.of([key]))
    told = ports.progress.waiting
    door = Door(place, key, http=ports.http, clock=ports.clock, pace=pace, told=told) if key else None
    if not by_hook:
        return RenderLive(api=door, pace=pace, ports=ports)
    url = ports.credentials.secret(hooks.HOOK_NAME)
    if url is None:
        raise UsageError(
            f"no deploy hook was found: {hooks.HOOK_NAME} is not set",
            remedy=f"copy the hook from the service's page at Render (Settings, Deploy Hook) into {hooks.HOOK_NAME}, "
            f"or into the system's keyring: keyring set deploy-suite {hooks.HOOK_NAME}",
        )
    ports.curtain.add(hooks.masker(url))
    hook = hooks.parse(url)
    return RenderLive(
        api=door,
        pace=pace,
        ports=ports,
        hook=hook,
        hook_door=Door(hook.place, None, http=ports.http, clock=ports.clock, pace=pace),
    )


def told_time(ports: Ports) -> datetime | None:
    """Return the time that Render's API tells, to the second; it stands on every answer, refusals included.

    Raises: MachineError when nobody answers. Source: RFC 9110 section 6.6.1.
    """
    place = places.place(ports.caller.target_settings.get(places.SETTING, ""))
    request = HttpRequest(method="GET", path=f"{place.prefix}/services?limit=1", headers={"Accept": "application/json"})
    try:
        answer = ports.http.request(place.address, request, timeout_s=_TIME_S)
    except UnreachableError as error:
        raise MachineError(
            f"Render's API does not answer ({error})", remedy="see https://status.render.com and this machine's network"
        ) from error
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _pace(settings: Mapping[str, str]) -> Pace:
    try:
        factor = float(settings.get(_PACE, "1"))
    except ValueError:
        factor = 0.0
    if not 0.01 <= factor <= 1000:  # noqa: PLR2004  beyond, nothing would be asked at all, or nothing else be done
        raise UsageError(f"{_PACE} is no number between 0.01 and 1000", remedy=f"unset {_PACE}")
    return Pace().faster(factor)
