"""Are requests and answers what the API documents? Checked against an OpenAPI document, the stand-in's own or Render's.

DEPLOY_SUITE_RENDER_OPENAPI names a copy of Render's; one in a folder beside the repository, as render/openapi.json, is
found without. Source: https://api-docs.render.com/openapi/render-public-api-1.json
"""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_URN = "urn:openapi"
OWN = Path(__file__).with_name("contract.json")
_TOP = Path(__file__).resolve().parents[2]
# In Render's newer API, and not yet in the copies of its document that are about.
_NEWER = {"update-service": {"autoDeployTrigger"}}


def document() -> Path:
    """Return the document to check against."""
    return renders_own() or OWN


def renders_own() -> Path | None:
    """Return Render's own document, None where there is no copy of it."""
    if named := os.environ.get("DEPLOY_SUITE_RENDER_OPENAPI"):
        return Path(named)
    return next(iter(sorted(_TOP.parent.glob("*/render/openapi.json"))), None)


class Contract:
    """One OpenAPI document. Shape: `violations` are sentences, empty while everything was as documented."""

    def __init__(self, file: Path) -> None:
        """Read *file*."""
        self._document, self._registry = _read(file)
        self._operations = dict(self._listed())
        self.violations: list[str] = []

    def check_request(self, operation: str, query: list[tuple[str, str]], body: object, *, has_body: bool) -> None:
        """Note what is wrong with a request."""
        _, item, parameters = self._operations[operation]
        known = {one["name"]: one for one in parameters if one["in"] == "query"}
        names = {name for name, _ in query}
        self._note(f"{operation}: unknown query parameter {name}" for name in names - set(known))
        required = {name for name, one in known.items() if one.get("required")}
        self._note(f"{operation}: query parameter {name} is required" for name in required - names)
        for name, value in query:
            if name in known:
                self._note_faults(
                    operation, f"query {name}", known[name]["schema"], _typed(value, known[name]["schema"])
                )
        content = item.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None and has_body:
            self.violations.append(f"{operation}: takes no body")
        elif content is not None and (has_body or item["requestBody"].get("required")):
            self._note_faults(operation, "body", content["schema"], body)
            allowed = set(self._resolved(content["schema"]).get("properties", {})) | _NEWER.get(operation, set())
            extra = set(body) - allowed if isinstance(body, dict) and allowed else set()
            self._note(f"{operation}: body has an unknown field {name}" for name in extra)

    def check_answer(self, operation: str, status: int, body: object) -> None:
        """Note what is wrong with an answer, so that the stand-in stays true."""
        _, item, _ = self._operations[operation]
        answer = item["responses"].get(str(status))
        if answer is None:
            self.violations.append(f"{operation}: status {status} is not documented")
            return
        content = self._resolved(answer).get("content", {}).get("application/json")
        if content is not None:
            self._note_faults(operation, f"answer {status}", content["schema"], body)
        elif body is not None:
            self.violations.append(f"{operation}: answer {status} has no body")

    def _note(self, found: Iterator[str]) -> None:
        self.violations += found

    def _note_faults(self, operation: str, where: str, schema: dict[str, Any], value: object) -> None:
        validator = Draft202012Validator(_rebased(schema), registry=self._registry)
        self._note(
            f"{operation}: {where}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)
        )

    def _listed(self) -> Iterator[tuple[str, tuple[str, dict[str, Any], list[dict[str, Any]]]]]:
        for path, item in self._document["paths"].items():
            shared = item.get("parameters", [])
            for method in {"get", "post", "put", "patch", "delete"} & set(item):
                operation = item[method]
                parameters = [self._resolved(one) for one in (*shared, *operation.get("parameters", ()))]
                yield operation["operationId"], (path, operation, parameters)

    def _resolved(self, item: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in item:
            item = self._registry.resolver(_URN).lookup(_URN + item["$ref"]).contents
        return item


def _typed(value: str, schema: dict[str, Any]) -> object:
    """Return a query value as its schema types it: one of a list stands for the list."""
    match schema.get("type"):
        case "integer":
            return int(value) if value.isdecimal() else value
        case "boolean":
            return {"true": True, "false": False}.get(value, value)
        case "array":
            return value.split(",") if "," in value else [value]
        case _:
            return value


def _rebased(item: Any) -> Any:
    """Let references point into the registered document."""
    if isinstance(item, dict):
        return {
            key: _URN + value if key == "$ref" and isinstance(value, str) and value.startswith("#") else _rebased(value)
            for key, value in item.items()
        }
    return [_rebased(one) for one in item] if isinstance(item, list) else item


_LENIENT = {"oneOf": "anyOf"}


def _lenient(item: Any) -> Any:
    """Take one of several for any of them: Render's own answers fit more than one kind of service, or of event."""
    if isinstance(item, dict):
        return {
            _LENIENT.get(key, key): value.replace("/oneOf/", "/anyOf/") if key == "$ref" else _lenient(value)
            for key, value in item.items()
        }
    return [_lenient(one) for one in item] if isinstance(item, list) else item


@cache
def _read(file: Path) -> tuple[dict[str, Any], Registry[Any]]:
    text = _lenient(json.loads(file.read_text(encoding="utf-8")))
    return text, Registry().with_resource(_URN, DRAFT202012.create_resource(text))
