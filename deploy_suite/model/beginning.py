"""What a project needs that has not met the suite yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A file for the top of the project.

    Shape: `is_there` says that there is one already, which is left alone; `is_done` that it needs nothing more.
    """

    path: str
    text: str
    is_there: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundService:
    """A service.

    Shape: `health_path` is the manifest's or, with `is_guess`, a route that looks like one; or "". `code` makes it tell
    its commit in the header `header`, and `put` says where the code belongs; "" where no code is known. `is_known`
    says that deploy.toml tells already where the commit is found.
    """

    name: str
    target: str
    header: str
    health_path: str = ""
    is_guess: bool = False
    routes: tuple[str, ...] = ()
    put: str = ""
    code: str = ""
    tells_already: bool = False
    is_known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The advice."""

    files: tuple[Proposed, ...]
    services: tuple[FoundService, ...]
