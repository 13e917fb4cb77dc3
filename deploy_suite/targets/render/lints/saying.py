"""A fault of a resource into a finding with its place."""

from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.targets.render.blueprint import Resource, ServiceResource

CERTAIN_ONLY_UNWISE = "certain, but it does not stop a deploy"


def fails(resource: Resource, code: str, message: str, *, key: str = "", remedy: str, evidence: str = "") -> Finding:
    """Return a finding for what Render refuses."""
    return _said(resource, code, message, key, remedy, evidence, Outcome.FAILED, "")


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
    return _said(resource, code, message, key, remedy, evidence, Outcome.WARNING, certainty)


def notes(
    resource: Resource,
    code: str,
    message: str,
    *,
    key: str = "",
    remedy: str,
    evidence: str = "",
    certainty: str = CERTAIN_ONLY_UNWISE,
) -> Finding:
    """Return a finding for what is as it may be, and worth knowing."""
    return _said(resource, code, message, key, remedy, evidence, Outcome.NOTE, certainty)


def _said(
    resource: Resource,
    code: str,
    message: str,
    key: str,
    remedy: str,
    evidence: str,
    outcome: Outcome,
    certainty: str,
) -> Finding:
    return Finding(
        code=code,
        outcome=outcome,
        message=message,
        location=resource.at(key) if key else resource.location,
        evidence=(evidence,) if evidence else (),
        remedy=remedy,
        certainty=certainty,
        service=resource.label if isinstance(resource, ServiceResource) else "",
    )
