"""The cookies that a service sets → those that the next request carries. Source: RFC 6265, one host and all paths."""

import re
from collections.abc import Mapping
from typing import Final

# Several Set-Cookie headers arrive joined by a comma, and a date inside one has a comma too.
_BETWEEN_COOKIES: Final = re.compile(r",\s*(?=[^;,=\s]+=)")


def updated(cookies: Mapping[str, str], header: str) -> Mapping[str, str]:
    """Return *cookies* after an answer with the Set-Cookie *header*."""
    known = dict(cookies)
    for cookie in _BETWEEN_COOKIES.split(header) if header else ():
        pair, _, attributes = cookie.partition(";")
        name, _, value = pair.strip().partition("=")
        if re.search(r"max-age\s*=\s*(0|-\d+)\s*(;|$)", attributes, re.IGNORECASE) or not value:
            known.pop(name, None)
        else:
            known[name] = value
    return known


def header(cookies: Mapping[str, str]) -> Mapping[str, str]:
    """Return the Cookie header of the next request, empty when there are none."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
