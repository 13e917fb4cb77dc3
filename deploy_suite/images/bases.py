"""The name of a base image into the Python that it brings."""

import re
from dataclasses import dataclass
from typing import Final

_VERSION: Final = re.compile(r"(?P<version>3\.\d{1,2}(?:\.\d{1,2})?)(?:$|[-a-z])")
_NEWEST: Final = re.compile(
    r"(?:|latest|3|slim|alpine|(?:3-|slim-|alpine-)?[a-z]+[\d.]*|3-slim(?:-[a-z]+)?|slim-[a-z]+)"
)
_UV_VERSION: Final = re.compile(r"python(?P<version>3\.\d{1,2}(?:\.\d{1,2})?)(?:$|-)")
_OTHER_KIND: Final = re.compile(r"chainguard|distroless|nvidia|lambda")
# Those of the devcontainers are built on Docker's own: "3.12-bookworm", "1-3.12", "dev-3.12".
_OF_DESK: Final = re.compile(r"(?:(?:dev|\d+(?:\.\d+)*)-)(?=3\.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base image in which Python is installed as python.org's images have it.

    Shape: `version` is "3.12", "3.12.4" or "" where the tag leaves it open.
    """

    name: str
    version: str

    @property
    def is_musl(self) -> bool:
        """Whether its C library is musl, for which other wheels count."""
        return "alpine" in self.name


def read(name: str) -> Base | None:
    """Return what *name* brings, None for an image without Python, or one of which nothing is known.

    Source: https://hub.docker.com/_/python, https://docs.astral.sh/uv/guides/integration/docker/#available-images,
    https://github.com/devcontainers/images/tree/main/src/python
    """
    bare = name.partition("@")[0]
    path, _, tag = bare.rpartition(":") if ":" in bare.rpartition("/")[2] else (bare, "", "")
    last = path.rpartition("/")[2].lower()
    if _OTHER_KIND.search(path.lower()):
        return None
    if last == "python":
        tag = _OF_DESK.sub("", tag, count=1) if "devcontainers/" in path.lower() else tag
        found = _VERSION.match(tag)
        if found:
            return Base(name=name, version=found["version"])
        return Base(name=name, version="") if _NEWEST.fullmatch(tag) else None
    found = _UV_VERSION.search(tag) if path.lower().endswith("astral-sh/uv") else None
    return Base(name=name, version=found["version"]) if found else None


def is_of_javascript(name: str) -> bool:
    """Whether an image is there to build what browsers load."""
    return re.search(r"(?:^|[/-])(?:node|bun|deno|yarn|pnpm)(?:$|[/:@-])", name.lower()) is not None


def is_of_installer(name: str) -> bool:
    """Whether an image is there for an installer alone, which one copies from it."""
    path = name.partition("@")[0].lower()
    return re.search(r"(?:^|/)astral-sh/uv(?::(?!python).*)?$", path) is not None
