"""A fault of a resource into a finding with its place."""

from dataclasses import replace
from typing import Final

from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.targets.render.blueprint import Resource, ServiceResource

CERTAIN_ONLY_UNWISE: Final = "certain, but it does not stop a deploy"


def fails(resource: Resource, code: str, message: str, *, key: str = "", remedy: str, evidence: str = "") -> Finding:
    """Return a finding for what Render refuses."""
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message=message,
        location=resource.at(key) if key else resource.location,
        evidence=(evidence,) if evidence else (),
        remedy=remedy,
        service=resource.label if isinstance(resource, ServiceResource) else "",
    )


def warns(
    resource: Resource,
    code: str,
    message: str,
    *,
    key: str = "",
    remedy: str,
    evidence: str = "",
    certainty: str = CERTAIN_ONLY_UNWISE,
) -> Finding:
    """Return a finding for what is unwise, or uncertain."""
    refused = fails(resource, code, message, key=key, remedy=remedy, evidence=evidence)
    return replace(refused, outcome=Outcome.WARNING, certainty=certainty)


def notes(
    resource: Resource, code: str, message: str, *, key: str = "", remedy: str, evidence: str = "", certainty: str
) -> Finding:
    """Return a finding for what is as it may be, and worth knowing."""
    unwise = warns(resource, code, message, key=key, remedy=remedy, evidence=evidence, certainty=certainty)
    return replace(unwise, outcome=Outcome.NOTE)
