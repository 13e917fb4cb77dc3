"""The module that the start command names: is it in the commit, where the server looks?"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from deploy_suite.checks.config import binding, saying
from deploy_suite.checks.config.absent_files import holds
from deploy_suite.checks.config.calls import Call, Step
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model import on_disk
from deploy_suite.model.finding import Finding
from deploy_suite.model.project import EntryPoint
from deploy_suite.project import app_finder, module_places, snapshot_files
from deploy_suite.project.module_places import ModulePlace

_CODES: Final = {"gunicorn": "gunicorn-module-path", "uvicorn": "uvicorn-module-path"}
_BUILT_FROM: Final = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.py")


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield a module that the server cannot import because the commit does not have it there."""
    entry = subject.contract.entry
    call = next((one for one in reversed(subject.calls.of(Step.START)) if binding.is_server(one)), None)
    if entry is None or call is None or entry.file is not None or not entry.attribute or not call.always_runs:
        return
    candidates = tuple(_candidates(entry))
    unpushed = _unpushed(candidates, subject)
    if unpushed:
        yield _not_pushed(call, entry, unpushed, subject)
    elif not _may_be_installed(entry, subject):
        yield _absent(call, entry, candidates, subject)


def _candidates(entry: EntryPoint) -> Iterator[PurePosixPath]:
    for base in entry.search_path:
        stem = base.joinpath(*entry.module.split("."))
        yield stem.with_name(f"{stem.name}.py")
        yield stem / "__init__.py"


def _unpushed(candidates: tuple[PurePosixPath, ...], subject: Subject) -> tuple[PurePosixPath, str] | None:
    for kind, listed in (("untracked", subject.state.untracked), ("ignored", subject.state.ignored)):
        for path in candidates:
            if any(holds(one, path) for one in listed):
                return path, kind
    return None


def _not_pushed(call: Call, entry: EntryPoint, found: tuple[PurePosixPath, str], subject: Subject) -> Finding:
    path, kind = found
    return saying.of_call(
        subject,
        call,
        code="module-not-pushed",
        message=f"the start command imports {entry.module}, and {path} is not in the commit: it is {kind}",
        remedy=f"git add {'-f ' if kind == 'ignored' else ''}{path} && git commit && git push",
    )


def _may_be_installed(entry: EntryPoint, subject: Subject) -> bool:
    """Whether the module may come from an installed distribution, or from a folder that is not known."""
    top = entry.module.partition(".")[0]
    names = {name.replace("-", "_") for name in subject.installed.names}
    unknown_path = subject.has_variable("PYTHONPATH") or any(
        name == "PYTHONPATH" for call in subject.calls.calls for name, _ in call.written.assignments
    )
    return (
        unknown_path
        or subject.installed.is_local
        or not subject.installed.installs
        or canonicalize_name(top) in subject.installed.names
        or any(top in name or name in top for name in names)
    )


def _absent(call: Call, entry: EntryPoint, candidates: tuple[PurePosixPath, ...], subject: Subject) -> Finding:
    elsewhere = module_places.nearest(subject.folder, entry.module)
    meant = None if elsewhere else app_finder.meant(subject.folder, subject.root, wanted=entry)
    uncertain = "" if subject.installed.is_certain else "likely: what the build installs cannot be told in full"
    return saying.of_call(
        subject,
        call,
        code=_CODES.get(call.program, "start-command-wrong-module"),
        message=f"the server finds no application in {entry.module}: {_why(candidates, subject)}",
        remedy=_remedy(call, entry, subject, elsewhere=elsewhere, meant=meant),
        certainty=uncertain,
        evidence=(*((f"there is {elsewhere.file}",) if elsewhere else ()), *_told(meant)),
    )


def _why(candidates: tuple[PurePosixPath, ...], subject: Subject) -> str:
    module, package = candidates[:2]
    if snapshot_files.is_folder(subject.folder, package.parent):
        return f"{package.parent} is a folder without __init__.py, and there is no {module}"
    return f"the commit has neither {module} nor {package}"


def _told(meant: EntryPoint | None) -> tuple[str, ...]:
    return (f"{meant.location} makes the application {meant.spec}",) if meant else ()


def _remedy(
    call: Call,
    entry: EntryPoint,
    subject: Subject,
    *,
    elsewhere: ModulePlace | None,
    meant: EntryPoint | None,
) -> str:
    where = saying.where(subject, call)
    written = entry.spec if entry.spec in call.line else entry.module  # gunicorn takes a module for its `application`
    if meant is not None:
        return f"write `{meant.spec}` in place of `{written}` in {where}"
    if elsewhere is None:
        return f"commit the module {entry.module}, or correct `{written}` in {where}"
    folder = elsewhere.folder
    option = {"gunicorn": "--chdir", "uvicorn": "--app-dir"}.get(call.program)
    if not any(on_disk.is_file(subject.folder / folder / name) for name in _BUILT_FROM):
        # With a root directory, the target's build would not find what it installs.
        way = f"`{option} {folder}`" if option else f"`cd {folder} &&` in front of `{call.program}`"
        return f"write {way} in {where}"
    return f"write `rootDir: {folder}`" + (f" or `{option} {folder}`" if option else "") + f" in {where}"
