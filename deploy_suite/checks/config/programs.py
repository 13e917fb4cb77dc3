"""Programs and worker classes of the commands against what the build installs."""

from collections.abc import Iterator
from enum import Enum
from typing import Final

from deploy_suite.checks.config import gunicorn, saying
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.knowledge.platforms import servers
from deploy_suite.knowledge.platforms.servers import Provided
from deploy_suite.model.finding import Finding

_MAY_BE_CARRIED: Final = (
    "likely: no requirement names it; another requirement may bring it, which the built environment shows"
)
_STEPS: Final = (Step.PRE_DEPLOY, Step.START)


class _Absence(Enum):
    """How sure it is that a distribution is not installed."""

    CERTAIN = "certain"
    LIKELY = "likely"
    NONE = "none"


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield programs that no requirement provides, and worker classes whose package none provides."""
    reported: set[str] = set()
    for call in subject.calls.of(*_STEPS):
        if not call.always_runs or call.program in reported or _brings_its_own(call):
            continue
        program = servers.program(call.program)
        if program and "-" in program.name and "-m" in (before := _before_program(call)):
            yield _no_module(call, " ".join((*before, program.name)), subject)
        found = tuple(_missing(call, call.program, program, subject)) if program else ()
        if found:
            reported.add(call.program)
        yield from found
        if call.program == "gunicorn" and not found:
            yield from _worker(call, subject)
        if program and not found:
            yield from _elsewhere(call, subject)


def _before_program(call: Call) -> tuple[str, ...]:
    """Return the words in front of the program: what runs it."""
    words = call.written.words
    return words[: words.index(call.program)] if call.program in words else ()


def _no_module(call: Call, written: str, subject: Subject) -> Finding:
    """Return that Python is to run a program as a module, which a name with a hyphen in it never is."""
    name = call.program
    return saying.of_call(
        subject,
        call,
        code=f"start-command-wrong-module:{name}",
        message=f"{name} is a program and no module: `{written}` ends with 'No module named {name}'",
        remedy=f"write `{name}` in place of `{written}` in {saying.where(subject, call)}",
    )


def _brings_its_own(call: Call) -> bool:
    """Whether the call installs what it runs, as `uvx` and `uv run --with` do."""
    return call.written.program in {"uvx", "pipx"} or "--with" in call.written.words or "/" in call.command.program


def _missing(call: Call, name: str, provided: Provided, subject: Subject) -> Iterator[Finding]:
    absence = _absence(provided, subject)
    if absence is not _Absence.NONE:
        slug = "gunicorn-not-installed" if name == "gunicorn" else f"start-command-not-found:{name}"
        yield saying.of_call(
            subject,
            call,
            code=slug,
            message=f"no requirement brings {provided.distribution}, so the command ends with {_error(call, name)!r}",
            remedy=_add(provided.distribution, subject),
            certainty="" if absence is _Absence.CERTAIN else _MAY_BE_CARRIED,
            evidence=_sources(subject),
        )


def _error(call: Call, name: str) -> str:
    return f"No module named {name}" if "-m" in call.written.words else f"{name}: command not found"


def _absence(provided: Provided, subject: Subject) -> _Absence:
    installed = subject.installed
    if not installed.is_certain or not provided.distribution:
        return _Absence.NONE
    if provided.distribution in installed.names or provided.carriers & installed.names:
        return _Absence.NONE
    if any(name.startswith(f"{provided.distribution}-") for name in installed.names):
        return _Absence.NONE
    if installed.is_closed or provided.is_rarely_carried:
        return _Absence.CERTAIN
    return _Absence.NONE if any(installed.extras.values()) else _Absence.LIKELY


def _worker(call: Call, subject: Subject) -> Iterator[Finding]:
    given = gunicorn.setting(call, subject, options=("-k", "--worker-class"), name="worker_class")
    name = given.value if given else None
    known = servers.worker(name) if name else None
    if known is None or _absence(known, subject) is _Absence.NONE:
        return
    yield saying.of_call(
        subject,
        call,
        code="gunicorn-worker-class-not-found",
        message=f"no requirement brings {known.distribution}, which holds the worker class {name}",
        remedy=_add(known.distribution, subject),
        certainty="" if _absence(known, subject) is _Absence.CERTAIN else _MAY_BE_CARRIED,
        evidence=_sources(subject),
    )


def _elsewhere(call: Call, subject: Subject) -> Iterator[Finding]:
    """Yield a program that `uv sync` puts into a virtual environment which is not the one on the PATH.

    uv makes `.venv` in the project's folder, whatever VIRTUAL_ENV says; the target's PATH has the one at the top.
    Source: https://docs.astral.sh/uv/concepts/projects/config/#project-environment-path
    """
    tools = {install.tool for _, install in subject.installed.installs if not install.is_seed}
    folders = {install.folder for _, install in subject.installed.installs if install.tool == "uv sync"}
    moved = subject.has_variable("UV_PROJECT_ENVIRONMENT") or "--active" in " ".join(
        one.line for one in subject.calls.calls
    )
    activates = any("bin/activate" in one.line or ".venv/bin" in one.line for one in subject.calls.of(Step.START))
    if subject.contract.container is not None:  # an image has a PATH of its own
        return
    if tools != {"uv sync"} or "" in folders or moved or activates or call.written.program == "uv":
        return
    folder = next(iter(folders))
    yield saying.of_call(
        subject,
        call,
        code="wrong-python-environment",
        message=f"`uv sync` installs into {folder}/.venv, and {call.program} is looked for in the .venv at the top",
        remedy=f"write `uv run {saying.quoted(call)}` in {saying.where(subject, call)}",
        certainty="likely: the PATH of the target names the environment at the top of the repository",
    )


def _add(distribution: str, subject: Subject) -> str:
    """Return how to add *distribution* where this project lists what it needs."""
    for _, install in subject.installed.installs:
        if install.tool == "uv sync":
            return f"uv add {distribution}"
        if install.tool in {"poetry", "pipenv"}:
            return f"{install.tool} {'add' if install.tool == 'poetry' else 'install'} {distribution}"
        if install.files:
            return f"add {distribution} to {install.files[0]}"
    return f"add {distribution} to the requirements"


def _sources(subject: Subject) -> tuple[str, ...]:
    files = [file for _, install in subject.installed.installs for file in (*install.files, *install.locks)]
    listed = ", ".join(dict.fromkeys(files))
    return (f"installed from: {listed}",) if listed else ()
