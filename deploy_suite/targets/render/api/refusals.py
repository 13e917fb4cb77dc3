"""What Render answers when it refuses → an error that says what, why and what to do."""

import json
from collections.abc import Mapping
from typing import Final

from deploy_suite.errors import UsageError
from deploy_suite.ports import HttpResponse

KEY_NAME: Final = "RENDER_API_KEY"
_NEW_KEY: Final = (
    f"make a key at https://dashboard.render.com/u/settings#api-keys and set {KEY_NAME} in the environment, "
    f"or keep it in the system's keyring: keyring set deploy-suite {KEY_NAME}"
)
_LONGEST: Final = 300

_CONSOLE: Final = "https://dashboard.render.com"
_SAME_WORKSPACE: Final = "that the key belongs to somebody in the service's workspace"

# What each status means, and what there is to do. https://api-docs.render.com/reference/introduction
_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Render did not understand the request: {what}", "see what Render says, and correct it"),
    401: ("Render does not accept the API key", _NEW_KEY),
    402: ("Render wants to be paid before it does this: {what}", f"add a payment method: {_CONSOLE}/billing"),
    403: ("the owner of the API key may not do this: {what}", f"see {_SAME_WORKSPACE}, with the right to deploy"),
    404: ("Render knows no such thing: {what}", f"see that id, name and commit are right, and {_SAME_WORKSPACE}"),
    409: ("the state of the service forbids it: {what}", "wait until what is under way is over, then run this again"),
    410: ("it is gone for good: {what}", f"name a service that still exists: {_CONSOLE}"),
}
_OTHER: Final = ("Render refused: {what}", "see https://status.render.com and what Render says")


class RefusedError(UsageError):
    """Render understood who asks for what, and does not do it. Shape: `status` is the HTTP status."""

    def __init__(self, status: int, message: str, *, remedy: str) -> None:
        """Keep the status for those who know better what it means."""
        super().__init__(message, remedy=remedy)
        self.status = status


def refusal(answer: HttpResponse, *, what: str) -> RefusedError:
    """Return the error for *answer* to the wish *what*."""
    message, remedy = _REFUSALS.get(answer.status, _OTHER)
    said = told(answer)
    words = message.format(what=what) + f" (status {answer.status}" + (f": {said})" if said else ")")
    return RefusedError(answer.status, words, remedy=remedy)


def no_key() -> UsageError:
    """Return the error for a caller without a key."""
    return UsageError("no API key for Render was found", remedy=_NEW_KEY)


def told(answer: HttpResponse) -> str:
    """Return what Render says in an answer that is an error, on one line, "" when that is nothing or no text."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""  # a page of HTML from what stands before Render says nothing
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(message.split())[:_LONGEST] if isinstance(message, str) else ""
