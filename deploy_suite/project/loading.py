"""A folder and a revision into a project: its commit, a clean snapshot of it, and how the folder differs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.errors import MachineError, UsageError
from deploy_suite.manifests import settings as settings_file
from deploy_suite.manifests.settings import Settings
from deploy_suite.model import on_disk
from deploy_suite.model.project import Commit, Snapshot
from deploy_suite.ports import Absent, Ports, WorkingState

SETTINGS_FILE: Final = "deploy.toml"
# Files without which every verdict is a guess; what else is absent (pictures, models) is told of.
_READ: Final = frozenset({"", ".py", ".toml", ".txt", ".in", ".yaml", ".yml", ".lock", ".sh", ".ini", ".cfg", ".sql"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project at a commit.

    Shape: `name` is that of the repository's folder, with the way to the project's where that is another; `repository`
    is the top of the user's own folder, which is only read.
    """

    name: str
    repository: Path
    snapshot: Snapshot
    state: WorkingState
    settings: Settings


def load(folder: Path, *, revision: str, ports: Ports) -> Project:
    """Return the project in *folder* at *revision*, its content written to a folder of the run.

    Raises: UsageError when *folder* is in no repository, *revision* names no commit, or deploy.toml is wrong;
        MachineError when the repository lacks content of the commit.
    """
    repository = ports.git.top(folder)
    commit = ports.git.commit(repository, revision)
    root = PurePosixPath(folder.resolve().relative_to(repository.resolve()).as_posix())
    with ThreadPoolExecutor() as pool:
        state = pool.submit(ports.git.working_state, repository, commit)
        content = ports.workplace.folder_for(ports.git.size_bytes(repository, commit))
        absent = ports.git.materialise(repository, commit, content)
        _demand_sources(absent, commit)
        snapshot = Snapshot(commit=commit, folder=content, root=root)
        if not on_disk.is_folder(snapshot.path):
            raise UsageError(
                f"commit {commit.short} has no folder {root}",
                remedy=f"commit it (git add {root} && git commit), or name another with --project PATH",
            )
        return Project(
            name=str(PurePosixPath(repository.resolve().name) / root),
            repository=repository,
            snapshot=snapshot,
            state=replace(state.result(), absent=absent),
            settings=settings_near(snapshot),
        )


def _demand_sources(absent: Absent, commit: Commit) -> None:
    """Raise MachineError where what a build or a start reads is not here: no verdict would hold."""
    lost = [path for path in absent.files if PurePosixPath(path).suffix.lower() in _READ]
    if lost:
        more = f" and {len(lost) - 1} more files" if len(lost) > 1 else ""
        raise MachineError(
            f"commit {commit.short} cannot be checked: this repository lacks the content of {lost[0]}{more}",
            remedy="fetch it with `git fetch --refetch`, or clone the repository again; `git fsck` tells what is lost",
        )


def settings_near(snapshot: Snapshot) -> Settings:
    """Return what the nearest deploy.toml says: in the project's folder, else above it. Raises: UsageError."""
    above = (snapshot.folder / one for one in (snapshot.root, *snapshot.root.parents))
    return settings_of(next((one for one in above if on_disk.is_file(one / SETTINGS_FILE)), snapshot.path))


def settings_of(folder: Path) -> Settings:
    """Return what deploy.toml in *folder* says, the defaults where there is none. Raises: UsageError."""
    file = folder / SETTINGS_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"{SETTINGS_FILE} is not UTF-8: byte 0x{error.object[error.start]:02x} in line {line}",
            source=f"{SETTINGS_FILE}:{line}",
            remedy=f"save {SETTINGS_FILE} as UTF-8",
        ) from error
    except OSError as error:
        raise UsageError(f"{SETTINGS_FILE} cannot be read: {error}", source=SETTINGS_FILE) from error
    return settings_file.parse(text, file=SETTINGS_FILE)
