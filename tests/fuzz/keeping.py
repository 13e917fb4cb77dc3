"""What lies in folders of the suite and of an environment: crashes, other versions and people may have written it."""

import contextlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from deploy_suite import verdicts, way_back_kept
from deploy_suite.adapters import caller, postgres_installations
from deploy_suite.adapters.interpreters import SystemInterpreters
from deploy_suite.adapters.ledger import LocalLedger
from deploy_suite.checks import drift, keeping
from deploy_suite.checks.dependencies import import_times, installed, rehearsed_import
from deploy_suite.checks.packages import binaries
from deploy_suite.environments import bindings, locked_answers, packages, store
from deploy_suite.errors import DeployError
from deploy_suite.model.command import Completed
from deploy_suite.ports import Network
from deploy_suite.releases import history as histories
from deploy_suite.releases import holding, measuring, progress, records, steps
from deploy_suite.releases.journal import Place
from tests.fuzz.answering import Machine, Said

_PLACE: Final = Place("render", "srv-1")
_RELEASE: Final = "20260301T120000Z-0001"


def releases(data: bytes) -> None:
    """Find the bytes as the journal of a release, as the baseline beside it, and as who holds the lock."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = LocalLedger(Path(folder))
        for name in (f"{_RELEASE}/journal.jsonl", f"{_RELEASE}/baseline.json", "holder.json"):
            file = Path(folder, _PLACE.path, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        ports = Machine(Path(folder), {"ledger": ledger}).ports
        with contextlib.suppress(DeployError), ledger.locked_at_once(_PLACE.path):
            holding.holder(_PLACE, ports)
        with contextlib.suppress(DeployError):
            measuring.render(measuring.parse(ledger.read(_PLACE.file(_RELEASE, "baseline.json")), file="baseline.json"))
        found = histories.history(_PLACE, ports)
        found.good(other_than="")
        _ = (found.releases, found.unfinished, found.turned_off, found.seen("dep-1"), found.of_deploy("dep-1"))
        for one in found.journals:
            ledger.write(_PLACE.file(one.release, records.RECORD), records.render(one))
            if (intent := progress.progress(one.entries).intent) is not None:
                one.note(steps.Step.ASKING, intent=steps.intent_data(intent))
        histories.forget_old(_PLACE, ports)


def caches(data: bytes) -> None:
    """Find the bytes wherever something is kept between runs."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        machine = Machine(top)
        for place in ("verdicts/a.json", "environments/a/complete.json", "answers/a.json"):
            (top / place).parent.mkdir(parents=True, exist_ok=True)
            (top / place).write_bytes(data)
        file = top / "answers/a.json"
        if (verdict := verdicts.find("a", machine.ports)) is not None:
            verdicts.keep("b", verdict.results, python=verdict.python, ports=machine.ports)
        kept = store.Store(machine.ports.workplace, {})
        kept.read("a")
        kept.complete("a", store.Record(packages={}, size_bytes=0))
        (top / "environments/b").mkdir()
        (top / "environments/b/complete.json").write_bytes(data)
        (top / "environments/c").mkdir()
        kept.complete("c", store.Record(packages={}, size_bytes=0))
        locked_answers._read(file)
        drift._read(file)
        way_back_kept.kept(file)
        binaries._kept(keeping.read(file))
        SystemInterpreters({"PATH": ""}, home=top, cache=file).installed()
        with contextlib.suppress(DeployError):
            store.limit_bytes(data.decode(errors="replace"))
        (top / "postgres").write_bytes(b"")
        runner = Said(out="postgres (PostgreSQL) 16.1", err="")
        postgres_installations._said(top, cast("Any", runner), top / "memory")
        for note in (top / "memory").glob("*.json"):
            note.write_bytes(data)
        postgres_installations._said(top, cast("Any", runner), top / "memory")


def environment(data: bytes) -> None:
    """Find the bytes as each file of the metadata of an installed distribution."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "lib" / "python3.12" / "site-packages"
        for place in ("flask-3.0.dist-info", "odd.dist-info", "egg-1.0.egg-info"):
            (site / place).mkdir(parents=True)
            for name in ("METADATA", "RECORD", "WHEEL", "top_level.txt", "PKG-INFO", "entry_points.txt"):
                (site / place / name).write_bytes(data)
        (site / "plain.egg-info").write_bytes(data)
        packages.installed(Path(folder))
        packages.modules(Path(folder), "flask")
        packages.compiled_here(Path(folder))
        _ = installed.read(Path(folder)).names
        binaries.of_environment(Path(folder), Path(folder) / "cache")


def programs(data: bytes) -> None:
    """Find the bytes behind what a program of the suite wrote that was killed in the user's process."""
    text = data.decode(errors="replace")
    with tempfile.TemporaryDirectory() as folder:
        whole = b"".join(SAMPLES["programs"])
        (Path(folder) / "journal").write_bytes(
            whole[: len(whole) * (sum(data) % 100) // 100] + b"\n" + data.replace(b"{", b"(")
        )
        lines = rehearsed_import._lines(Path(folder) / "journal")
        done = Completed(code=1, err=text)
        network = cast("Network", _Network())
        rehearsed_import._read(lines, done, top=Path(folder), network=network)
        import_times._seconds(done)
        import_times._note(done)


class _Network:
    """Implements the part of `ports.Network` that a rehearsal asks for."""

    is_isolated = True

    def reached_for(self) -> tuple[()]:
        return ()


def settings(data: bytes) -> None:
    """Find the bytes as the caller's own settings: pip's, uv's, and the answers for variables."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for place in (".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml", "deploy.env", ".env", ".netrc"):
            (home / place).parent.mkdir(parents=True, exist_ok=True)
            (home / place).write_bytes(data)
        environment = {"HOME": folder, "PATH": "", "PIP_CONFIG_FILE": str(home / ".pip/pip.conf")}
        caller.caller(environment, home=home)
        bindings.answers_in(home)


_ENTRIES: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "step": "begun",
        "kind": "deploy",
        "commit": "a" * 40,
        "subject": "Change",
        "service": "shop",
        "branch": "main",
        "previous": "dep-0",
        "previous_commit": "b" * 40,
        "auto_deploy": "commit",
        "way_back": {"granted": True, "why": "tried", "command": "alembic downgrade 1", "revision": "1"},
    },
    {"step": "pushing", "remote": "origin", "branch": "main", "commit": "a" * 40},
    {"step": "asking", "intent": {"commit": "a" * 40, "known": ["dep-0"], "after": "2026-03-01T11:00:00+00:00"}},
    {"step": "deploying", "deploy": "dep-1"},
    {"step": "live", "deploy": "dep-1"},
    {"step": "bad", "commit": "a" * 40, "reason": "status 500"},
    {"step": "going back", "intent": {"back_to": "dep-0", "known": []}, "commit": "b" * 40, "auto_deploy": "commit"},
    {"step": "ended", "verdict": "taken-back", "reason": "status 500", "remedy": "mend it", "live": "dep-2"},
)
_FINDING: Final[Mapping[str, Any]] = {
    "code": "missing-requirement:x",
    "outcome": "warning",
    "message": "x",
    "location": {"file": "a.py", "line": 3},
    "evidence": ["y"],
    "remedy": "z",
}
_RESULT: Final[Mapping[str, Any]] = {
    "check": "boot",
    "service": "web",
    "target": "render",
    "seconds": 1.0,
    "findings": [_FINDING],
}
_ERROR: Final[Mapping[str, Any]] = {
    "event": "error",
    "chain": [
        {
            "type": "ImportError",
            "module": "builtins",
            "message": "x",
            "frames": [{"file": "a.py", "line": 1, "function": "f", "text": "import x", "is_own": True}],
            "bases": [],
            "missing": "x",
            "key": None,
            "code": None,
            "syntax": None,
        }
    ],
}


def _lines(*documents: Mapping[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in documents)


SAMPLES: Final[Mapping[str, tuple[bytes, ...]]] = {
    "releases": (
        _lines(*({"schema": 1, "time": f"2026-03-01T12:00:0{at}+00:00", **one} for at, one in enumerate(_ENTRIES))),
        _lines({"schema": 1, "url": "u", "commit": "a", "taken": "2026-03-01T12:00:00+00:00", "probes": {"a": [1, 2]}}),
        _lines({"pid": 1, "since": "2026-03-01T12:00:00+00:00", "command": "deploy"}),
    ),
    "caches": (
        _lines({"when": "2026-03-01T12:00:00Z", "python": "3.12.1", "results": [_RESULT]}),
        _lines({"packages": {"flask": "3.0"}, "size_bytes": 1, "notes": [], "versions": {}, "from_source": []}),
        _lines({"versions": {"flask": "3.0"}, "from_source": ["x"]}),
        _lines({"records": [{"commit": "a", "when": "b", "versions": {"flask": "3.0"}, "lines": {"flask": "flask"}}]}),
        _lines({"verdict": "open", "reason": "x", "old": "a", "new": "b", "leads_from": ["1"], "leads_to": ["2"]}),
        _lines({"/usr/bin/python3": ["1-2-3", "/usr/bin/python3", "3.12.1"]}),
        b'["16.1", "/usr/share"]',
        b"10G",
    ),
    "environment": (
        b"Metadata-Version: 2.1\nName: Flask\nVersion: 3.0\nRequires-Dist: x>=1\n\nText\n",
        b"flask/__init__.py,sha256=abc,12\nflask/x.cpython-312-x86_64-linux-gnu.so,sha256=1,2\n../../bin/flask,,\n",
        b"Wheel-Version: 1.0\nTag: cp312-cp312-manylinux_2_17_x86_64\nTag: cp312-cp312-linux_x86_64\n",
        b"[console_scripts]\nflask = flask.cli:main\n",
    ),
    "programs": (
        _lines(_ERROR, {"event": "ended", "stage": "import"}, {"event": "text", "text": "x"}),
        _lines({"event": "network", "host": "x", "port": 80, "file": "a.py", "line": 1}),
        b"import time:       100 |        200 |   flask.app\nTraceback:\n",
    ),
    "settings": (
        b"[global]\nindex-url = https://user:secret@host/simple\nextra-index-url =\n  https://b/simple\n",
        b'index-url = "https://host"\nextra-index-url = ["https://b"]\n[[index]]\nurl = "https://c"\ndefault = true\n',
        b'A=1\nexport B="x"\n',
        b"machine host login a password b\n",
    ),
}
