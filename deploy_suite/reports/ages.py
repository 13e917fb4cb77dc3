"""How long something has been so → words for a person."""

from datetime import datetime
from typing import Final

from deploy_suite.model.release import Deploy
from deploy_suite.model.wording import counted

_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def age_s(deploy: Deploy | None, now: datetime) -> float | None:
    """Return for how long *deploy* has been what it is, None where its times are not known."""
    began = (deploy.finished or deploy.created) if deploy else None
    return max((now - began).total_seconds(), 0.0) if began else None


def since(seconds: float | None) -> str:
    """Return ", 3 hours ago", "" for None."""
    if seconds is None:
        return ""
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), _UNITS[-1])
    return f", {counted(int(seconds // size), unit)} ago"
