"""The workplace: what lives as long as a run, what is kept, and what a killed run leaves to the next."""

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from deploy_suite.adapters import memory, workplace
from deploy_suite.adapters.runs import ELSEWHERE, remove_tree
from deploy_suite.errors import MachineError
from tests.doubles.machine import Heard

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


@pytest.fixture
def chosen(tmp_path: Path) -> Mapping[str, str]:
    return {workplace.ROOT_VARIABLE: str(tmp_path / "root")}


def runs(chosen: Mapping[str, str]) -> list[Path]:
    return sorted((Path(chosen[workplace.ROOT_VARIABLE]) / "runs").iterdir())


def test_a_run_has_an_empty_folder_that_goes_and_a_cache_that_stays(chosen: Mapping[str, str]) -> None:
    with workplace.opened(Heard(), environment=chosen) as place:
        content = list(place.run_folder.iterdir())
        protected = place.run_folder / "deep" / "protected"
        protected.mkdir(parents=True)
        (protected / "file").write_text("")
        protected.chmod(0o500)
        (place.cache / "kept").write_text("kept")

    assert (content, runs(chosen), (place.cache / "kept").read_text()) == ([], [], "kept")


def test_nobody_else_may_look_into_what_is_kept_but_where_others_may_write_too(chosen: Mapping[str, str]) -> None:
    root = Path(chosen[workplace.ROOT_VARIABLE])
    for name, mode in (("runs", 0o755), ("locks", 0o777)):
        (root / name).mkdir(parents=True)
        (root / name).chmod(mode)

    with workplace.opened(Heard(), environment=chosen):
        modes = {folder.name: folder.stat().st_mode & 0o777 for folder in root.iterdir()}

    assert modes == {"runs": 0o700, "cache": 0o700, "locks": 0o777}


def test_runs_side_by_side_leave_each_other_alone(chosen: Mapping[str, str]) -> None:
    with workplace.opened(Heard(), environment=chosen) as first:
        with workplace.opened(Heard(), environment=chosen) as second:
            both = len(runs(chosen))
        left = (first.run_folder.exists(), second.run_folder.exists())

    assert (both, left) == (2, (True, False))


KILLED = """
import os, subprocess, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from deploy_suite.adapters import memory, workplace
with workplace.opened(None) as place:
    (place.run_folder / "half-built").mkdir()
    folder = Path({folder!r}); folder.mkdir(); (folder / "file").write_text("")
    place.record_folder(folder)
    orphan = subprocess.Popen(["bash", "-c", "setsid sleep 3401 & sleep 3402"], start_new_session=True, stdout=-3)
    place.record_process(orphan.pid)
    print(orphan.pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_the_next_run_removes_what_a_killed_one_left(chosen: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    program = KILLED.format(root=str(ROOT), folder=str(folder))
    killed = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=False, env={**os.environ, **chosen}
    )
    orphan = psutil.Process(int(killed.stdout))
    for _ in range(100):  # it may still be on its way to what it runs
        if orphan.children():
            break
        time.sleep(0.05)
    tree = [orphan, *orphan.children(recursive=True)]
    before = (len(runs(chosen)), folder.exists())

    with workplace.opened(Heard(), environment=chosen):
        after = (len(runs(chosen)), folder.exists())

    assert (killed.returncode, before, after) == (-9, (1, True), (1, False))
    gone, _ = psutil.wait_procs(tree, timeout=5)
    assert len(gone) == len(tree) >= 2


def test_an_interrupted_run_undoes_itself_what_nobody_had_in_hand(chosen: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    orphan = subprocess.Popen(["sleep", "3403"], start_new_session=True)

    def interrupted() -> None:
        with workplace.opened(Heard(), environment=chosen) as place:
            folder.mkdir()
            place.record_folder(folder)
            place.record_process(orphan.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    orphan.wait(timeout=5)
    assert (folder.exists(), runs(chosen)) == (False, [])


IN_MEMORY = """
import os, sys
sys.path.insert(0, {root!r})
from deploy_suite.adapters import memory, workplace
memory._LEFT_FREE_BYTES = 0
with workplace.opened(None) as place:
    folder = place.folder_for(1)
    (folder / "file").write_text("")
    print(folder.parent, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(not memory.PLACE.is_dir(), reason="this system has no file system in memory")
def test_what_a_killed_run_left_in_memory_goes_with_the_next_also_where_its_cache_has_gone(tmp_path: Path) -> None:
    left, living = (in_memory(tmp_path / name) for name in ("killed", "living"))
    (killed, gone), (process, kept) = left, living
    killed.kill()
    killed.communicate()
    shutil.rmtree(tmp_path / "killed")
    theirs = memory.PLACE / f"{ELSEWHERE}{os.getpid()}"
    theirs.symlink_to(tmp_path)

    with workplace.opened(Heard(), environment={workplace.ROOT_VARIABLE: str(tmp_path / "other")}):
        found = gone.exists(), kept.exists(), theirs.is_symlink(), tmp_path.exists()

    theirs.unlink()
    process.communicate("")
    assert (*found, kept.exists()) == (False, True, True, True, False)


@pytest.mark.skipif(os.geteuid() != 0 or not memory.PLACE.is_dir(), reason="only root makes folders of another user")
def test_what_another_users_run_left_in_memory_is_not_touched(tmp_path: Path) -> None:
    process, folder = in_memory(tmp_path / "killed")
    process.kill()
    process.communicate()
    shutil.rmtree(tmp_path / "killed")
    os.chown(folder, 65_534, -1)

    with workplace.opened(Heard(), environment={workplace.ROOT_VARIABLE: str(tmp_path / "other")}):
        is_kept = folder.exists()

    shutil.rmtree(folder)
    assert is_kept


def in_memory(root: Path) -> tuple["subprocess.Popen[str]", Path]:
    """Return a living run, and the folder in memory that it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", IN_MEMORY.format(root=str(ROOT))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, workplace.ROOT_VARIABLE: str(root)},
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("below", ["", "data"], ids=["noted", "still starting"])
def test_the_shared_memory_of_a_killed_server_goes_with_the_folder_that_names_it(
    chosen: Mapping[str, str], tmp_path: Path, below: str
) -> None:
    library = ctypes.CDLL(None)
    key, other = 0x0D5E_0000 + os.getpid() % 0xFFFF, 0x0D5F_0000 + os.getpid() % 0xFFFF
    made, kept = (library.shmget(one, ctypes.c_size_t(56), 0o1000 | 0o600) for one in (key, other))
    folder, stale = tmp_path / "server", tmp_path / "stale"
    lines = "1\n/data\n0\n5432\n/short\n\n{key:9} {number:9}\nready\n"
    for place, text in ((folder, lines.format(key=key, number=made)), (stale, lines.format(key=other, number=made))):
        (place / below).mkdir(parents=True)
        (place / below / "postmaster.pid").write_text(text)
    with workplace.opened(Heard(), environment=chosen) as opened:
        opened.record_folder(folder)
        opened.record_folder(stale)
        run = opened.run_folder.parent
        shutil.copytree(run, tmp_path / "copy")
    shutil.copytree(tmp_path / "copy", run)

    with workplace.opened(Heard(), environment=chosen):
        left = [library.shmget(one, ctypes.c_size_t(0), 0) for one in (key, other)]

    library.shmctl(kept, 0, None)
    assert (left, folder.exists(), stale.exists()) == ([-1, kept], False, False)


def test_a_process_id_that_was_given_to_another_is_left_alone(chosen: Mapping[str, str]) -> None:
    with subprocess.Popen(["sleep", "30"]) as bystander:
        run = Path(chosen[workplace.ROOT_VARIABLE]) / "runs" / "old"
        run.mkdir(parents=True)
        began = psutil.Process(bystander.pid).create_time()
        (run / "journal").write_text(f"process {bystander.pid} {began - 100}\nrubbish\n")
        with workplace.opened(Heard(), environment=chosen):
            alive = bystander.poll() is None
        bystander.kill()

    assert (alive, runs(chosen)) == (True, [])


def test_a_lock_is_held_against_others_and_the_wait_is_told(
    chosen: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace, "_SAID_EVERY_S", 0.1)
    said = Heard()
    order: list[str] = []
    with workplace.opened(Heard(), environment=chosen) as first, workplace.opened(said, environment=chosen) as second:

        def wait() -> None:
            with second.locked("environment"):
                order.append("second")

        with first.locked("environment"):
            waiting = threading.Thread(target=wait)
            waiting.start()
            time.sleep(0.4)
            order.append("first")
        waiting.join(5)

    assert order == ["first", "second"]
    assert set(said.lines) == {"waiting for another run that holds the lock 'environment'"}


def test_a_full_disk_is_one_clear_error() -> None:
    with pytest.raises(MachineError) as raised, workplace.speaking_of_the_disk(Path("/cache")):
        raise OSError(28, "No space left on device")

    assert raised.value.message == "the disk that holds /cache is full"
    assert workplace.ROOT_VARIABLE in raised.value.remedy


def test_a_full_folder_for_temporary_files_is_not_taken_for_the_cache(
    chosen: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    with pytest.raises(MachineError) as raised, workplace.opened(Heard(), environment=chosen):
        raise OSError(errno.ENOSPC, "No space left on device", str(temporary / "file"))

    assert raised.value.message == f"the disk that holds {temporary} is full"
    assert "TMPDIR" in raised.value.remedy


def test_a_folder_that_somebody_removed_during_the_run_is_told_as_that(chosen: Mapping[str, str]) -> None:
    def written(place: workplace.LocalWorkplace) -> None:
        shutil.rmtree(chosen[workplace.ROOT_VARIABLE])
        (place.run_folder / "file").write_text("")

    with (
        pytest.raises(MachineError, match="was removed while it went on"),
        workplace.opened(Heard(), environment=chosen) as place,
    ):
        written(place)


def test_a_root_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    chosen = {workplace.ROOT_VARIABLE: str(tmp_path / "file" / "below")}

    with pytest.raises(MachineError) as raised, workplace.opened(Heard(), environment=chosen):
        pass

    assert raised.value.message == f"cannot write below {tmp_path}/file/below: Not a directory"


@pytest.fixture
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache folder in which nothing can be made, root or not; temporary files go to "tmp" beside it."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "file" / name)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))
    return tmp_path / "file" / "deploy-suite"


def test_where_the_users_cache_cannot_be_written_a_temporary_folder_of_the_users_own_serves(no_home: Path) -> None:
    said = Heard()
    other = no_home.parent.parent / "tmp" / f"deploy-suite-{os.geteuid()}"

    for _ in range(2):
        with workplace.opened(said, environment={}) as place:
            assert place.cache == other / "cache"
            assert other.stat().st_mode & 0o777 == 0o700

    expected = (
        f"nothing can be kept in {no_home} (Not a directory), so {other} is used; DEPLOY_SUITE_CACHE names another"
    )
    assert said.lines == [expected, expected]


def test_a_temporary_folder_that_is_not_the_users_alone_is_not_used(no_home: Path) -> None:
    other = no_home.parent.parent / "tmp" / f"deploy-suite-{os.geteuid()}"
    other.mkdir()
    other.chmod(0o777)

    with pytest.raises(MachineError, match="cannot write below"), workplace.opened(Heard(), environment={}):
        pass


AFTER_SUDO = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from deploy_suite.adapters import workplace
from deploy_suite.errors import MachineError
from tests.doubles.machine import Heard
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with workplace.opened(None, environment={"DEPLOY_SUITE_CACHE": sys.argv[2]}) as place, place.locked("index"):
        pass
except MachineError as error:
    print(error.message, error.remedy, sep="\\n")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root leaves files that others cannot open")
def test_what_a_run_with_sudo_left_is_told_with_the_way_to_take_it_over() -> None:
    root = Path(tempfile.mkdtemp(prefix="ds-", dir="/tmp"))
    for folder in (root, *(root / name for name in ("runs", "cache", "locks"))):
        folder.mkdir(exist_ok=True)
        os.chown(folder, 65534, 65534)
    lock = root / "locks" / "index.lock"
    lock.touch(mode=0o600)

    done = subprocess.run(
        (sys.executable, "-B", "-c", AFTER_SUDO, str(ROOT), str(root)), capture_output=True, text=True, check=False
    )

    shutil.rmtree(root)
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            f"{lock} is closed to this user, as a run with sudo leaves what it keeps",
            f'take it over: sudo chown -R "$(id -un)" {root}',
        ],
        "",
    )


@pytest.fixture
def noexec() -> Iterator[Path]:
    """A file system from which nothing runs, as Docker mounts `--tmpfs`."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a file system, and only Linux tells that it is noexec")
    folder = Path(tempfile.mkdtemp(prefix="ds-", dir="/tmp"))
    subprocess.run(("mount", "-t", "tmpfs", "-o", "noexec,size=8m", "none", str(folder)), check=True)
    yield folder
    subprocess.run(("umount", "--lazy", str(folder)), check=True)
    folder.rmdir()


def test_a_chosen_folder_from_which_nothing_runs_is_this_machines_fault(noexec: Path) -> None:
    chosen = {workplace.ROOT_VARIABLE: str(noexec / "root")}

    with pytest.raises(MachineError) as raised, workplace.opened(Heard(), environment=chosen):
        pass

    assert raised.value.message == f"no program can be run from {noexec}/root: its file system is mounted noexec"
    assert f"set {workplace.ROOT_VARIABLE} to a folder elsewhere" in raised.value.remedy


def test_a_home_from_which_nothing_runs_gives_way_to_temporary_files(
    noexec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: noexec / name)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    said = Heard()

    with workplace.opened(said, environment={}) as place:
        assert place.cache == tmp_path / f"deploy-suite-{os.geteuid()}" / "cache"

    assert [line.split(", so ")[0] for line in said.lines] == [
        f"nothing can be kept in {noexec}/deploy-suite (its file system is mounted noexec)"
    ]


def test_memory_from_which_nothing_runs_is_not_used(noexec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PLACE", noexec)
    monkeypatch.setattr(memory, "_LEFT_FREE_BYTES", 0)

    before = memory.folder()
    subprocess.run(("mount", "-o", "remount,exec", str(noexec)), check=True)

    assert (before, memory.folder()) == (None, noexec)


def test_without_a_choice_the_folder_is_the_users_cache() -> None:
    assert workplace.root_folder({}).name == "deploy-suite"


def test_to_remove_what_is_gone_changes_nothing_around_it(tmp_path: Path) -> None:
    shared = tmp_path / "everybodys"
    shared.mkdir()
    shared.chmod(0o1777)

    remove_tree(shared / "gone")

    assert shared.stat().st_mode & 0o7777 == 0o1777
