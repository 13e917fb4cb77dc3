"""The record of a release as JSON, for people and programs; the suite itself reads the journal."""

import json
from typing import Final

from deploy_suite.model.release import Release
from deploy_suite.releases.journal import Journal
from deploy_suite.releases.progress import record

SCHEMA: Final = 1
RECORD: Final = "record.json"


def render(journal: Journal) -> str:
    """Return the record of the release of *journal* as JSON."""
    return json.dumps({"schema": SCHEMA, **document(record(journal))}, ensure_ascii=False, indent=2) + "\n"


def document(release: Release) -> dict[str, object]:
    """Return *release* as JSON values.

    Shape: {"id", "kind", "target", "service": {"id", "name"}, "commit", "subject", "verdict", "verified": null | bool,
    "deploy", "live", "revision", "replaced": {"deploy", "commit"}, "auto_deploy_was", "started", "finished", "reason",
    "remedy"}.
    """
    return {
        "id": release.id,
        "kind": release.kind.value,
        "target": release.target,
        "service": {"id": release.service_id, "name": release.service},
        "commit": release.commit,
        "subject": release.subject,
        "verdict": release.verdict.value,
        "verified": release.is_verified,
        "deploy": release.deploy_id,
        "live": release.live_deploy_id,
        "revision": release.revision,
        "replaced": {"deploy": release.replaced, "commit": release.replaced_commit},
        "auto_deploy_was": release.auto_deploy.value if release.auto_deploy else None,
        "started": release.started.isoformat(),
        "finished": release.finished.isoformat() if release.finished else None,
        "reason": release.reason,
        "remedy": release.remedy,
    }
