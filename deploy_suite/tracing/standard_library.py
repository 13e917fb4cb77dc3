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
# Names that a module lost, itself staying. Source: "Removed" of the same pages; up to 3.13 each was looked up there.
_LOST_NAMES: Final[tuple[tuple[Version, str], ...]] = (
    ((3, 9), "base64.decodestring base64.encodestring fractions.gcd plistlib.readPlist plistlib.writePlist"),
    (
        (3, 10),
        (
            "collections.Awaitable collections.ByteString collections.Callable collections.Container "
            "collections.Coroutine collections.Generator collections.Hashable collections.ItemsView "
            "collections.Iterable collections.Iterator collections.KeysView collections.Mapping "
            "collections.MappingView collections.MutableMapping collections.MutableSequence collections.MutableSet "
            "collections.Sequence collections.Set collections.Sized collections.ValuesView"
        ),
    ),
    (
        (3, 11),
        (
            "asyncio.coroutine binascii.a2b_hqx gettext.ldgettext gettext.lgettext inspect.formatargspec "
            "inspect.getargspec"
        ),
    ),
    (
        (3, 12),
        (
            "configparser.SafeConfigParser importlib.find_loader importlib.util.module_for_loader "
            "importlib.util.set_loader importlib.util.set_package io.OpenWrapper locale.format pkgutil.ImpImporter "
            "pkgutil.ImpLoader sqlite3.OptimizedUnicode sqlite3.enable_shared_cache ssl.RAND_pseudo_bytes "
            "ssl.match_hostname ssl.wrap_socket"
        ),
    ),
    (
        (3, 13),
        (
            "configparser.LegacyInterpolation locale.resetlocale re.template typing.io typing.re "
            "unittest.findTestCases unittest.getTestCaseNames unittest.makeSuite"
        ),
    ),
    (
        (3, 14),
        (
            "ast.Bytes ast.Ellipsis ast.NameConstant ast.Num ast.Str asyncio.AbstractChildWatcher "
            "asyncio.FastChildWatcher asyncio.MultiLoopChildWatcher asyncio.PidfdChildWatcher "
            "asyncio.SafeChildWatcher asyncio.ThreadedChildWatcher asyncio.get_child_watcher "
            "asyncio.set_child_watcher importlib.abc.ResourceReader importlib.abc.Traversable "
            "importlib.abc.TraversableResources pkgutil.find_loader pkgutil.get_loader pty.master_open "
            "pty.slave_open sqlite3.version sqlite3.version_info urllib.parse.Quoter "
            "urllib.request.FancyURLopener urllib.request.URLopener"
        ),
    ),
)
REMOVED: Final = {name: version for version, names in _REMOVED for name in names.split()}
ADDED: Final = {name: version for version, names in _ADDED for name in names.split()}
LOST_NAMES: Final = {name: version for version, names in _LOST_NAMES for name in names.split()}


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
