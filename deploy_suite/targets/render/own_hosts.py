"""Sources → the name at the target that the project itself answers to."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.manifests import own_files
from deploy_suite.model.contract import Literal, Variable
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files

_ALLOWED_HOSTS: Final = re.compile(r"allowed_hosts\s*(?:\+?=|:[^=\n]*=)\s*[\[(][^\])]*[\])]", re.IGNORECASE)


def stated(snapshot: Snapshot) -> str:
    """Return the first host of the target's that the project allows, "" where its sources state none."""
    named = re.compile(rf"['\"](?P<name>[\w-]+\.{re.escape(facts().host_suffix)})['\"]")
    for file in own_files.python(snapshot.folder, snapshot.root):
        for allowed in _ALLOWED_HOSTS.finditer(_own_text(snapshot, file)):
            if name := named.search(allowed[0]):
                return name["name"].lower()
    return ""


def given(hostname: str, snapshot: Snapshot, variables: Iterable[Variable]) -> str:
    """Return the name under which the service is to be had: *hostname*, or what the target made of it.

    Where another service has the name already, the target puts four characters behind it, and the project states that.
    Source: `Available at your primary URL https://app-xxxx.onrender.com` in the logs of deploys.
    """
    label = hostname.removesuffix(f".{facts().host_suffix}")
    pattern = re.compile(
        rf"(?<![\w.-]){re.escape(label)}(?:-[a-z0-9]{{4}})?\.{re.escape(facts().host_suffix)}(?![\w.-])"
    )
    texts = chain(
        (one.source.value.revealed() for one in variables if isinstance(one.source, Literal)), _allowing(snapshot)
    )
    stated = {found[0] for text in texts for found in pattern.finditer(text)}
    return hostname if hostname in stated else min(stated, default=hostname)


def _allowing(snapshot: Snapshot) -> Iterator[str]:
    """Yield what the settings of a Django project say of the hosts that it answers to."""
    if not any(chain(snapshot.path.glob("manage.py"), snapshot.path.glob("*/manage.py"))):
        return
    for file in own_files.settings(snapshot.folder, snapshot.root):
        yield from (allowed[0] for allowed in _ALLOWED_HOSTS.finditer(_own_text(snapshot, file)))


def _own_text(snapshot: Snapshot, file: PurePosixPath) -> str:
    return snapshot_files.text(snapshot.folder, file) or ""
