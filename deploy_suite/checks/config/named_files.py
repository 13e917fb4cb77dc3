"""Files that the commands name: are they in the commit, executable, with line ends that a shell reads?"""

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.checks import line_ends
from deploy_suite.checks.config import alembic_files, gunicorn, saying
from deploy_suite.checks.config.calls import Call, Script
from deploy_suite.checks.config.subject import Subject
from deploy_suite.environments import execute_bits
from deploy_suite.model import on_disk
from deploy_suite.model.finding import Finding
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.project import snapshot_files

_ALMOST: Final = 0.85
_PYTHON: Final = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)?)?")
_MAKERS: Final = frozenset(
    {
        "cp",
        "mv",
        "ln",
        "touch",
        "tee",
        "curl",
        "wget",
        "git",
        "unzip",
        "tar",
        "sed",
        "envsubst",
        "install",
        "rsync",
        "mkdir",
    }
)
_ROOT_KEY: Final = re.compile(
    r"""^[ \t-]*(?P<key>(?:root|base|work|working|source)[_-]?(?:dir|directory|folder|path)?):"""
    r"""[ \t]*["']?\.?/?(?P<folder>[\w./-]*\w)/?["']?[ \t]*(?:#.*)?$""",
    re.IGNORECASE | re.MULTILINE,
)
_TESTS: Final = frozenset({"[", "[[", "test"})
_SEARCHED_LEVELS: Final = 4
_SKIPPED: Final = frozenset({"node_modules", "venv", ".venv", "env", ".git", "site-packages"})


def problems(subject: Subject) -> Iterator[Finding]:
    """Yield files that commands name and the commit lacks, and scripts that cannot be run as they are."""
    for script in subject.calls.scripts:
        yield from _script(script, subject)
    for call, install in subject.installed.installs:
        for file in install.files:
            yield from _missing(call, PurePosixPath(file), subject, code="requirements-file-missing")
    for call in subject.calls.calls:
        for path, code in _named(call, subject):
            yield from _missing(call, path, subject, code=code)


def _named(call: Call, subject: Subject) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield the files that *call* needs, with the cause's name if they are missing."""
    if _PYTHON.fullmatch(call.program):
        word = _python_file(call.words)
        if word and (path := call.path(word)):
            yield path, "command-file-missing"
    elif call.program == "gunicorn" and (config := gunicorn.config_file(call, subject)):
        yield config, "command-file-missing"
    elif call.program == "alembic" and not _is_configured_elsewhere(call, subject):
        config = alembic_files.config_path(call)
        if config is not None:
            yield config, "alembic-config-missing"


def _python_file(words: tuple[str, ...]) -> str:
    """Return the script that Python is given, "" for `-c`, `-m` and nothing."""
    for word in words:
        if not word.startswith("-"):
            return word if word.endswith(".py") else ""
        if word in {"-c", "-m", "-W", "-X", "-"}:
            return ""
    return ""


def _is_configured_elsewhere(call: Call, subject: Subject) -> bool:
    """Whether a variable names the file, or pyproject.toml configures Alembic, as it may since Alembic 1.16."""
    if subject.has_variable("ALEMBIC_CONFIG"):
        return True
    path = call.path("pyproject.toml")
    return path is not None and "[tool.alembic" in (snapshot_files.text(subject.folder, path) or "")


def _missing(call: Call, path: PurePosixPath, subject: Subject, *, code: str) -> Iterator[Finding]:
    if snapshot_files.find(subject.folder, path) or snapshot_files.is_folder(subject.folder, path):
        return
    if not call.always_runs or _is_made(call, path, subject) or _is_tested(call, path, subject):
        return
    if snapshot_files.is_in_submodule(subject.folder, path):
        return
    elsewhere = _elsewhere(path, subject)
    not_pushed = _not_pushed(path, subject)
    shown = str(path) if path.name == path.name.strip() else f"'{path}'"
    if shown != str(path):
        remedy = f"write the option and `{path.name.strip()}` as two words in {saying.where(subject, call)}"
    elif not_pushed:
        code, remedy = (
            "module-not-pushed",
            f"git add {'-f ' if not_pushed == 'ignored' else ''}{path} && git commit && git push",
        )
    elif elsewhere:
        code, remedy = _in_other_folder(call, path, elsewhere, subject, code)
    elif alike := _alike(path, subject):
        remedy = f"git mv {alike} {path} && git commit, or correct the name in {saying.where(subject, call)}"
    else:
        remedy = f"commit {path}, or correct its name in {saying.where(subject, call)}"
    parameter = f":{path.name.strip()}" if code == "command-file-missing" else ""
    finding = saying.of_call(
        subject,
        call,
        code=f"{code}{parameter}",
        message=f"the commit has no {shown}, which {_user(call, path)}"
        + (f"; there is {elsewhere}" if elsewhere else ""),
        remedy=remedy,
        certainty="likely: other parts of the commands cannot be read without running them, and may make it"
        if call.step in subject.calls.uncertain and call.script is None and call.written.before
        else "",
        evidence=(f"{path} is {not_pushed} in the working folder",) if not_pushed else (),
    )
    twin = elsewhere or (None if not_pushed else _alike(path, subject))
    yield replace(finding, mend=_mend(path, twin, subject) if twin else None)


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
    call: Call,
    path: PurePosixPath,
    elsewhere: PurePosixPath,
    subject: Subject,
    code: str,
) -> tuple[str, str]:
    """Return the cause and the remedy for a file that lies in another folder."""
    name = PurePosixPath(*path.parts[len(subject.root.parts) :]) if path.is_relative_to(subject.root) else path
    if elsewhere.is_relative_to(subject.root) and str(elsewhere).endswith(str(name)):
        folder = PurePosixPath(*elsewhere.parts[: len(elsewhere.parts) - len(name.parts)])
        where = saying.where(subject, call)
        misnamed = _misnamed(folder, subject)
        say = (
            f"name {elsewhere} in {where}, or write `cd {folder}` before that line"
            if call.script is not None  # a root directory would leave the script itself outside
            else f"write `rootDir: {folder}` for {subject.contract.service} in {where}, or name {elsewhere}"
        )
        return "wrong-root-directory", misnamed or say
    base = f"the folder {elsewhere.parent}" if elsewhere.parent.parts else "the repository's top"
    return code, f"name {elsewhere.name} in {base} in its place in {saying.where(subject, call)}"


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


def _script(script: Script, subject: Subject) -> Iterator[Finding]:
    file = snapshot_files.find(subject.folder, script.path)
    if file is None:
        yield from _missing(script.call, script.path, subject, code="command-file-missing")
        return
    data = snapshot_files.data(subject.folder, script.path) or b""
    if script.is_direct and not snapshot_files.is_executable(file) and not _is_allowed(script, subject):
        yield saying.of_call(
            subject,
            script.call,
            code="entrypoint-not-executable",
            message=f"{script.path} has no execute bit in the commit: Permission denied",
            remedy=f"git update-index --chmod=+x {script.path} && git commit, or call `bash {script.path.name}`",
            certainty="likely: the call stands in a branch that may not be taken"
            if not script.call.always_runs
            else "",
        )
    if b"\r\n" in data:
        yield from _line_ends(script, data, subject)


def _is_allowed(script: Script, subject: Subject) -> bool:
    """Whether an earlier command sets the bit."""
    earlier = itertools.takewhile(lambda call: call is not script.call, subject.calls.calls)
    return execute_bits.are_given_by([call.written for call in earlier], str(script.path))


def _line_ends(script: Script, data: bytes, subject: Subject) -> Iterator[Finding]:
    lines = data.split(b"\n")
    first = next(number for number, line in enumerate(lines, start=1) if line.endswith(b"\r"))
    breaks = script.is_direct and data.startswith(b"#!") and first == 1
    finding = saying.of_call(
        subject,
        script.call,
        code=line_ends.CODE,
        message=line_ends.message(str(script.path)),
        remedy=line_ends.remedy(str(script.path)),
        certainty="" if breaks or script.call.always_runs else "likely: the call may not be reached",
    )
    yield replace(finding, location=Location(str(script.path), first))
