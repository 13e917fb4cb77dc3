"""An OpenAPI document → the routes that can be asked without knowing anything."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

MOST_ROUTES: Final = 40
# A GET that ends, starts or sends something, or never ends itself.
_LEFT_ALONE: Final = re.compile(
    r"log-?_?out|sign-?_?out|shut-?_?down|delete|destroy|reset|restart|purge|unsubscribe|stream|events?$|/sse|/ws"
    r"|subscribe|download|export|cron|trigger|send|webhook",
    re.IGNORECASE,
)
# What is there to fail, so that error reports can be tried. Source: https://docs.sentry.io/platforms/python/integrations/fastapi/
_MEANT_TO_FAIL: Final = re.compile(
    r"__error__|sentry|(?:test|debug|raise|force|cause|fake)[-_/]?(?:error|exception)|(?:error|exception)[-_/]?(?:test|debug)"
    r"|/(?:error|exception|500|crash|boom|panic|division-by-zero)/?$",
    re.IGNORECASE,
)
_DOCUMENT_LINK: Final = re.compile(r"""url:\s*['"](?P<path>/[^'"]+)['"]""")


def documented_at(docs_page: str) -> str:
    """Return the path of the document that a Swagger page loads, or ""."""
    match = _DOCUMENT_LINK.search(docs_page)
    return match["path"] if match else ""


def plain_routes(text: str) -> tuple[str, ...]:
    """Return the paths that the document *text* lets one GET without any parameter, in its order."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict) or "openapi" not in document:
        return ()
    prefix = _prefix(document)
    return tuple(prefix + path for path in _plain(document["paths"]))[:MOST_ROUTES]


def _plain(paths: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in paths.items():
        if not isinstance(operations, dict) or "{" in path or _LEFT_ALONE.search(path) or _MEANT_TO_FAIL.search(path):
            continue
        operation = operations.get("get")
        if isinstance(operation, dict) and not _asks_for_something(operations, operation):
            yield path


def _asks_for_something(*holders: Mapping[str, Any]) -> bool:
    stated = [holder.get("parameters") or [] for holder in holders]
    if not all(isinstance(one, list) for one in stated):
        return True
    parameters = [each for one in stated for each in one]
    return any(not isinstance(each, dict) or "$ref" in each or each.get("required") for each in parameters)


def _prefix(document: Mapping[str, Any]) -> str:
    """Return the path below which the server mounts all routes, where the first server is a path of its own."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    url = first.get("url", "") if isinstance(first, dict) else ""
    return url.rstrip("/") if isinstance(url, str) and url.startswith("/") and "{" not in url else ""
