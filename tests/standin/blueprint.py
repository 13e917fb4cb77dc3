"""A render.yaml → the service that the stand-in makes of it."""

import secrets
from pathlib import Path
from typing import Any

import yaml


def first_service(file: Path, *, database_url: str = "") -> dict[str, Any]:
    """Return what the first Python web service of *file* is, as `StandIn.service` takes it.

    Shape: a variable from a database gets *database_url*, a generated one a secret, one that is asked for nothing.
    """
    services = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    service = next(
        one for one in services if one.get("type") == "web" and one.get("runtime", one.get("env")) == "python"
    )
    variables = {one["key"]: _value(one, database_url) for one in service.get("envVars", ()) if "key" in one}
    return {
        "name": service["name"],
        "root": service.get("rootDir", ""),
        "build": service.get("buildCommand", "true"),
        "pre_deploy": service.get("preDeployCommand", ""),
        "start": service["startCommand"],
        "health_path": service.get("healthCheckPath", "/"),
        "branch": service.get("branch", "main"),
        "python": ".".join(variables.get("PYTHON_VERSION", "3.12").split(".")[:2]),
        "auto_deploy": str(service.get("autoDeployTrigger", "commit")),
        "variables": {name: value for name, value in variables.items() if value},
    }


def needs_database(file: Path) -> bool:
    """Whether a variable of *file* comes from a database."""
    return "fromDatabase" in file.read_text(encoding="utf-8")


def _value(entry: dict[str, Any], database_url: str) -> str:
    if entry.get("generateValue"):
        return secrets.token_urlsafe(32)
    return database_url if "fromDatabase" in entry else str(entry.get("value", ""))
