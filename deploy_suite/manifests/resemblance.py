"""The text of a file → what it holds in truth, where its name promises something else."""

import re
from collections.abc import Callable, Mapping
from typing import Final

_INSTRUCTION: Final = re.compile(r"(?:FROM|RUN|CMD|COPY|ADD|ENV|ARG|WORKDIR|EXPOSE|ENTRYPOINT|USER|LABEL)\s+\S")
_REQUIREMENT: Final = re.compile(
    r"[A-Za-z0-9][\w.-]*(?:\[[\w,. -]+\])?\s*(?:[=<>!~]=?\s*[\w.*+!]+(?:\s*,\s*[<>!=~]=?\s*[\w.*]+)*)?"
)
_SERVICES: Final = re.compile(r"^services:\s*$", re.MULTILINE)
_TYPED: Final = re.compile(r"^\s*-?\s*type:\s*\w+", re.MULTILINE)
_SHEBANG: Final = re.compile(r"#!.*\b(?:ba|da|z)?sh\b")
_COMMAND: Final = re.compile(
    r"(?:\$ )?(?:pip3?|python3?|gunicorn|uvicorn|hypercorn|daphne|flask|streamlit|celery|poetry|pipenv|uv|npm|cd|bash)"
    r"(?: \S+)+"
)
_PROCESS: Final = re.compile(r"(?:web|worker|release|beat|clock):\s+\S")


def content(text: str) -> str:
    """Return "a Dockerfile", "a Blueprint", "a list of requirements", "a Procfile" or "a shell script", "" for others.

    Only what leaves no doubt is named; the kinds exclude each other.
    """
    return next((name for name, holds in _KINDS.items() if holds(text)), "")


def are_commands(text: str) -> bool:
    """Whether *text* is what a person types to install and start a service, and nothing else."""
    lines = [line.strip() for line in _meaningful(text)]
    return bool(lines) and all(map(_COMMAND.fullmatch, lines))


def first_line(text: str) -> int:
    """Return the number of the first line that is neither empty nor a comment."""
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if line.strip() and not line.lstrip().startswith("#")), 1)


def _meaningful(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _is_dockerfile(text: str) -> bool:
    lines = _meaningful(text)
    return bool(lines) and lines[0].startswith(("FROM ", "ARG ")) and sum(map(bool, map(_INSTRUCTION.match, lines))) > 1


def _is_blueprint(text: str) -> bool:
    return bool(_SERVICES.search(text) and _TYPED.search(text))


def _is_script(text: str) -> bool:
    return bool(_SHEBANG.match(text.lstrip("\ufeff")))


def _is_procfile(text: str) -> bool:
    lines = _meaningful(text)
    return bool(lines) and all(map(_PROCESS.match, lines))


def _is_requirements(text: str) -> bool:
    lines = [line.split(" #")[0].strip() for line in _meaningful(text)]
    return bool(lines) and all(map(_REQUIREMENT.fullmatch, lines))


_KINDS: Final[Mapping[str, Callable[[str], bool]]] = {
    "a shell script": _is_script,
    "a Dockerfile": _is_dockerfile,
    "a Blueprint": _is_blueprint,
    "a Procfile": _is_procfile,
    "a list of requirements": _is_requirements,
}
