"""Sources → the name at the target that the project itself answers to."""

import re
from pathlib import PurePosixPath
from typing import Final

from deploy_suite.knowledge.platforms.render import facts
from deploy_suite.model.project import Snapshot
from deploy_suite.project import snapshot_files

_ALLOWED_HOSTS: Final = re.compile(r"allowed_hosts\s*(?:\+?=|:[^=\n]*=)\s*[\[(][^\])]*[\])]", re.IGNORECASE)
_FOREIGN: Final = frozenset({"site-packages", "node_modules", ".venv", "venv", ".git"})
_MOST_FILES: Final = 2000


def stated(snapshot: Snapshot) -> str:
    """Return the first host of the target's that the project allows, "" where its sources state none."""
    named = re.compile(rf"['\"](?P<name>[\w-]+\.{re.escape(facts().host_suffix)})['\"]")
    for file in sorted(snapshot.path.rglob("*.py"))[:_MOST_FILES]:
        relative = file.relative_to(snapshot.folder)
        text = "" if _FOREIGN & set(relative.parts) else snapshot_files.text(snapshot.folder, PurePosixPath(relative))
        for allowed in _ALLOWED_HOSTS.finditer(text or ""):
            if name := named.search(allowed[0]):
                return name["name"].lower()
    return ""
