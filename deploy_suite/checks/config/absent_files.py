"""A file that a command names and the commit lacks → the finding, with the file that must be meant."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks.config import saying
from deploy_suite.checks.config.calls import Call
from deploy_suite.checks.config.subject import Subject
from deploy_suite.model import on_disk
from deploy_suite.model.finding import Finding
from deploy_suite.model.mend import Mend
from deploy_suite.project import snapshot_files

_ALMOST: Final = 0.85
_MAKERS: Final = (
    *("cp", "mv", "ln", "touch", "tee", "mkdir", "install", "rsync"),
    *("curl", "wget", "git", "unzip", "tar", "sed", "envsubst"),
)
_OTHER_ROOT: Final = "wrong-root-directory"
_NOT_PUSHED: Final = "module-not-pushed"
_NO_FILE: Final = "command-file-missing"
_MAY_BE_MADE: Final = "likely: other parts of the commands cannot be read without running them, and may make it"
_ROOT_KEY: Final = re.compile(
    r"""^[ \t-]*(?P<key>(?:root|base|work|working|source)[_-]?(?:dir|directory|folder|path)?):"""
    r"""[ \t]*["']?\.?/?(?P<folder>[\w./-]*\w)/?["']?[ \t]*(?:#.*)?$""",
    re.IGNORECASE | re.MULTILINE,
)
_TESTS: Final = frozenset({"[", "[[", "test"})
_SEARCHED_LEVELS: Final = 4
_SKIPPED: Final = frozenset({"node_modules", "venv", ".venv", "env", ".git", "site-packages"})


def problems(call: Call, path: PurePosixPath, subject: Subject, *, code: str) -> Iterator[Finding]:
    """Yield that the commit lacks *path*, which *call* names, as *code* unless a better cause is seen."""
    if (
        _is_had(path, subject)
        or not call.always_runs
        or _is_made(call, path, subject)
        or _is_tested(call, path, subject)
    ):
        return
    not_pushed = _not_pushed(path, subject)
    elsewhere = _elsewhere(path, subject)
    twin = elsewhere or (None if not_pushed else _alike(path, subject))
    shown = str(path) if path.name == path.name.strip() else f"'{path}'"
    message = f"the commit has no {shown}, which {_user(call, path)}"
    if path.name != path.name.strip():
        remedy = f"write the option and `{path.name.strip()}` as two words in {saying.where(subject, call)}"
    elif not_pushed:
        code, remedy = (
            _NOT_PUSHED,
            f"git add {'-f ' if not_pushed == 'ignored' else ''}{path} && git commit && git push",
        )
    elif elsewhere:
        code, remedy = _in_other_folder(call, path, elsewhere, subject, code)
    elif twin:
        remedy = f"git mv {twin} {path} && git commit, or correct the name in {saying.where(subject, call)}"
    else:
        remedy = f"commit {path}, or correct its name in {saying.where(subject, call)}"
    may_be_made = call.step in subject.calls.uncertain and call.script is None and call.written.before
    finding = saying.of_call(
        subject,
        call,
        code=f"{code}:{path.name.strip()}" if code == _NO_FILE else code,
        message=f"{message}; there is {elsewhere}" if elsewhere else message,
        remedy=remedy,
        certainty=_MAY_BE_MADE if may_be_made else "",
        evidence=(f"{path} is {not_pushed} in the working folder",) if not_pushed else (),
    )
    yield replace(finding, mend=_mend(path, twin, subject) if twin else None)


def _is_had(path: PurePosixPath, subject: Subject) -> bool:
    """Whether the commit has the file, or a submodule that is not at hand may."""
    is_there = snapshot_files.find(subject.folder, path) or snapshot_files.is_folder(subject.folder, path)
    return bool(is_there) or snapshot_files.is_in_absent_submodule(subject.folder, path)


def _user(call: Call, path: PurePosixPath) -> str:
    """Return what wants the file, for a sentence: the program that is given it, or the text in which it is called."""
    if call.program != path.name:
        return f"{call.program} is given"
    return f"{call.script or f'the {call.step.value}'} runs"


def _mend(path: PurePosixPath, twin: PurePosixPath, subject: Subject) -> Mend | None:
    """Return the file that must be meant, in the place of *path*; a whole folder where that is not there.

    A Python file alone in another folder would import other modules than it does in its own.
    """
    says = f"{twin} lies at {path}"
    if not snapshot_files.is_folder(subject.folder, path.parent):
        return Mend(file=str(path.parent), twin=str(twin.parent), says=says)
    return None if path.suffix == ".py" else Mend(file=str(path), twin=str(twin), says=says)


def _alike(path: PurePosixPath, subject: Subject) -> PurePosixPath | None:
    """Return the file beside *path* whose name is almost its own: a letter lost or exchanged."""
    try:
        names = [one.name for one in (subject.folder / path.parent).iterdir() if on_disk.is_file(one)]
    except (OSError, ValueError):
        return None
    import difflib  # noqa: PLC0415  only a file that is missing needs it

    near = difflib.get_close_matches(path.name, names, n=1, cutoff=_ALMOST)
    return path.parent / near[0] if near else None


def _in_other_folder(
    call: Call, path: PurePosixPath, elsewhere: PurePosixPath, subject: Subject, code: str
) -> tuple[str, str]:
    """Return the cause and the remedy for a file that lies in another folder."""
    name = PurePosixPath(*path.parts[len(subject.root.parts) :]) if path.is_relative_to(subject.root) else path
    where = saying.where(subject, call)
    if not elsewhere.is_relative_to(subject.root) or not str(elsewhere).endswith(str(name)):
        base = f"the folder {elsewhere.parent}" if elsewhere.parent.parts else "the repository's top"
        return code, f"name {elsewhere.name} in {base} in its place in {where}"
    folder = PurePosixPath(*elsewhere.parts[: len(elsewhere.parts) - len(name.parts)])
    if misnamed := _misnamed(folder, subject):
        return _OTHER_ROOT, misnamed
    if call.script is not None:  # a root directory would leave the script itself outside
        return _OTHER_ROOT, f"name {elsewhere} in {where}, or write `cd {folder}` before that line"
    if kept := _list_of_root(folder, subject):
        before = f"write `cd {folder} && ` before `{call.program}` in {where} ({kept} is right where it lies)"
        return _OTHER_ROOT, f"{before}, or name {elsewhere}"
    return _OTHER_ROOT, f"write `rootDir: {folder}` for {subject.contract.service} in {where}, or name {elsewhere}"


def _list_of_root(folder: PurePosixPath, subject: Subject) -> PurePosixPath | None:
    """Return a list that is installed from the root directory, and that would be missing if *folder* were that."""
    for _, install in subject.installed.installs:
        for file in map(PurePosixPath, install.files):
            is_of_root = file.is_relative_to(subject.root) and snapshot_files.find(subject.folder, file)
            if is_of_root and not snapshot_files.find(subject.folder, folder / file.relative_to(subject.root)):
                return file
    return None


def _misnamed(folder: PurePosixPath, subject: Subject) -> str:
    """Return what to do about a key that no target knows and that means the root directory: it names *folder*."""
    place = subject.manifest
    text = snapshot_files.text(subject.folder, PurePosixPath(place.file)) if place else None
    lines = [match for match in _ROOT_KEY.finditer(text or "") if PurePosixPath(match["folder"]) == folder]
    if place is None or len(lines) != 1 or lines[0]["key"] == "rootDir":
        return ""
    line = (text or "").count("\n", 0, lines[0].start()) + 1
    return f"rename `{lines[0]['key']}:` in {place.file}:{line} to `rootDir:`, which is the key that counts"


def _not_pushed(path: PurePosixPath, subject: Subject) -> str:
    """Return "untracked" or "ignored" for a file that the working folder has and the commit lacks."""
    for kind, paths in (("untracked", subject.state.untracked), ("ignored", subject.state.ignored)):
        if any(holds(one, path) for one in paths):
            return kind
    return ""


def holds(listed: str, path: PurePosixPath) -> bool:
    """Whether the listed path is *path* or a folder around it."""
    return str(path) == listed or (listed.endswith("/") and str(path).startswith(listed))


def _is_made(call: Call, path: PurePosixPath, subject: Subject) -> bool:
    """Whether an earlier command may have written the file."""
    for earlier in subject.calls.calls:
        if earlier is call:
            return False
        line = earlier.line
        if path.name in line and (">" in line or earlier.program in _MAKERS or " -o" in line or "--output" in line):
            return True
        if earlier.program == "git" and {"clone", "submodule"} & set(earlier.words):
            return True
    return False


def _is_tested(call: Call, path: PurePosixPath, subject: Subject) -> bool:
    """Whether an earlier `[ -f … ]` asks for the file."""
    return any(
        earlier.program in _TESTS and path.name in earlier.line
        for earlier in subject.calls.calls
        if earlier.step is call.step
    )


def _elsewhere(path: PurePosixPath, subject: Subject) -> PurePosixPath | None:
    """Return the file of the same name that the commit has in another folder, the nearest to the top."""
    found: list[PurePosixPath] = []
    for base, folders, files in os.walk(subject.folder):
        depth = len(Path(base).relative_to(subject.folder).parts)
        folders[:] = sorted(name for name in folders if name not in _SKIPPED) if depth < _SEARCHED_LEVELS else []
        if path.name in files:
            found.append(PurePosixPath(Path(base, path.name).relative_to(subject.folder).as_posix()))
    return min(found, key=lambda one: (len(one.parts), str(one)), default=None)
