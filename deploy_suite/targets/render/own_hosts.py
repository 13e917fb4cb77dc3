"""Sources → the name at the target that the project itself answers to."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests import own_files
from deploy_suite.model import on_disk
from deploy_suite.model.contract import Literal, Variable
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files

_ALLOWED_HOSTS: Final = re.compile(r"allowed_hosts\s*(?:\+?=|:[^=\n]*=)\s*[\[(][^\])]*[\])]", re.IGNORECASE)
_ALLOWING_NAME: Final = re.compile(r"(?:ALLOWED|TRUSTED)_?HOSTS?", re.IGNORECASE)
# Where a service says its own address; what names an API, a front end or an origin is mostly that of another one.
_OWN_ADDRESS: Final = re.compile(
    r"^(?:\w+_)?(?:BASE|SITE|APP|SERVER|SERVICE|PUBLIC|EXTERNAL|SELF|HOST|DJANGO)_?(?:URL|URI|HOST(?:NAME)?|DOMAIN)?$",
    re.IGNORECASE,
)
_NO_WORD: Final = re.compile(r"\d")


def stated(snapshot: Snapshot) -> str:
    """Return the first host of the target's that the project allows, "" where its sources state none."""
    named = re.compile(rf"['\"](?P<name>[\w-]+\.{re.escape(facts().host_suffix)})['\"]")
    for file in own_files.python(snapshot.folder, snapshot.root):
        for allowed in _ALLOWED_HOSTS.finditer(_own_text(snapshot, file)):
            if name := named.search(allowed[0]):
                return name["name"].lower()
    return ""


def given(hostname: str, snapshot: Snapshot, variables: Iterable[Variable], *, others: Iterable[str] = ()) -> str:
    """Return the name under which the service is to be had: *hostname*, or what the target made of it.

    Where another service has the name already, the target puts four characters behind it, and the project states that.
    A word of four characters names another service as well (`shop-site`), and so do the *others* of the manifest: it
    counts only where it is said which hosts the service answers to.
    Source: `Available at your primary URL https://app-xxxx.onrender.com` in the logs of deploys.
    """
    label = hostname.removesuffix(f".{facts().host_suffix}")
    pattern = re.compile(
        rf"(?<![\w.-]){re.escape(label)}(?:-(?P<made>[a-z0-9]{{4}}))?\.{re.escape(facts().host_suffix)}(?![\w.-])"
    )
    literals = [(one.name, one.source.value.revealed()) for one in variables if isinstance(one.source, Literal)]
    allowing = (text for name, text in literals if _ALLOWING_NAME.search(name))
    addresses = (text for name, text in literals if _OWN_ADDRESS.match(name))
    stated = {found[0] for text in chain(allowing, _allowing(snapshot)) for found in pattern.finditer(text)}
    stated |= {
        found[0]
        for text in addresses
        for found in pattern.finditer(text)
        if not found["made"] or _NO_WORD.search(found["made"])
    }
    stated -= set(others) - {hostname}
    return hostname if hostname in stated else min(stated, default=hostname)


def _allowing(snapshot: Snapshot) -> Iterator[str]:
    """Yield what the settings of a Django project say of the hosts that it answers to."""
    if not any(on_disk.matching(snapshot.path, pattern) for pattern in ("manage.py", "*/manage.py")):
        return
    for file in own_files.settings(snapshot.folder, snapshot.root):
        yield from (allowed[0] for allowed in _ALLOWED_HOSTS.finditer(_own_text(snapshot, file)))


def _own_text(snapshot: Snapshot, file: PurePosixPath) -> str:
    return snapshot_files.text(snapshot.folder, file) or ""
