"""A machine that falls short: a full disk, a taken port, as the command line tells of them."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.users_project import left_behind, preflight, project, server

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Yield the top of a file system with room for *size*, and for as many files as it says behind a comma."""
    folder = Path(tempfile.mkdtemp(prefix="ds-", dir="/tmp"))
    try:
        subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)), check=True)
        try:
            yield folder
        finally:
            subprocess.run(("umount", "--lazy", str(folder)), check=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


WRITES_MUCH = "import os\nwith open(os.environ['HOME'] + '/much', 'w') as file:\n    file.write('x' * 20_000_000)\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small file system")
@pytest.mark.parametrize(
    ("size", "changes"),
    [
        ("4k", {}),
        ("100k", {}),
        ("50m,nr_inodes=12", {}),
        ("500m,nr_inodes=900", {"requirements.txt": "flask\n"}),
        ("3m", {}),
        ("10m", {"big.txt": "x" * 12_000_000}),
        ("16m", {"main.py": WRITES_MUCH + server()}),
        ("30m", {"requirements.txt": "flask\nsqlalchemy\n"}),
    ],
    ids=[
        "folders",
        "interpreter",
        "inodes",
        "inodes of the environment",
        "environment",
        "snapshot",
        "service",
        "requirements",
    ],
)
def test_a_full_disk_is_this_machines_fault_in_each_stage(
    size: str, changes: dict[str, str], committed: Committed
) -> None:
    folder = committed({**project(), **changes})

    with small_disk(size) as cache:
        told = preflight(folder, cache=cache)

        left = left_behind(cache)
    said = [line for line in told.err.splitlines() if not line.startswith("preflight: ")]
    assert (told.code, told.out, left) == (4, "", [])
    assert said[0].startswith("deploy-suite: ")
    assert any("full" in line or "No space left" in line or "room" in line or "more files" in line for line in said)
    assert any(line.startswith("  fix: ") for line in said)


def own_address() -> str:
    """Return an address of this machine that is not the loopback's, "" when it has none."""
    found = (
        each.address for group in psutil.net_if_addrs().values() for each in group if each.family == socket.AF_INET
    )
    return next((address for address in found if not address.startswith("127.")), "")


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("0.0.0.0", port))  # noqa: S104  as a stray server would
        door.listen()
        yield


def test_a_taken_port_is_no_matter_in_a_network_of_its_own(committed: Committed, shared_cache: Path) -> None:
    with taken(10000):
        told = preflight(committed(project()), "--fresh", cache=shared_cache)

    assert (told.code, "listens on port 10000" in boots(told.report)) == (0, True)


@pytest.mark.skipif(not own_address(), reason="this machine has the loopback only")
def test_a_taken_port_is_replaced_and_told_of_where_the_service_may_reach_the_network(
    committed: Committed, shared_cache: Path
) -> None:
    caller = server(before=f"import socket; socket.create_connection(({own_address()!r}, 14711), 3)")
    folder = committed(project(caller))

    with taken(10000), taken(14711):
        alone = preflight(folder, cache=shared_cache)
        told = preflight(folder, "--network", cache=shared_cache)

    assert (alone.code, "--network" in alone.findings["needs-network"]["remedy"]) == (3, True)
    assert told.code == 0, told.out
    assert "port 10000 is taken on this machine: the service was given port" in boots(told.report)


@pytest.mark.skipif(not own_address(), reason="this machine has the loopback only")
def test_a_taken_port_that_is_stated_literally_cannot_be_checked(committed: Committed, shared_cache: Path) -> None:
    caller = server(before=f"import socket; socket.create_connection(({own_address()!r}, 14711), 3)", port="10000")

    with taken(10000), taken(14711):
        told = preflight(committed(project(caller)), "--network", cache=shared_cache)

    assert told.code == 3
    message = told.findings["cannot-check-here"]["message"]
    assert "port 10000 is taken on this machine, and the project states it literally" in message


def boots(report: Mapping[str, list[dict[str, str]]]) -> str:
    return next(each["message"] for each in report["findings"] if each["code"] == "boots")


@pytest.mark.parametrize("fresh", [(), ("--fresh",)], ids=["kept environment", "new environment"])
def test_what_was_damaged_of_the_kept_packages_is_fetched_again_and_no_fault_of_the_project(
    fresh: tuple[str, ...], committed: Committed, own_cache: Path
) -> None:
    folder = committed({**project(server(before="import six; six.PY3")), "requirements.txt": "six==1.17.0\n"})
    assert preflight(folder, cache=own_cache).code == 0
    (kept,) = own_cache.glob("cache/uv/archive-v*/*/six.py")
    os.truncate(kept, 0)  # as a disk does that loses its power: the kept environment is linked to it
    shutil.rmtree(own_cache / "cache/verdicts")

    told = preflight(folder, *fresh, cache=own_cache)

    assert told.code == 0, told.err[-2000:]
    assert "uv's copy of six was damaged: the environment is built anew" in told.err


def test_a_blank_environment_is_made_also_where_what_is_kept_of_its_packages_is_damaged(
    committed: Committed, own_cache: Path
) -> None:
    folder = committed(project())
    assert preflight(folder, cache=own_cache).code == 0
    for note in own_cache.glob("cache/uv/wheels-v*/**/*.rev"):
        os.truncate(note, 0)
    shutil.rmtree(own_cache / "cache/blank")
    shutil.rmtree(own_cache / "cache/verdicts")

    told = preflight(folder, "--fresh", cache=own_cache)

    assert told.code == 0, told.err[-2000:]
