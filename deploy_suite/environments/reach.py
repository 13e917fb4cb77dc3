"""Whether a build failed because this machine cannot reach what the target can: tested, not read from error texts."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from deploy_suite.environments import releases, room
from deploy_suite.environments.base import Installer, Workshop
from deploy_suite.environments.recipe import Recipe
from deploy_suite.environments.stand_ins import Call
from deploy_suite.errors import CannotCheckError, MachineError

_MOST_HOSTS: Final = 6
_LAST_CHARACTERS: Final = 20_000  # what was not reached earlier did not end the build
_URL: Final = re.compile(r"(?:git\+|hg\+|svn\+)?(?P<url>https?://[^\s'\"]+)")
_NPM: Final = frozenset({"npm", "npx", "yarn", "pnpm", "corepack"})
_NPM_REGISTRY: Final = "https://registry.npmjs.org"
# Programs report to these, and go on where they cannot.
_TOLD_ONLY: Final = re.compile(
    r"(?:^|\.)(?:sentry\.io|posthog\.com|segment\.(?:io|com)|mixpanel\.com|datadoghq\.(?:com|eu)|honeycomb\.io"
    r"|telemetry\.[\w.-]+|pydantic\.dev)$"
)
_LAST_WORDS: Final = 2_000
_OF_TARGET: Final = re.compile(r"/opt/render/project/(?!src\b)[\w./-]*[\w/-]")
_FRAME: Final = re.compile(r"\s*\n[ \t]*[│├╰][ │├╰─▶]*")  # uv breaks its lines within a frame
# What Poetry, Node, curl, git, pip and Python say of a host that was not reached; the host itself is then asked.
_NOT_REACHED: Final = re.compile(
    r"(?:All attempts to connect to|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|Could not resolve host:"
    r"|Failed to connect to|[Ff]ailed to resolve"
    r"|unable to resolve host address|lookup|Connection to|host=)[ '\"]+(?P<host>(?:[\w-]+\.)+[a-z]{2,})\b"
    r"|(?:request to|unable to access|[Ff]ailed to fetch:?|GET|urlopen error for)[ '\"`]+https?://(?P<of_url>(?:[\w-]+\.)+[a-z]{2,})"
)


def blame_machine(calls: Sequence[Call], *, installer: Installer, workshop: Workshop) -> None:
    """Say so if a build failed because the disk is full or the package index out of reach. Raises: MachineError."""
    room.blame_disk(workshop.ports.workplace.cache)
    if any(call.code and call.program not in _NPM for call in calls):
        blame_index(installer, workshop)


def blame_index(installer: Installer, workshop: Workshop) -> None:
    """Say so if the package index does not answer: then nothing that was asked of it proves anything.

    Raises: MachineError.
    """
    if not installer.reaches_index(workshop):
        raise MachineError(
            "the package index cannot be reached from this machine",
            remedy="check the network, the proxy (HTTPS_PROXY) and the index (PIP_INDEX_URL, UV_DEFAULT_INDEX)",
        )


def blame_layout(calls: Sequence[Call], *, log: str) -> None:
    """Say so if a build failed over a place beside the sources that only the target has. Raises: CannotCheckError.

    Render lays the Python that is asked for to /opt/render/project/python, and builds may name it by that path.
    """
    told = (*(word for call in calls if call.code for word in call.arguments), log[-_LAST_WORDS:])
    if found := next(filter(None, map(_OF_TARGET.search, told)), None):
        raise CannotCheckError(
            f"the build names {found[0]}, a place that only the target has",
            remedy="call `python` and `pip` by their names alone, which are those of the service's environment there",
        )


def blame_network(calls: Sequence[Call], recipe: Recipe, workshop: Workshop, *, log: str = "") -> None:
    """Say so if a build failed that fetches from another host out of reach. Raises: CannotCheckError.

    Shape: *log* is what the build printed: the hosts that it says it did not reach are asked too.
    """
    failed = [call for call in calls if call.code]
    hosts = (*_hosts(failed, recipe, workshop), *_not_reached(log))
    out_of_reach = _out_of_reach(tuple(dict.fromkeys(hosts))[:_MOST_HOSTS], workshop)
    if out_of_reach:
        raise CannotCheckError(
            f"the build fetches from {', '.join(out_of_reach)}, which this machine cannot reach",
            remedy="run the preflight where that host can be reached",
        )


def _hosts(failed: Sequence[Call], recipe: Recipe, workshop: Workshop) -> Iterator[str]:
    """Yield the hosts that the failed calls fetched from, as "https://host"."""
    texts = [word for call in failed for word in call.arguments]
    if failed:
        texts += [line.text for line in recipe.lines if line.target]
        # Of an index that a requirements file names, pip does not tell that it is what it did not reach.
        texts += [option for file in recipe.files for option in file.options]
    for text in texts:
        for match in _URL.finditer(text):
            with suppress(ValueError):  # a log may hold what only begins like a URL
                parts = urlsplit(match["url"])
                if parts.hostname:
                    yield f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    if any(call.program in _NPM for call in failed):
        settings = {name.lower(): value.revealed() for name, value in workshop.settings.items()}
        yield settings.get("npm_config_registry", _NPM_REGISTRY).rstrip("/")


def _not_reached(log: str) -> Iterator[str]:
    for match in _NOT_REACHED.finditer(_FRAME.sub(" ", log[-_LAST_CHARACTERS:])):
        host = match["host"] or match["of_url"]
        if not _TOLD_ONLY.search(host):
            yield f"https://{host}"


def _out_of_reach(hosts: Sequence[str], workshop: Workshop) -> list[str]:
    """Return those that answer nothing at all; an error page is an answer."""
    found = []
    for host in hosts:
        question = json.dumps({"indexes": [host], "names": [""]})
        done = workshop.run((sys.executable, "-I", "-S", str(releases.QUERY)), stdin=question)
        try:
            answered = json.loads(done.out)[""]["status"] != 0
        except (ValueError, KeyError):
            answered = True  # the question itself went wrong: no reason to blame the network
        if not answered:
            found.append(urlsplit(host).hostname or host)
    return found
