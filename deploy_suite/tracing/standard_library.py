"""Which modules the standard library of a given Python has."""

import sys
from typing import Final

Version = tuple[int, int]

# Source: "Removed" and "New Modules" of https://docs.python.org/3/whatsnew/3.9.html … 3.14.html, and PEP 594.
_REMOVED: Final[tuple[tuple[Version, str], ...]] = (
    ((3, 9), "_dummy_thread dummy_threading"),
    ((3, 10), "formatter parser symbol"),
    ((3, 11), "binhex"),
    ((3, 12), "asynchat asyncore distutils imp smtpd"),
    (
        (3, 13),
        (
            "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes sndhdr "
            "spwd sunau telnetlib uu xdrlib"
        ),
    ),
)
_ADDED: Final[tuple[tuple[Version, str], ...]] = (
    ((3, 7), "contextvars dataclasses"),
    ((3, 9), "graphlib zoneinfo"),
    ((3, 11), "tomllib"),
    ((3, 14), "annotationlib compression"),
)
REMOVED: Final = {name: version for version, names in _REMOVED for name in names.split()}
ADDED: Final = {name: version for version, names in _ADDED for name in names.split()}


def names(version: Version) -> frozenset[str]:
    """Return the top-level names of the standard library of Python *version*."""
    everything = sys.stdlib_module_names | REMOVED.keys() | ADDED.keys() | {"__main__", "__future__"}
    return frozenset(
        name
        for name in everything
        if version < REMOVED.get(name, (99, 0))
        and version >= ADDED.get(name, (0, 0))
        and name not in {"this", "antigravity"}
    )
