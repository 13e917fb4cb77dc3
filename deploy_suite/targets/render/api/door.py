"""One call of the API: with its key, its deadlines, and repeated only where that cannot do anything twice."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from deploy_suite.model.secret import Secret
from deploy_suite.model.wording import counted
from deploy_suite.ports import Clock, Http, HttpRequest, HttpResponse, UnreachableError
from deploy_suite.targets.live import LostContactError, Pace
from deploy_suite.targets.render.api import refusals
from deploy_suite.targets.render.api.pauses import Pauses, demanded_s
from deploy_suite.targets.render.api.place import Place

Query = Sequence[tuple[str, str]]
_SHORTEST_CALL_S: Final = 0.05
_STATUS: Final = "https://status.render.com"
_PAGE: Final = "a web page came in place of an answer, as from a proxy or a network that asks for a login"
_TOLD_AFTER: Final = 3  # what goes by within a few seconds need not be told


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no refusal. Shape: `body` is the JSON, None where there was none (202, 204)."""

    status: int
    body: object


class UncertainError(Exception):
    """The request may have been carried out or not; the message says what came in place of an answer."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a call is to be repeated.

    Shape: `is_certain` where nothing was carried out; `is_contact` where somebody was there; `is_final` where nobody
    will be, as far as this machine can tell.
    """

    text: str
    is_certain: bool
    headers: Mapping[str, str] = field(default_factory=dict)
    is_contact: bool = True
    is_final: bool = False


class Door:
    """The way to the API of one place with one key."""

    def __init__(
        self,
        place: Place,
        key: Secret | None,
        *,
        http: Http,
        clock: Clock,
        pace: Pace,
        told: Callable[[str], None] | None = None,
    ) -> None:
        """Ask at *place*; without a *key* (a deploy hook has it in its path) nobody is named.

        Shape: *told* hears why a call that is repeated takes so long.
        """
        self._place = place
        self._key = key
        self._http = http
        self._clock = clock
        self._pace = pace
        self._told = told
        self._has_contact = False

    def read(self, path: str, query: Query = (), *, what: str, patience_s: float | None = None) -> object:
        """Return the JSON at *path*, asked for again and again until *patience_s* are over.

        Raises: RefusedError when *what* was asked for is refused, LostContactError when no answer came.
        """
        return self._repeated("GET", _with(path, query), None, what=what, patience_s=patience_s).body

    def set(self, method: str, path: str, body: object = None, *, what: str) -> Answer:
        """Do what may be done twice: it leads to the same end. Raises: as `read`."""
        return self._repeated(method, path, body, what=what, patience_s=None)

    def begin(self, path: str, body: object = None, query: Query = (), *, what: str) -> Answer:
        """Do what must not be done twice; it is repeated only where it certainly was not done.

        Raises: UncertainError when it may have been done; RefusedError, LostContactError when it was not.
        """
        return self._repeated("POST", _with(path, query), body, what=what, patience_s=None, is_once=True)

    def _repeated(
        self, method: str, path: str, body: object, *, what: str, patience_s: float | None, is_once: bool = False
    ) -> Answer:
        pauses, count = Pauses(self._pace), 0
        patience_s = self._pace.patience_s if patience_s is None else patience_s
        began_s = self._clock.now_s()
        while True:
            left_s = max(began_s + patience_s - self._clock.now_s(), _SHORTEST_CALL_S) if count else self._pace.call_s
            found = self._asked(method, path, body, what=what, within_s=min(self._pace.call_s, left_s))
            count += 1
            if isinstance(found, Answer):
                return found
            if is_once and not found.is_certain:
                raise UncertainError(found.text)
            until_s = began_s + self._patience_s(patience_s, after=found)
            wait_s = pauses.after(found.headers, now=self._now())
            if self._clock.now_s() + wait_s >= until_s:
                raise self._lost(what, found, count, took_s=self._clock.now_s() - began_s)
            if count == _TOLD_AFTER and self._told:
                left_s = until_s - self._clock.now_s()
                self._told(f"{what}: {found.text}; Render is asked again for up to {left_s:.0f} s")
            self._clock.sleep(wait_s)

    def _patience_s(self, patience_s: float, *, after: _Failure) -> float:
        """Return how long a call is repeated: who was never there, for a machine without a network, is soon told."""
        self._has_contact = self._has_contact or after.is_contact
        if self._has_contact:
            return patience_s
        return 0.0 if after.is_final else min(patience_s, self._pace.contact_s)

    def _lost(self, what: str, last: _Failure, count: int, *, took_s: float) -> LostContactError:
        asked = f"asked {counted(count, 'time')} within {took_s:.0f} s"
        if self._has_contact:
            said = f"{what}: Render was {asked}; the last time, {last.text}"
            return LostContactError(said, remedy=f"see {_STATUS} and the network of this machine, then run this again")
        host = self._place.address.host
        return LostContactError(
            f"{what}: {host} cannot be reached from this machine ({asked}): {last.text}",
            remedy=f"see that this machine is in a network (behind a proxy, that HTTPS_PROXY names it), and {_STATUS}",
        )

    def _asked(self, method: str, path: str, body: object, *, what: str, within_s: float) -> Answer | _Failure:
        request = HttpRequest(
            method=method,
            path=self._place.prefix + path,
            headers=self._headers(has_body=body is not None),
            body=b"" if body is None else json.dumps(body).encode(),
        )
        try:
            answer = self._http.request(
                self._place.address, request, timeout_s=within_s, connect_s=min(self._pace.connect_s, within_s)
            )
        except UnreachableError as error:
            return _Failure(
                f"no whole answer came ({error})",
                is_certain=not error.was_sent,
                is_contact=error.was_sent,
                is_final=error.reason == "unresolved",
            )
        self._has_contact = self._has_contact or not _is_page(answer)
        return _judged(answer, what=what, now=self._now())

    def _headers(self, *, has_body: bool) -> Mapping[str, str]:
        headers = {"Accept": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.revealed()}"
        return {**headers, "Content-Type": "application/json"} if has_body else headers

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._clock.utc()).astimezone(UTC)


def _with(path: str, query: Query) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _is_page(answer: HttpResponse) -> bool:
    """Whether somebody else has answered: Render's failures may be pages, what it grants is none."""
    return answer.status < HTTPStatus.MULTIPLE_CHOICES and answer.body.lstrip().startswith(b"<")


def _later(after_s: float | None) -> str:
    return f", and to ask again after {after_s:.0f} s" if after_s else ""


def _judged(answer: HttpResponse, *, what: str, now: datetime) -> Answer | _Failure:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        said = f"it answered that there are too many requests{_later(demanded_s(answer.headers, now=now))}"
        return _Failure(said, is_certain=True, headers=answer.headers)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return _Failure(f"it answered with status {answer.status}", is_certain=False, headers=answer.headers)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise refusals.refusal(answer, what=what)
    if not answer.body.strip():
        return Answer(answer.status, None)
    try:
        return Answer(answer.status, json.loads(answer.body))
    except (ValueError, RecursionError):
        said = _PAGE if _is_page(answer) else "its answer was no JSON"
        return _Failure(said, is_certain=False, is_contact=not _is_page(answer))
