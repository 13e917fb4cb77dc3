"""Networks in which nothing but loopback is to be had, as root and as anyone, and the machine's own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy_suite.adapters.http import HttpxHttp
from deploy_suite.adapters.namespaces import Holder, IsolatedNetwork
from deploy_suite.adapters.networks import LocalNetworks
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.errors import MachineError
from deploy_suite.model.command import Command, Completed
from deploy_suite.ports import Address, HttpRequest, Listener, Network, Reach

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture
def network() -> Iterator[Network]:
    with LocalNetworks().open(isolated=True) as opened:
        if not opened.is_isolated:
            pytest.skip("this system grants no network namespaces")
        yield opened


def python(script: str, network: Network) -> Completed:
    command = Command(argv=(sys.executable, "-c", script), cwd=Path("/"), environment={"PATH": os.environ["PATH"]})
    return WardenedRunner().run(command, timeout_s=20, network=network)


@contextmanager
def unix_server(path: Path, answer: bytes) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = door.accept()
                    with connection:
                        connection.sendall(answer + connection.recv(100))

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        door.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_loopback_is_all_there_is(network: Network) -> None:
    done = python("import socket; print([name for _, name in socket.if_nameindex()][0])", network)

    assert done.out == "lo\n"


def test_names_and_addresses_outside_fail_at_once_and_are_noted(network: Network) -> None:
    script = """
import socket, time
for host in ("db.example.com", "198.51.100.7", "db.example.com", "api.example.org"):
    began = time.monotonic()
    try:
        socket.create_connection((host, 443), 5)
    except OSError as error:
        print(type(error).__name__, time.monotonic() - began < 1)
"""
    done = python(script, network)

    assert done.out == "gaierror True\nOSError True\ngaierror True\ngaierror True\n"
    names = (Reach("db.example.com"), Reach("api.example.org"))
    assert network.reached_for() in (names, (names[0], Reach("198.51.100.7", 443), names[1]))


def test_the_host_behind_an_srv_record_is_noted(network: Network) -> None:
    script = """
import socket, struct
def asked_for(name, kind):
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + bytes(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(30)
        door.sendto(struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1), ("127.0.0.1", 53))
        return struct.unpack_from("!HH", door.recv(512))
print(asked_for("_mongodb._tcp.cluster0.example.net", 33), asked_for("_dmarc.example.org", 16))
"""
    done = python(script, network)

    assert (done.out, network.reached_for()) == ("(7, 33155) (7, 33155)\n", (Reach("cluster0.example.net"),))


def test_local_names_stay_and_are_no_reach(network: Network) -> None:
    script = """
import socket
print(socket.gethostbyname("localhost"), socket.gethostbyname(socket.gethostname()))
"""
    done = python(script, network)

    assert (done.out, network.reached_for()) == ("127.0.0.1 127.0.0.1\n", ())


def test_a_port_of_this_machine_is_out_of_reach(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        done = python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)", network)

    assert "ConnectionRefusedError" in done.err


def test_what_is_offered_is_reached_at_its_port(network: Network, tmp_path: Path) -> None:
    script = """
import socket
with socket.create_connection(("127.0.0.1", 5432)) as connection:
    connection.sendall(b"question")
    connection.shutdown(socket.SHUT_WR)
    print(b"".join(iter(lambda: connection.recv(100), b"")))
"""
    with unix_server(tmp_path / "one", b"first "), unix_server(tmp_path / "two", b"second "):
        network.offer(5432, tmp_path / "one")
        network.offer(5433, tmp_path / "two")
        outputs = [python(script, network).out, python(script.replace("5432", "5433"), network).out]

    assert outputs == ["b'first question'\n", "b'second question'\n"]


def test_a_server_inside_is_reached_by_the_way_in_and_seen_without_our_relays(network: Network, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    with unix_server(tmp_path / "one", b""):
        network.offer(5432, tmp_path / "one")
        command = Command(
            argv=("bash", "-c", f"{sys.executable} -m http.server 10000; true"), cwd=tmp_path, environment={}
        )
        with WardenedLauncher().start(command, network=network) as process:
            deadline = time.monotonic() + 10
            while not process.listeners() and time.monotonic() < deadline:
                time.sleep(0.05)
            address = network.way_in(10000)
            answer = HttpxHttp().request(address, HttpRequest(method="GET", path="/file"), timeout_s=5)
            listeners = process.listeners()
            count, memory = process.process_count(), process.memory_bytes()
            program = Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")[0]

    assert (answer.status, answer.text) == (200, "content")
    assert listeners == (Listener("0.0.0.0", 10000),)  # noqa: S104
    assert (count, memory > 1_000_000, program) == (2, True, "bash")
    assert address == network.way_in(10000)


def test_the_relay_costs_less_than_a_millisecond(network: Network) -> None:
    echo = """
import socket
door = socket.create_server(("", 10001))
while True:
    connection, _ = door.accept()
    with connection:
        while block := connection.recv(100):
            connection.sendall(block)
"""
    command = Command(argv=(sys.executable, "-c", echo), cwd=Path("/"))
    with WardenedLauncher().start(command, network=network) as process:
        while not process.listeners():
            time.sleep(0.02)
        times = []
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(network.way_in(10001).socket))
            for _ in range(200):
                began = time.perf_counter()
                connection.sendall(b"ping")
                connection.recv(100)
                times.append(time.perf_counter() - began)

    assert sorted(times)[100] < 0.001


def test_processes_share_a_network_and_end_with_it() -> None:
    with LocalNetworks().open(isolated=True) as network:
        if not network.is_isolated:
            pytest.skip("this system grants no network namespaces")
        command = Command(argv=("sleep", "3301"), cwd=Path("/"), environment={"PATH": os.environ["PATH"]})
        launched = WardenedLauncher().start(command, network=network)
        process = launched.__enter__()
        seen = process.process_count()
    deadline = time.monotonic() + 5
    while process.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    launched.__exit__(None, None, None)

    assert (seen, process.process_count()) == (1, 0)


def test_a_network_that_has_gone_is_this_machines_fault_and_no_exit_of_the_command() -> None:
    with LocalNetworks().open(isolated=True) as network:
        if not network.is_isolated:
            pytest.skip("this system grants no network namespaces")
    command = Command(argv=("true",), cwd=Path("/"), environment={"PATH": os.environ["PATH"]})
    messages = []
    with pytest.raises(MachineError) as raised:
        WardenedRunner().run(command, timeout_s=5, network=network)
    messages.append(raised.value.message)
    with pytest.raises(MachineError) as raised, WardenedLauncher().start(command, network=network):
        pass
    messages.append(raised.value.message)

    assert messages == ["the isolated network cannot be entered: No such file or directory"] * 2


def test_what_was_prepared_is_what_the_next_who_asks_gets_and_the_others_get_their_own() -> None:
    networks = LocalNetworks()
    with networks.prepared(), networks.open(isolated=True) as first, networks.open(isolated=True) as second:
        if not (isinstance(first, IsolatedNetwork) and isinstance(second, IsolatedNetwork)):
            pytest.skip("this system grants no network namespaces")
        holders = [first.holder, second.holder]
        done = python("print('inside')", first)

    assert (done.out, len(set(holders))) == ("inside\n", 2)
    assert not any(Path(f"/proc/{holder}").exists() for holder in holders)


def test_what_was_prepared_for_nobody_goes_away() -> None:
    made: list[int] = []
    folders: list[Path] = []
    networks = LocalNetworks(made.append, record_folder=folders.append)

    with networks.prepared():
        pass

    assert (len(made) > 0, len(folders)) == (sys.platform == "linux",) * 2
    assert not any(folder.exists() for folder in folders)
    assert not any(Path(f"/proc/{pid}").exists() for pid in made)


def test_a_network_is_handed_out_only_when_it_can_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = Holder._note

    def late(self: Holder, event: Mapping[str, object]) -> None:
        if "holder" in event:
            threading.Timer(0.3, self._arrived, (event, noted)).start()  # type: ignore[attr-defined]
        else:
            noted(self, event)

    def arrived(
        self: Holder, event: Mapping[str, object], note: Callable[[Holder, Mapping[str, object]], None]
    ) -> None:
        with self._news:
            note(self, event)
            self._news.notify_all()

    monkeypatch.setattr(Holder, "_note", late)
    monkeypatch.setattr(Holder, "_arrived", arrived, raising=False)
    with LocalNetworks().open(isolated=True) as network:
        done = python("print('in')", network)

    assert done.out == "in\n"


def test_the_files_of_this_machine_are_left_alone() -> None:
    before = Path("/etc/hosts").read_text(), len(Path("/proc/self/mounts").read_text().splitlines())
    with LocalNetworks().open(isolated=True):
        during = Path("/etc/hosts").read_text(), len(Path("/proc/self/mounts").read_text().splitlines())

    assert during == before


def test_folders_and_processes_are_recorded_and_the_folder_goes() -> None:
    pids: list[int] = []
    folders: list[Path] = []
    with LocalNetworks(pids.append, record_folder=folders.append).open(isolated=True) as network:
        is_isolated = network.is_isolated
        existed = [folder.exists() for folder in folders]

    assert (len(pids) >= 1, existed) == (True, [True]) or not is_isolated
    assert [folder.exists() for folder in folders] == [False] * len(folders)


def test_a_long_path_of_temporary_files_is_too_long_for_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))

    with LocalNetworks().open(isolated=True) as network:
        door = network.way_in(8000).socket

    assert (door is None, list(long.iterdir())) == (not network.is_isolated, [])


def test_this_machines_own_network_is_what_it_says(tmp_path: Path) -> None:
    with LocalNetworks().open(isolated=False) as own:
        own.offer(5432, tmp_path / "socket")
        described = (own.is_isolated, own.way_in(8080), own.reached_for())

    assert described == (False, Address("127.0.0.1", 8080), ())


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])  # noqa: S104
def test_a_free_port_is_the_preferred_one_unless_something_listens_there(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as door:
        taken = door.getsockname()[1]
        other = LocalNetworks().free_port(taken)

    assert other != taken
    assert LocalNetworks().free_port(taken) == taken


AS_NOBODY = """
import os, sys
sys.path.insert(0, {root!r})
import httpcore, httpx, psutil  # while they can still be read
import deploy_suite.adapters.http
from pathlib import Path
from deploy_suite.adapters.networks import LocalNetworks
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.model.command import Command
os.setgroups([]); os.setgid({uid}); os.setuid({uid})
sys.executable = {python!r}
with LocalNetworks().open(isolated=True) as network:
    script = "id -u; id -g; grep CapEff /proc/self/status; getent hosts a.example.com"
    done = WardenedRunner().run(Command(argv=("bash", "-c", script), cwd=Path("/")), timeout_s=10, network=network)
    with WardenedLauncher().start(
        Command(argv=("bash", "-c", "setsid sleep 3302 & sleep 3303"), cwd=Path("/")), network=network
    ) as process:
        while process.process_count() < 3:
            pass
    print(network.is_isolated, done.out.split(), [reach.host for reach in network.reached_for()])
"""


def test_anyone_gets_a_network_too_under_their_own_name_and_without_powers() -> None:
    other = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if os.geteuid() != 0 or other is None:
        pytest.skip("needs root, to become somebody else, and a Python that everybody may read")
    program = AS_NOBODY.format(root=str(ROOT), uid=NOBODY, python=other)
    done = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    uid = str(NOBODY)
    assert done.stdout == f"True {[uid, uid, 'CapEff:', '0' * 16]} ['a.example.com']\n"


def test_who_asked_for_isolation_in_vain_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy_suite.adapters.namespaces._AS_ROOT", ())
    monkeypatch.setattr("deploy_suite.adapters.namespaces._AS_ANYONE", ())
    networks = LocalNetworks()

    with networks.open(isolated=False):
        asked_for_none = networks.lacks_isolation
    with networks.open(isolated=True) as opened:
        told = (opened.is_isolated, networks.lacks_isolation)

    assert (asked_for_none, told) == (False, (False, True))
