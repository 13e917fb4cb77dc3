"""What the API lists, page by page, and the words in which it is asked for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from deploy_suite.model.release import Deploy, LiveService
from deploy_suite.targets.render.api import answers
from deploy_suite.targets.render.api.door import Door, Query

PAGE: Final = 100
OVERLAP: Final = timedelta(seconds=3)  # what is listed comes in late, and not always in order
_MOST_PAGES: Final = 50
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def path(service_id: str, *words: str) -> str:
    """Return the path of a service, or of what *words* lead to in it."""
    return "/".join(("/services", *(quote(word, safe="") for word in (service_id, *words))))


def time(moment: datetime) -> str:
    """Return *moment* as the API takes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def deploys(api: Door, service: LiveService, query: Query, *, limit: int) -> tuple[Deploy, ...]:
    """Return one page of deploys, newest first: the API does not say in which order it lists them."""
    whole = [*query, ("limit", str(limit))]
    answer = api.read(path(service.id, "deploys"), whole, what=f"the deploys of {service.name}")
    found = [answers.deploy(one) for one, _ in answers.listed(answer, "deploy")]
    return tuple(sorted(found, key=lambda one: one.created or _LONG_AGO, reverse=True))


def events(api: Door, service: LiveService, query: Query) -> Iterator[object]:
    """Yield the events of a service that *query* asks for."""
    return pages(api, path(service.id, "events"), query, key="event", what=f"the events of {service.name}")


def pages(api: Door, of: str, query: Query, *, key: str, what: str) -> Iterator[object]:
    """Yield the items of all pages: the next one begins at the last item's cursor."""
    cursor: Query = ()
    for _ in range(_MOST_PAGES):
        answer = api.read(of, [*query, ("limit", str(PAGE)), *cursor], what=what)
        listed = answers.listed(answer, key)
        yield from (one for one, _ in listed)
        if len(listed) < PAGE or not listed[-1][1]:
            return
        cursor = [("cursor", listed[-1][1])]
