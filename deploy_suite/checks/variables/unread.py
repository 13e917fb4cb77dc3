"""Variables that a file states and nothing reads, as far as texts tell: at most a note."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.variables import stated
from deploy_suite.model.contract import Variable
from deploy_suite.model.finding import Finding, Outcome

# Read by servers, runtimes and libraries below Python, or by prefixes that no text holds as a whole.
_OF_OTHERS: Final = re.compile(
    r"^(?:PYTHON|PIP_|UV_|POETRY_|PIPENV_|GUNICORN_|UVICORN_|HYPERCORN_|GRANIAN_|FLASK_|DJANGO_|CELERY|WEB_CONCURRENCY"
    r"|FORWARDED_ALLOW_IPS|PG[A-Z]+$|AWS_|GOOGLE_|AZURE_|OPENAI_|ANTHROPIC_|SENTRY_|OTEL_|DD_|NEW_RELIC_|NODE_|NPM_|YARN_"
    r"|LD_|LC_|LANG|TZ$|HOME$|PATH$|TERM|DEBIAN|SSL_|REQUESTS_|CURL_|HTTPS?_|NO_PROXY|OMP_|MKL_|OPENBLAS_|NUMEXPR_|CUDA|HF_"
    r"|TRANSFORMERS_|TORCH|TF_|TOKENIZERS_|MALLOC|GOMAXPROCS|RENDER|PORT$|HOST$|BUNDLE_|RAILS_|SECRET_KEY_BASE|VITE_"
    r"|NEXT_PUBLIC_|REACT_APP_|DEPLOY)"
)
_SKIPPED: Final = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv"})
_BINARY: Final = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".ico",
    ".woff",
    ".woff2",
    ".ttf",
    ".pdf",
    ".zip",
    ".gz",
    ".whl",
    ".so",
)
_LARGEST: Final = 1_000_000
_MOST_NAMES: Final = 12
# Words of a name that a prefix may have put in front: APP_DATABASE_URL is read as `database_url`.
_SHORTEST_REST: Final = 4


def findings(built: Built) -> Iterator[Finding]:
    """Return a note on the variables whose name stands in no file of the project and of no installed package."""
    contract = built.case.contract
    asked = [one for one in stated.by_manifest(contract) if not _OF_OTHERS.match(one.name)]
    texts = " ".join(command.text for command in (contract.build, contract.pre_deploy, contract.start) if command)
    wanted = {one.name: one for one in asked if one.name not in texts}
    if not wanted or len(wanted) > _MOST_NAMES * 4:
        return
    manifests = frozenset(one.location.file for one in asked if one.location)
    left = unnamed(wanted, built.case.snapshot.folder, skipped=manifests, with_rest=True)
    if left and len(left) <= _MOST_NAMES:
        left = unnamed(left, built.environment.venv, only=".py")
    if left:
        yield _note([wanted[name] for name in left])


def is_of_others(name: str) -> bool:
    """Whether a server, a runtime or a library below Python reads the variable *name*, so that no source need to."""
    return bool(_OF_OTHERS.match(name))


def unnamed(
    wanted: Iterable[str],
    folder: Path,
    *,
    skipped: frozenset[str] = frozenset(),
    only: str = "",
    with_rest: bool = False,
) -> list[str]:
    """Return those names of *wanted* that no file below *folder* holds."""
    left = {name: _forms(name, with_rest=with_rest) for name in wanted}
    for path in _files(folder, skipped, only):
        try:
            with open(path, "rb") as file:  # noqa: PTH123  thousands of files: half the time of Path
                data = file.read(_LARGEST).lower()
        except OSError:
            continue
        left = {name: forms for name, forms in left.items() if not any(form in data for form in forms)}
        if not left:
            break
    return list(left)


def _forms(name: str, *, with_rest: bool) -> Sequence[bytes]:
    """Return how a file may write the name: settings classes write it small, and without their prefix."""
    words = name.lower().split("_")
    rests = ("_".join(words[at:]) for at in range(1, min(3, len(words)))) if with_rest else ()
    return [name.lower().encode(), *(rest.encode() for rest in rests if len(rest) > _SHORTEST_REST)]


def _files(folder: Path, skipped: frozenset[str], only: str) -> Iterator[str]:
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in names:
            path = f"{base}/{name}"
            is_wanted = name.endswith(only) if only else not name.endswith(_BINARY)
            if is_wanted and os.path.relpath(path, folder) not in skipped:
                yield path


def _note(unread: Sequence[Variable]) -> Finding:
    names = ", ".join(one.name for one in unread)
    return Finding(
        code="unread-env-var",
        outcome=Outcome.NOTE,
        message=f"no file of the project and no installed package has the name {names}",
        location=unread[0].location,
        evidence=tuple(f"{one.location}: {one.name}" for one in unread),
        remedy="correct the name if it is meant for the application, or remove it",
    )
