"""Where Render's API is: the public one, or what RENDER_HOST names, as for Render's own command line."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from deploy_suite.errors import UsageError
from deploy_suite.ports import Address

SETTING: Final = "RENDER_HOST"
PUBLIC: Final = "https://api.render.com/v1/"
_PORTS: Final = {"https": 443, "http": 80}
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask. Shape: `prefix` begins each path: "/v1"; without a slash at its end."""

    address: Address
    prefix: str


def place(setting: str) -> Place:
    """Return where *setting* points, "" for the public API.

    Raises: UsageError when that is no URL, or a key would cross a network in clear.
    """
    url = split(setting or PUBLIC, what=SETTING)
    return Place(address(url), url.path.rstrip("/"))


def split(text: str, *, what: str) -> SplitResult:
    """Return the parts of a URL to which a key may be sent; *what* names the setting in messages.

    Raises: UsageError, which does not quote the text: a URL may be a secret.
    """
    text = text.strip()
    try:
        url = urlsplit(text)
        is_whole = url.scheme in _PORTS and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        is_whole = False
    if not is_whole or not text.isprintable() or "@" in url.netloc:
        raise UsageError(f"{what} is no URL such as {PUBLIC}", remedy=f"correct {what}, or unset it")
    if url.scheme == "http" and url.hostname not in _HERE:
        raise UsageError(
            f"{what} is not https, so a secret would cross the network in clear",
            remedy=f"let {what} begin with https://",
        )
    return url


def address(url: SplitResult) -> Address:
    """Return where to connect for *url*."""
    return Address(url.hostname or "", url.port or _PORTS[url.scheme], has_tls=url.scheme == "https")
