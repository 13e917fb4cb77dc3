"""Runner and launcher with real processes: to the end, over the limit, interrupted, killed."""

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from deploy_suite.adapters import supervision
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.adapters.running import Supervision
from deploy_suite.adapters.warden.wire import packed
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command, Completed
from deploy_suite.model.secret import Secret
from deploy_suite.ports import Listener, Process

pytestmark = pytest.mark.integration

PATH = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
ROOT = Path(__file__).parents[2]


def command(*argv: str | Secret, cwd: Path = Path("/"), stdin: str = "", **environment: str | Secret) -> Command:
    return Command(argv=argv, cwd=cwd, environment={"PATH": PATH, **environment}, stdin=stdin)


def run(*argv: str | Secret, timeout_s: float = 20, **options: object) -> Completed:
    return WardenedRunner().run(command(*argv), timeout_s=timeout_s, **options)  # type: ignore[arg-type]


def eventually(condition: Callable[[], bool], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def running(word: str) -> list[int]:
    """Return the processes one of whose arguments is *word*."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if word in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo out; echo err >&2", (0, "out\n", "err\n")),
        ("exit 3", (3, "", "")),
        ("kill -9 $$", (-9, "", "")),
        ("kill -TERM $$", (-15, "", "")),
        ("cat", (0, "", "")),
        ("printf '\\377'", (0, "\ufffd", "")),
    ],
)
def test_what_became_of_a_command_is_returned(script: str, expected: tuple[int, str, str]) -> None:
    done = run("bash", "-c", script)

    assert (done.code, done.out, done.err) == expected


def test_a_missing_program_is_127_and_one_that_cannot_run_126(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    outcomes = [run("nonesuch"), run(str(tmp_path)), run(str(tmp_path / "text"))]

    assert [done.code for done in outcomes] == [127, 126, 126]
    assert outcomes[0].err == "cannot run nonesuch: No such file or directory\n"


def test_a_missing_folder_is_named() -> None:
    done = WardenedRunner().run(command("true", cwd=Path("/nonesuch")), timeout_s=5)

    assert (done.code, done.err) == (127, "cannot enter the folder /nonesuch: No such file or directory\n")


def test_the_process_sees_its_environment_and_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_OWN", "secret")
    done = WardenedRunner().run(command("env", TOKEN=Secret("s3cret")), timeout_s=5)

    assert sorted(done.out.splitlines()) == [f"PATH={PATH}", "TOKEN=s3cret"]


def test_secrets_do_not_stand_in_any_command_line_of_ours() -> None:
    with WardenedLauncher().start(command("sleep", "30", TOKEN=Secret("sentinel-5309"))):
        listing = subprocess.run(["ps", "-axo", "command="], capture_output=True, text=True, check=True).stdout

    assert "sentinel-5309" not in listing


def test_standard_input_is_the_commands_however_long() -> None:
    text = "line\n" * 100_000
    done = WardenedRunner().run(command("cat", stdin=text), timeout_s=10)

    assert done.out == text


def test_the_process_leads_a_session_and_pipes_break_as_usual() -> None:
    script = "import os,signal;print(os.getsid(0)==os.getpid(), signal.getsignal(signal.SIGTERM)==signal.SIG_DFL)"
    done = run("bash", "-c", f'{sys.executable} -c "{script}"; ps -o ignored= -p $$')

    assert done.out.splitlines()[0] == "False True"
    assert int(done.out.splitlines()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_time_that_is_up_ends_the_whole_tree_with_124() -> None:
    began = time.monotonic()
    done = run("bash", "-c", "setsid sleep 3141 & echo begun; sleep 3142", timeout_s=0.5)

    assert (done.code, done.out, time.monotonic() - began < 300) == (124, "begun\n", True)
    assert (running("3141"), running("3142")) == ([], [])


def test_what_a_command_leaves_running_ends_with_it() -> None:
    daemon = "import os,time\nif os.fork()==0:\n os.setsid()\n if os.fork()==0:\n  time.sleep(3143)\n os._exit(0)"
    done = run(sys.executable, "-c", f"{daemon}\nprint('left')", "mark-3143")

    assert (done.code, done.out) == (0, "left\n")
    assert running("mark-3143") == []


def test_a_gigabyte_of_output_is_cut_to_head_and_tail() -> None:
    script = "echo first; head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo last"
    before = psutil.Process().memory_info().rss
    done = run("bash", "-c", script, timeout_s=60, output_limit_bytes=1000)
    grown = psutil.Process().memory_info().rss - before

    assert done.code == 0
    assert done.out.startswith("first\nxxx")
    assert done.out.endswith("xxx\nlast\n")
    assert "[… 999999" in done.out
    assert len(done.out) < 1100
    assert grown < 50_000_000


SUITE = """
import os, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from deploy_suite.adapters import supervision
from deploy_suite.adapters.networks import LocalNetworks
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.model.command import Command
order = Command(argv=("bash", "-c", "setsid sleep {number} & echo up; sleep {number}"), cwd=Path("/"),
                environment={{"PATH": os.environ["PATH"]}})
with LocalNetworks().open(isolated={isolated}) as network:
    if {is_run}:
        print("up", flush=True)
        WardenedRunner().run(order, timeout_s=60, network=network)
    else:
        with WardenedLauncher().start(order, network=network) as process:
            while "up" not in process.output():
                time.sleep(0.01)
            print("up", flush=True)
            time.sleep(60)
"""


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Yield a folder for temporary files that leaves room for the names of sockets; all in it goes with the test."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize("is_run", [False, True])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_outlives_the_suite_however_it_ends(
    short_folder: Path,
    number: int,
    is_run: bool,  # noqa: FBT001
    isolated: bool,  # noqa: FBT001
) -> None:
    word = f"31{number:02d}{is_run:d}{isolated:d}"
    program = SUITE.format(root=str(ROOT), number=word, is_run=is_run, isolated=isolated)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(short_folder)},
    ) as suite:
        assert suite.stdout is not None
        assert suite.stdout.readline() == b"up\n"
        began = eventually(lambda: len(running(word)) == 2, within_s=60)
        suite.send_signal(number)
        suite.wait(15)

    assert (began, eventually(lambda: running(word) == [])) == (True, True)


WITHOUT_PROC = """
import subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from deploy_suite.adapters.warden import tree
tree.os.path.exists = lambda path: False  # as on macOS, where ps alone lists processes
subprocess.Popen(["bash", "-c", "sleep 3305 & sleep 3306"])
time.sleep(0.5)
below = len(tree.descendants())
began = time.monotonic()
print(below, tree.end(), time.monotonic() - began < 5, len(tree.descendants()))
"""


def test_where_ps_alone_lists_processes_it_is_not_taken_for_one_that_does_not_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PROC, str(ROOT)], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout.split(), done.stderr) == (["3", "True", "True", "0"], "")


ORPHANED = """
import os, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from deploy_suite.adapters.warden import tree
tree.os.path.exists = lambda path: False  # as on macOS, which gives orphans to nobody but the first process
shell = subprocess.Popen(["bash", "-c", "sleep 3307 & sleep 3308 & echo $!"], stdout=subprocess.PIPE, process_group=0)
with shell:
    orphan = int(shell.stdout.readline())
if subprocess.run(["ps", "-o", "ppid=", "-p", str(orphan)], capture_output=True).stdout.split() == [b"1"]:
    before = len(tree.descendants())
    tree.take_orphans_of(shell.pid)
    print(before, len(tree.descendants()), tree.end(), len(tree.descendants()))
else:
    os.killpg(shell.pid, 9)
"""


def test_where_the_system_keeps_no_hold_of_orphans_those_of_the_commands_group_end_with_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ORPHANED, str(ROOT)], capture_output=True, text=True, check=False, timeout=60
    )

    if not done.stdout:
        pytest.skip("another process than the first takes orphans here")
    assert (done.stdout.split(), done.stderr) == (["0", "2", "True", "0"], "")
    assert (running("3307"), running("3308")) == ([], [])


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.03, 0.05, 0.08, 0.12])
def test_a_kill_at_any_moment_of_the_start_leaves_nothing(short_folder: Path, delay_s: float) -> None:
    word = f"32{int(delay_s * 100):02d}"
    program = SUITE.format(root=str(ROOT), number=word, is_run=True, isolated=True)
    environment = {**os.environ, "TMPDIR": str(short_folder)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL, env=environment) as suite:
        time.sleep(0.15 + delay_s)
        suite.kill()

    time.sleep(0.2)
    assert eventually(lambda: running(word) == [])


def test_a_running_process_is_seen_from_outside(tmp_path: Path) -> None:
    server = "import socket,time\na=socket.create_server(('127.0.0.1',0));b=socket.create_server(('',0))\n"
    server += "c=socket.create_server(('::1',0),family=socket.AF_INET6)\n"
    server += "print(a.getsockname()[1],b.getsockname()[1],c.getsockname()[1],flush=True);time.sleep(60)"
    with WardenedLauncher().start(command(sys.executable, "-c", server, cwd=tmp_path)) as process:
        assert eventually(lambda: process.output().endswith("\n"))
        ports = [int(port) for port in process.output().split()]
        listeners = set(process.listeners())
        seen = (process.exit_code(), process.process_count(), psutil.Process(process.pid).cwd())
        memory = process.memory_bytes()

    addresses = ("127.0.0.1", "0.0.0.0", "::1")  # noqa: S104
    assert listeners == {Listener(address, port) for address, port in zip(addresses, ports, strict=True)}
    assert seen == (None, 1, str(tmp_path))
    assert 1_000_000 < memory < 200_000_000


def test_a_socket_that_was_seen_before_it_listened_is_soon_seen_listening() -> None:
    server = "import socket,time\na=socket.socket();a.bind(('127.0.0.1',0));print(a.getsockname()[1],flush=True)\n"
    server += "time.sleep(1);a.listen();print('listens',flush=True);time.sleep(60)"
    with WardenedLauncher().start(command(sys.executable, "-c", server)) as process:
        assert eventually(lambda: process.output().endswith("\n"))
        before = tuple(process.listeners())
        assert eventually(lambda: "listens" in process.output())
        listener = Listener("127.0.0.1", int(process.output().split()[0]))

        assert (before, eventually(lambda: process.listeners() == (listener,), within_s=1.0)) == ((), True)


def test_signals_go_to_the_group_and_codes_come_back() -> None:
    with WardenedLauncher().start(command("bash", "-c", "sleep 3146 & trap 'exit 5' TERM; wait")) as process:
        assert eventually(lambda: process.process_count() == 2)
        process.signal(signal.SIGTERM)
        assert eventually(lambda: process.exit_code() is not None)
        assert (process.exit_code(), eventually(lambda: process.process_count() == 0)) == (5, True)


def test_a_daemon_stays_in_sight_after_its_parent_has_ended() -> None:
    with WardenedLauncher().start(command("bash", "-c", "setsid sleep 3147 & exit 0")) as process:
        assert eventually(lambda: process.exit_code() == 0)
        alive = process.process_count()

    assert (alive, running("3147")) == (1, [])


def test_who_has_a_session_of_its_own_is_in_sight_but_out_of_a_signals_reach() -> None:
    with WardenedLauncher().start(command("bash", "-c", "setsid sleep 3150 & sleep 3151 & wait")) as process:
        assert eventually(lambda: process.process_count() == 3)
        before = process.group_count()
        process.signal(signal.SIGTERM)
        assert eventually(lambda: process.group_count() == 0)
        after = process.process_count()

    assert (before, after, running("3150")) == (2, 1, [])


def test_kill_ends_the_tree_and_may_be_repeated() -> None:
    def ended(process: Process) -> tuple[int | None, int]:
        process.kill()
        return process.exit_code(), process.process_count()

    with WardenedLauncher().start(command("bash", "-c", "trap '' TERM; setsid sleep 3148 & sleep 3149")) as process:
        assert eventually(lambda: process.process_count() == 3)
        first, second = ended(process), ended(process)

    assert (first[1], second[1]) == (0, 0)
    assert eventually(lambda: process.exit_code() == -9)
    assert (running("3148"), running("3149")) == ([], [])


def test_a_program_that_cannot_start_is_an_exit_and_not_an_exception() -> None:
    with WardenedLauncher().start(command("nonesuch")) as process:
        seen = (process.exit_code(), process.output(), process.pid, process.process_count())

    assert seen == (127, "cannot run nonesuch: No such file or directory\n", 0, 0)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.EMFILE])
def test_a_command_for_which_no_process_is_left_is_no_failure_of_the_command(number: int) -> None:
    receiving, sending = os.pipe()
    os.write(sending, packed({"failed": number, "doing": None}))
    os.close(sending)
    warden = cast("supervision.Warden", SimpleNamespace(events=receiving))
    with open(receiving, "rb"):  # noqa: PTH123  a descriptor
        heard = Supervision(warden, is_inside=False, journal=supervision.no_journal)
        with pytest.raises(MachineError, match="no process can be started"):
            heard.finished(time.monotonic() + 5)


def test_each_process_is_reported_to_the_journal() -> None:
    journal: list[int] = []
    with WardenedLauncher(journal.append).start(command("sleep", "30")) as process:
        pids = (psutil.Process(process.pid).ppid(), process.pid)

    assert tuple(journal) == pids


def test_descriptors_are_given_back() -> None:
    run("true")
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208
    for _ in range(5):
        run("true")
        with WardenedLauncher().start(command("sleep", "30")):
            pass

    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208


def fork_server_of(pid: int) -> int:
    """Return the process that forked the warden above *pid*."""
    return psutil.Process(pid).parents()[1].pid


def test_all_wardens_are_forked_by_one_process_which_is_started_anew_when_it_was_killed() -> None:
    with (
        WardenedLauncher().start(command("sleep", "30")) as first,
        WardenedLauncher().start(command("sleep", "30")) as second,
    ):
        both = fork_server_of(first.pid), fork_server_of(second.pid)
        os.kill(both[0], signal.SIGKILL)
        after = run("echo", "hello").out
        still = first.exit_code(), second.exit_code()

    assert (len(set(both)), after, still) == (1, "hello\n", (None, None))


def test_what_forks_the_wardens_ends_with_the_suite() -> None:
    program = SUITE.format(root=str(ROOT), number="3152", is_run=False, isolated=False)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as suite:
        assert suite.stdout is not None
        assert suite.stdout.readline() == b"up\n"
        server = psutil.Process(suite.pid).children()[0]
        suite.kill()
        suite.wait(15)

    assert eventually(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)


def test_a_question_that_was_interrupted_does_not_confuse_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    run("true")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "recv", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run("true")

    with WardenedLauncher().start(command("sleep", "3153")) as process:
        assert running("3153") == [process.pid]
    assert running("3153") == []
