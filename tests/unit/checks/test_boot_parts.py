"""The pure parts of the boot check: routes of a document, tracebacks of a log, waiting, memory."""

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import pytest

from deploy_suite.checks import boot
from deploy_suite.checks.boot import ending, explanations, own_code, probing, stopping, tracebacks
from deploy_suite.checks.boot.ending import Repetition
from deploy_suite.checks.boot.memory import in_mebibytes
from deploy_suite.checks.boot.routes import MOST_ROUTES, documented_at, plain_routes
from deploy_suite.checks.boot.stage import Stage
from deploy_suite.checks.waiting import until
from deploy_suite.knowledge.diagnosis import DiagnosedCause, diagnose
from deploy_suite.model.environment import Environment, Interpreter
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import CommandText
from deploy_suite.ports import Process
from tests.doubles.machine import Heard, Stopwatch

TOP = Path("/run/top")
ENVIRONMENT = Environment(
    key="k",
    interpreter=Interpreter(path=Path("/python"), version="3.12.1"),
    venv=TOP / "back" / ".venv",
    workdir=TOP / "back",
    top=TOP,
    packages={},
    search_path="",
    home=Path("/home"),
)
LOG = """starting
Traceback (most recent call last):
  File "/run/top/back/.venv/bin/uvicorn", line 8, in <module>
    sys.exit(main())
  File "/usr/lib/python3.12/importlib/__init__.py", line 90, in import_module
  File "<frozen importlib._bootstrap>", line 1387, in _gcd_import
  File "/run/top/back/app/main.py", line 26, in <module>
    from app import search
  File "app/search.py", line 11, in <module>
    import numpy
  File "/run/top/back/.venv/lib/python3.12/site-packages/x.py", line 1, in <module>
ModuleNotFoundError: No module named 'numpy'
retrying
"""


def document(**paths: object) -> str:
    return json.dumps({"openapi": "3.1.0", "paths": {f"/{name}": value for name, value in paths.items()}})


def test_only_routes_that_need_nothing_and_change_nothing_are_asked() -> None:
    get: dict[str, object] = {"get": {}}
    text = json.dumps(
        {
            "openapi": "3.1.0",
            "paths": {
                "/plain": get,
                "/optional": {"get": {"parameters": [{"name": "q", "in": "query", "required": False}]}},
                "/required": {"get": {"parameters": [{"name": "q", "in": "query", "required": True}]}},
                "/shared": {"parameters": [{"name": "h", "in": "header", "required": True}], "get": {}},
                "/items/{id}": get,
                "/create": {"post": {}},
                "/auth/logout": get,
                "/chat/stream": get,
                "/events": get,
                "/__error__": get,
                "/sentry-debug": get,
                "/test-error": get,
                "/errors": get,
            },
        }
    )

    assert plain_routes(text) == ("/plain", "/optional", "/errors")


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", '{"paths": {"/a": {"get": {}}}}', '{"openapi": "3", "paths": []}']
)
def test_what_is_no_openapi_document_has_no_routes(text: str) -> None:
    assert plain_routes(text) == ()


def test_the_number_of_routes_is_bounded_and_a_mount_point_is_kept() -> None:
    many = document(**{f"r{number}": {"get": {}} for number in range(100)})
    mounted = json.dumps({"openapi": "3.1.0", "servers": [{"url": "/api"}], "paths": {"/a": {"get": {}}}})

    assert (len(plain_routes(many)), plain_routes(mounted)) == (MOST_ROUTES, ("/api/a",))


def test_a_swagger_page_tells_where_its_document_is() -> None:
    assert documented_at("SwaggerUIBundle({ url: '/api/v1/openapi.json', dom_id") == "/api/v1/openapi.json"
    assert documented_at("<html>") == ""


def test_own_frames_are_those_of_the_repository_outside_its_environment() -> None:
    frames = own_code.own_frames(LOG, ENVIRONMENT)

    assert frames == ((Location("back/app/main.py", 26), "<module>"), (Location("back/app/search.py", 11), "<module>"))
    assert own_code.chain(frames) == "back/app/main.py:26 → back/app/search.py:11"


def test_a_source_that_only_the_packages_builder_had_is_no_file_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("")
    here = replace(ENVIRONMENT, workdir=tmp_path, top=tmp_path, venv=tmp_path / ".venv")
    log = (
        'Traceback (most recent call last):\n  File "run.py", line 3, in <module>\n'
        '  File "uvloop/loop.pyx", line 1518, in uvloop.loop.Loop.run_until_complete\nOSError: no\n'
    )

    assert own_code.own_frames(log, here) == ((Location("run.py", 3), "<module>"),)


def test_the_traceback_that_matters_is_the_one_above_the_line_asked_for() -> None:
    other = LOG + LOG.replace("app/search.py", "app/other.py")

    assert own_code.own_frames(other, ENVIRONMENT, up_to_line=12)[-1][0] == Location("back/app/search.py", 11)
    assert own_code.own_frames(other, ENVIRONMENT)[-1][0] == Location("back/app/other.py", 11)


def test_a_syntax_error_has_its_frame_without_a_function() -> None:
    log = '  File "/run/top/back/app.py", line 3\n    def (\n        ^\nSyntaxError: invalid syntax\n'

    assert own_code.own_frames(log, ENVIRONMENT) == ((Location("back/app.py", 3), ""),)


def test_the_end_of_a_log_is_quoted_by_traceback_and_by_line() -> None:
    assert tracebacks.last_traceback(LOG)[-1] == "ModuleNotFoundError: No module named 'numpy'"
    assert tracebacks.last_lines("a\n\n b \nc", 2) == (" b", "c")


def test_of_lines_that_differ_in_figures_only_the_last_is_quoted() -> None:
    asked = [f'127.0.0.1 [21/Nov/2026:11:35:{second}] "GET / HTTP/1.1" 500 145' for second in range(10, 20)]

    quoted = tracebacks.last_lines("\n".join(["ValueError: Missing staticfiles manifest entry", *asked, "}", "}"]))

    assert quoted == ("ValueError: Missing staticfiles manifest entry", asked[-1], "}", "}")
    assert tracebacks.exceptions(LOG * 2) == ("ModuleNotFoundError: No module named 'numpy'",) * 2
    assert (tracebacks.last_traceback("fine"), own_code.own_frames("fine", ENVIRONMENT)) == ((), ())


def test_the_same_exception_at_once_in_many_workers_is_no_loop_and_one_after_the_other_is() -> None:
    clock = Stopwatch()
    at_once, in_turn = Repetition(clock), Repetition(clock)
    seen = []
    for number in range(1, 6):
        clock.sleep(1)
        seen.append((at_once.is_loop(LOG * 8), in_turn.is_loop(LOG * number)))

    assert seen == [(False, False), (False, False), (False, False), (False, True), (False, True)]


def test_waiting_ends_with_the_first_thing_found_and_is_told_every_ten_seconds() -> None:
    clock, said = Stopwatch(), Heard()

    def look() -> str | None:
        return "found" if clock.time_s > 25 else None

    found = until(look, timeout_s=60, clock=clock, progress=said, waiting_for=lambda: "konan: waiting")

    assert (found, clock.time_s < 26) == ("found", True)
    assert said.lines == ["konan: waiting (10 s so far)", "konan: waiting (20 s so far)"]


def test_waiting_in_vain_ends_at_the_limit() -> None:
    clock = Stopwatch()

    found = until(lambda: None, timeout_s=5, clock=clock, progress=Heard(), waiting_for=lambda: "x")

    assert (found, 5 <= clock.time_s < 5.5) == (None, True)


@pytest.mark.parametrize(
    ("counts", "waited"),
    [([1], (0.0, 0.0)), ([2], (0.0, 0.0)), ([3, 4, 5], (0.5, 0.75)), ([3, 4] * 100, (3.0, 3.2))],
)
def test_a_server_is_told_to_stop_when_it_begins_no_more_workers(
    counts: list[int], waited: tuple[float, float]
) -> None:
    class Forking:
        def process_count(self) -> int:
            return counts.pop(0) if len(counts) > 1 else counts[0]

    clock = Stopwatch()

    stopping.let_settle(cast(Process, Forking()), clock)

    assert waited[0] <= clock.time_s <= waited[1]


def test_a_start_that_hung_once_is_a_warning_where_the_next_one_answers() -> None:
    hung = Finding(code="no-answer", outcome=Outcome.FAILED, message="GET / was not answered")
    boots = Finding(code="boots", outcome=Outcome.PASSED, message="listens")

    assert [(one.code, one.outcome) for one in boot.after_hang((hung,), (boots,))] == [
        ("boots", Outcome.PASSED),
        ("no-answer", Outcome.WARNING),
    ]
    assert boot.after_hang((hung,), (hung,)) == (hung,)


def test_memory_is_shown_in_whole_mebibytes() -> None:
    assert [in_mebibytes(size) for size in (0, 1, 1024 * 1024, 1024 * 1024 + 1)] == [0, 1, 1, 2]


def test_of_a_traceback_the_projects_own_part_and_the_exception_are_quoted() -> None:
    whole = tracebacks.last_traceback(LOG)

    assert own_code.own_lines(whole, ENVIRONMENT) == (
        '  File "/run/top/back/app/main.py", line 26, in <module>',
        "    from app import search",
        '  File "app/search.py", line 11, in <module>',
        "    import numpy",
        "ModuleNotFoundError: No module named 'numpy'",
    )
    foreign = ("Traceback (most recent call last):", '  File "/usr/lib/x.py", line 1, in f', "KeyError: 1")
    assert own_code.own_lines(foreign, ENVIRONMENT) == foreign


def test_a_traceback_within_a_line_of_json_has_no_last_line() -> None:
    log = '{"exception": "Traceback (most recent call last):\\n  File ..."}\nINFO: GET / 500\n'

    assert (tracebacks.exceptions(log), tracebacks.last_traceback(log)) == ((), ())


def test_routes_that_fail_for_the_same_reason_are_told_in_one_finding() -> None:
    refused = [
        (
            path,
            Finding(
                code="db-connection-refused",
                outcome=Outcome.WARNING,
                message=f"GET {path} answers 500: nothing listens",
                certainty="visitors get the error",
            ),
        )
        for path in ("/a", "/b", "/c", "/d", "/e", "/f")
    ]
    alone = replace(refused[0][1], code="server-error:/x", message="GET /x answers 500")

    found = probing._with_alike([*refused, ("/x", alone)])

    assert [one.message for one in found] == [
        "GET /a and 5 more (/b, /c, /d, /e, …) answer 500: nothing listens",
        "GET /x answers 500",
    ]


def test_routes_that_each_miss_another_table_are_told_in_one_finding() -> None:
    missing = [
        (
            f"/{table}",
            Finding(
                code="migrations-not-run",
                outcome=Outcome.FAILED,
                message=f'GET /{table} answers 500: relation "{table}" does not exist',
                location=Location(f"{table}.py", 1),
            ),
        )
        for table in ("clubs", "players")
    ]

    found = probing._with_alike(missing)

    assert [(one.message, one.location) for one in found] == [
        ('GET /clubs and 1 more (/players) answer 500: relation "clubs" does not exist', Location("clubs.py", 1))
    ]


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("./entrypoint.sh: 2: set: Illegal option -o pipefail\n", Location("api/entrypoint.sh", 2)),
        ('bin/run.sh: 7: Syntax error: "(" unexpected\n', Location("api/bin/run.sh", 7)),
        ("sh: 1: set: Illegal option -o pipefail\n", None),
        ("/app/gone.sh: 3: Bad substitution\n", None),
    ],
)
def test_a_script_for_another_shell_is_told_at_the_line_where_it_ended(
    tmp_path: Path, said: str, place: Location | None
) -> None:
    for name in ("entrypoint.sh", "bin/run.sh"):
        (tmp_path / "api" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "api" / name).write_text("#!/bin/sh\nset -euo pipefail\n")
    built = SimpleNamespace(case=SimpleNamespace(snapshot=SimpleNamespace(folder=tmp_path)))
    stage = cast("Stage", SimpleNamespace(built=built, contract=SimpleNamespace(root=PurePosixPath("api"))))

    root = diagnose(said).root

    assert root is not None
    assert (root.slug, explanations._in_script(stage, root)) == ("shell-dialect", place)


def test_a_module_of_the_projects_own_is_not_asked_of_the_package_index(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "main.py").write_text("import os\nfrom backend.config import settings\n")
    (tmp_path / "backend" / "config.py").write_text("settings = 1\n")
    case = SimpleNamespace(snapshot=SimpleNamespace(folder=tmp_path))
    stage = cast("Stage", SimpleNamespace(built=SimpleNamespace(case=case)))
    frames = ((Location("backend/main.py", 2), "<module>"),)

    def told(module: str) -> str:
        root = cast("DiagnosedCause", SimpleNamespace(values={"module": module}, family="missing-requirement"))
        found = explanations._own_module(stage, root, frames)
        return found.code if found else ""

    assert told("backend") == "module-not-on-path:backend.config"
    assert told("flask") == ""


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Worker (pid:7) was sent SIGKILL!", Outcome.WARNING),
        ("RuntimeError: reentrant call inside <_io.BufferedWriter name='<stderr>'>", Outcome.NOTE),
        ("localhost:27017: [Errno 111] Connection refused, Timeout: 30s", Outcome.NOTE),
    ],
)
def test_that_a_stop_was_lost_in_a_line_of_the_log_or_behind_a_closed_door_is_chance(
    said: str, outcome: Outcome
) -> None:
    contract = SimpleNamespace(root=".", start=None, variables=(), limits=SimpleNamespace(shutdown_s=30.0))
    bindings = SimpleNamespace(dummies=frozenset(), values={})
    stage = SimpleNamespace(contract=contract, built=SimpleNamespace(bindings=bindings, server=None), port=10000)
    process = SimpleNamespace(output=lambda: f"--- Logging error ---\n{said}\n")

    found = stopping._ignored(cast(Stage, stage), cast(Process, process))

    assert (found.code, found.outcome) == ("ignores-sigterm", outcome)


def test_a_document_whose_parameters_are_no_list_lets_nothing_be_asked() -> None:
    text = '{"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": true}}, "/b": {"get": {}}}}'

    assert plain_routes(text) == ("/b",)


@pytest.mark.parametrize(
    ("start", "root", "expected"),
    [
        ("python main.py", ".", "PORT=10000 python main.py"),
        ("gunicorn app:app", "api", "cd api && PORT=10000 gunicorn app:app"),
        ("uvicorn app:app --port $PORT", ".", "(export PORT=10000; uvicorn app:app --port $PORT)"),
        ("cd api && python main.py", ".", "(export PORT=10000; cd api && python main.py)"),
    ],
)
def test_a_start_command_is_told_as_it_can_be_pasted(start: str, root: str, expected: str) -> None:
    contract = SimpleNamespace(start=CommandText(text=start), root=PurePosixPath(root))

    assert ending.reproduced(cast("Stage", SimpleNamespace(contract=contract, port=10000))) == expected


def test_an_error_without_traceback_shows_what_was_answered_and_may_be_for_a_store_that_is_not_here() -> None:
    found = Finding(
        code="server-error:/costs",
        outcome=Outcome.WARNING,
        message="GET /costs answers 500",
        evidence=('"GET /costs HTTP/1.1" 500',),
        certainty="the deploy goes through; visitors of this route get the error",
    )
    shown = replace(found, evidence=('{"detail":"no costs"}', '"GET /costs HTTP/1.1" 500'))

    assert probing._by_answer(found, '{"detail":"no costs"}\n', made_up=()) == shown
    assert probing._by_answer(found, '{"detail":"no costs"}\n', made_up=("REDIS_URL", "AMQP")) == replace(
        shown,
        outcome=Outcome.NOTE,
        certainty="uncertain: the address in REDIS_URL and in AMQP is made up here, and it may be for that",
    )
    failed = replace(found, outcome=Outcome.FAILED)
    assert probing._by_answer(failed, "", made_up=("REDIS_URL",)) == failed
