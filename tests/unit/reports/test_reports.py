import json
from dataclasses import replace

import pytest

from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.project import Commit
from deploy_suite.model.report import Report, Subject
from deploy_suite.reports import github, text
from deploy_suite.reports import json as json_report

COMMIT = Commit(sha="a" * 40, tree="b" * 40, subject="Add search", branch="main")
SUBJECT = Subject(project="shop", commit=COMMIT, service="web", target="render", python="3.12.1")
MISSING = Finding(
    code="missing-requirement:numpy",
    outcome=Outcome.FAILED,
    message="numpy is imported at start and no requirement brings it",
    location=Location("shop/search.py", 11),
    evidence=("api/main.py:26 → shop/search.py:11 import numpy",),
    remedy="add numpy to requirements.txt",
    check="imports",
    service="web",
    target="render",
)
PASSED = Finding(code="config", outcome=Outcome.PASSED, message="render.yaml is sound")


def report(*findings: Finding, reused: str = "") -> Report:
    result = CheckResult(check="imports", service="web", target="render", seconds=1.25, findings=findings)
    return Report(project="shop", commit=COMMIT, subjects=(SUBJECT,), results=(result,), seconds=2.0, reused=reused)


def skipped(*, required: bool) -> Finding:
    return Finding(code="not-run", outcome=Outcome.SKIPPED, message="no server", required=required)


def test_a_required_check_that_did_not_run_makes_the_verdict_incomplete() -> None:
    assert report(PASSED, skipped(required=True)).outcome is Outcome.SKIPPED
    assert report(PASSED, skipped(required=False)).outcome is Outcome.PASSED
    assert report(MISSING, skipped(required=True)).outcome is Outcome.FAILED


def test_a_note_is_told_and_changes_no_verdict() -> None:
    note = Finding(code="requirement-unused", outcome=Outcome.NOTE, message="nothing imports numpy")

    assert report(PASSED, note).outcome is Outcome.PASSED
    assert report(PASSED, note).results[0].outcome is Outcome.PASSED
    assert "\nnote requirement-unused\n  nothing imports numpy\n" in text.render(report(PASSED, note))
    assert "::notice title=requirement-unused::nothing imports numpy\n" in github.render(report(PASSED, note))


def test_the_text_names_what_where_why_and_what_to_do() -> None:
    rendered = text.render(report(MISSING))

    assert rendered == (
        "shop at aaaaaaa (Add search)\n"
        "  web on Render, Python 3.12.1\n"
        "\n"
        "  FAIL  imports         1.2 s  1 error\n"
        "\n"
        "FAIL missing-requirement:numpy\n"
        "  shop/search.py:11: numpy is imported at start and no requirement brings it\n"
        "    | api/main.py:26 → shop/search.py:11 import numpy\n"
        "  fix: add numpy to requirements.txt\n"
        "\n"
        "FAILED: deployed to Render, this commit would not work; see 'FAIL' above.  (2.0 s)\n"
    )


def test_a_cause_that_two_checks_met_is_told_once_and_where_one_of_them_saw_it() -> None:
    seen = replace(MISSING, check="config", outcome=Outcome.WARNING, certainty="likely")
    met = replace(
        MISSING, check="boot", location=None, message="the server ends: numpy is missing", certainty="no wheel"
    )

    rendered = text.render(report(seen, met))

    assert rendered.count("missing-requirement:numpy") == 1
    assert "\n  shop/search.py:11: the server ends: numpy is missing\n" in rendered
    assert "\n  why: no wheel\n" in rendered


def test_a_failure_that_names_its_package_is_told_and_not_the_same_without_a_name() -> None:
    named = replace(MISSING, code="numpy-abi:opencv-python", check="packages", message="built for NumPy 1")
    bare = replace(MISSING, code="numpy-abi", check="imports", message="importing the application fails")
    warned = replace(bare, outcome=Outcome.WARNING, message="printed only", certainty="likely")

    assert "importing the application fails" not in text.render(report(named, bare))
    assert "printed only" in text.render(report(named, warned))


def test_what_is_wrong_with_several_services_alike_is_told_once() -> None:
    subjects = (SUBJECT, replace(SUBJECT, service="worker"))
    results = tuple(
        CheckResult(
            check="imports", service=name, target="render", seconds=1.0, findings=(replace(MISSING, service=name),)
        )
        for name in ("web", "worker")
    )

    rendered = text.render(Report(project="shop", commit=COMMIT, subjects=subjects, results=results, seconds=2.0))

    assert rendered.count("FAIL [") == 1
    assert "FAIL [web] missing-requirement:numpy\n" in rendered
    assert "\n  fix: add numpy to requirements.txt\n  also: worker\n" in rendered


def of_services(*findings: Finding) -> Report:
    """Return a report of one check a finding, each of the finding's own service."""
    names = tuple(dict.fromkeys(finding.service for finding in findings))
    results = tuple(
        CheckResult(check=one.check, service=one.service, target="render", seconds=1.0, findings=(one,))
        for one in findings
    )
    subjects = tuple(replace(SUBJECT, service=name) for name in names)
    return Report(project="shop", commit=COMMIT, subjects=subjects, results=results, seconds=2.0)


def test_one_cause_at_one_line_is_told_once_though_each_service_comes_to_it_by_its_own_way() -> None:
    web = replace(MISSING, remedy="add KEY to the envVars of web in render.yaml", evidence=("app.py:4: KEY",))
    worker, cron = (
        replace(
            web,
            service=name,
            check=check,
            evidence=(f"{name}.py:1: import app", "app.py:4: KEY"),
            remedy=f"add KEY to the envVars of {name} in render.yaml",
        )
        for name, check in (("worker", "boot"), ("cron", "imports"))
    )
    whole = of_services(web, worker, cron)

    rendered = text.render(whole)

    assert [line for line in rendered.splitlines() if line.startswith("FAIL ")] == [
        "FAIL [web] missing-requirement:numpy"
    ]
    assert "\n  fix: add KEY to the envVars of web in render.yaml\n  also: worker, cron\n" in rendered
    annotations = [line for line in github.render(whole).splitlines() if line.startswith("::")]
    assert len(annotations) == 1
    assert annotations[0].endswith("in render.yaml%0Aalso: worker, cron")
    assert [one["service"] for one in json.loads(json_report.render(whole))["findings"]] == ["web", "worker", "cron"]


def test_what_is_not_the_same_of_two_services_is_told_of_each() -> None:
    elsewhere = replace(MISSING, service="worker", location=Location("shop/search.py", 12))
    less_sure = replace(MISSING, service="worker", outcome=Outcome.WARNING, certainty="likely")
    bare = replace(MISSING, code="start-exited", message="web ends with exit code 1")
    other_end = replace(bare, service="worker", message="worker ends with exit code 2")
    nowhere = replace(bare, location=None)
    other_words = replace(nowhere, service="worker", message="worker ends with exit code 1", evidence=("another",))

    for first, second in (
        (MISSING, elsewhere),
        (MISSING, less_sure),
        (bare, other_end),
        (nowhere, other_words),
        (bare, replace(bare, evidence=("another",))),
    ):
        assert "also:" not in text.render(of_services(first, second))
    for first in (bare, nowhere):
        alike = replace(first, service="worker", message="worker ends with exit code 1")
        assert "\n  also: worker\n" in text.render(of_services(first, alike))


def test_a_verdict_without_a_service_names_the_target() -> None:
    checked = CheckResult(check="manifest", service="", target="render", seconds=0.0, findings=(MISSING,))
    nothing_ran = Report(project="shop", commit=COMMIT, subjects=(), results=(checked,), seconds=2.0)

    assert "\nFAILED: deployed to Render, this commit would not work" in text.render(nothing_ran)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (
            PASSED,
            "PASSED with Python 3.11.7: with that, this commit builds, boots and answers on Render's terms.",
        ),
        (
            replace(MISSING, outcome=Outcome.WARNING),
            (
                "PASSED with warnings and Python 3.11.7: with that, this commit builds, boots and answers on "
                "Render's terms."
            ),
        ),
        (
            MISSING,
            "FAILED with Python 3.11.7: with that, this commit would not work on Render; see 'FAIL' above.",
        ),
    ],
)
def test_a_verdict_with_another_python_than_the_targets_claims_nothing_of_the_target(
    finding: Finding, said: str
) -> None:
    subject = replace(SUBJECT, python="3.11.7", instead_of="3.14.3")

    last = text.render(replace(report(finding), subjects=(subject,))).splitlines()[-1]

    assert last == (
        f"{said} Render would take Python 3.14.3, which was not tried: run without --python for its verdict.  (2.0 s)"
    )


def test_a_reused_verdict_says_so() -> None:
    assert "nothing changed since 2026-01-01T00:00:00Z" in text.render(report(PASSED, reused="2026-01-01T00:00:00Z"))


def test_an_interrupted_run_claims_no_verdict_but_a_failure_that_was_known() -> None:
    cut = "interrupted while web was checked"
    left_out, failed = (
        replace(report(*found, skipped(required=True)), is_interrupted=True, notes=(cut,))
        for found in ((PASSED,), (PASSED, MISSING))
    )

    assert text.render(left_out).splitlines()[2] == f"  note: {cut}"
    assert "\nINTERRUPTED: there is no verdict yet; see 'skip' above for what was not checked." in text.render(left_out)
    assert "\nFAILED: deployed to Render" in text.render(failed)
    assert json_report.document(left_out)["interrupted"] is True


def test_heading_and_verdict_fit_a_narrow_terminal_and_say_in_which_folder_a_service_runs() -> None:
    subject = replace(SUBJECT, service="mailbox", root="services/mailbox")
    whole = replace(report(PASSED, reused="2026-01-01T00:00:00+00:00"), subjects=(subject,))

    shown = text.render(whole, columns=60).splitlines()

    assert [line for line in shown if len(line) > 59] == []
    assert shown[:5] == [
        "shop at aaaaaaa (Add search)",
        "  mailbox, from services/mailbox/, on Render, Python 3.12.1",
        "  nothing changed since 2026-01-01T00:00:00+00:00: that",
        "    run's verdict is reused (--fresh runs everything again)",
        "",
    ]
    assert shown[-2:] == [
        "PASSED: this commit builds, boots and answers as Render",
        "  would run it.  (2.0 s)",
    ]


def test_long_evidence_is_clipped_in_text_and_whole_in_json() -> None:
    long = Finding(code="x", outcome=Outcome.FAILED, message="m", evidence=tuple(f"line {n}" for n in range(100)))

    assert "lines left out" in text.render(report(long))
    assert len(json.loads(json_report.render(report(long)))["findings"][0]["evidence"]) == 100


def test_the_json_holds_every_part_of_a_finding() -> None:
    document = json.loads(json_report.render(report(MISSING)))

    assert document["schema"] == 1
    assert document["outcome"] == "failed"
    assert document["subject"]["services"] == [{"service": "web", "root": "", "target": "render", "python": "3.12.1"}]
    assert document["findings"] == [
        {
            "code": "missing-requirement:numpy",
            "outcome": "failed",
            "message": "numpy is imported at start and no requirement brings it",
            "location": {"file": "shop/search.py", "line": 11},
            "evidence": ["api/main.py:26 → shop/search.py:11 import numpy"],
            "remedy": "add numpy to requirements.txt",
            "certainty": "",
            "reproduce": "",
            "check": "imports",
            "service": "web",
            "target": "render",
            "required": True,
        }
    ]
    assert document["timings"] == [
        {"check": "imports", "service": "web", "target": "render", "outcome": "failed", "seconds": 1.25}
    ]


def test_github_annotations_stand_at_the_line_and_escape_what_the_protocol_uses() -> None:
    odd = Finding(code="a:b", outcome=Outcome.WARNING, message="50 %\nof it", location=Location("a,b.py", 3))

    last = github.render(report(odd)).splitlines()[-1]

    assert last == "::warning title=a%3Ab,file=a%2Cb.py,line=3::50 %25%0Aof it"


def test_annotations_tell_what_the_text_tells_in_its_order_with_the_fix_on_a_line_of_its_own() -> None:
    warned = replace(MISSING, code="x", outcome=Outcome.WARNING, check="config", certainty="likely", remedy="mend x")
    again = replace(MISSING, check="boot", message="the server ends")

    lines = github.render(report(warned, MISSING, again, skipped(required=False))).splitlines()

    place, message = "file=shop/search.py,line=11", "numpy is imported at start and no requirement brings it"
    assert [line for line in lines if line.startswith("::")] == [
        f"::error title=missing-requirement%3Anumpy,{place}::{message}%0Afix: add numpy to requirements.txt",
        f"::warning title=x,{place}::{message}%0Ahow sure: likely%0Afix: mend x",
    ]


def test_the_seconds_of_the_verdict_stay_on_one_line() -> None:
    for columns in range(50, 90):
        assert text.render(report(PASSED), columns=columns).rstrip().endswith("(2.0 s)")


def test_on_a_terminal_all_but_evidence_and_commands_is_wrapped_to_its_width() -> None:
    long = replace(
        MISSING, evidence=("e " * 60,), remedy="write it down " * 9, certainty="so " * 40, reproduce="python " * 20
    )
    said = replace(PASSED, message="all the files that it names are there, and the server listens " * 3)

    for finding in (long, said):
        for columns in (1, 50, 80, 300):
            lines = text.render(report(finding), columns=columns).splitlines()
            wrapped = [line for line in lines if not line.startswith(("    | ", "  reproduce: ", "FAILED", "PASSED"))]
            assert max(map(len, wrapped)) <= min(max(columns, 60), 110)

    shown = text.render(report(said), columns=60).splitlines()
    assert shown[3] == "  ok    imports         1.2 s  all the files that it names"
    assert shown[4] == "                               are there, and the server"


def test_in_a_file_each_check_keeps_to_its_line_and_none_ends_in_blanks() -> None:
    said = replace(PASSED, message="all the files that it names are there, and the server listens " * 3)

    assert f"  ok    imports         1.2 s  {said.message.rstrip()}\n" in text.render(report(said))
    assert not [line for line in text.render(report()).splitlines() if line.endswith(" ")]


def test_that_the_start_ended_is_not_told_beside_what_ended_it() -> None:
    def told(code: str) -> list[str]:
        ended = replace(MISSING, code="start-exited", message="the start command ended with exit code 3")
        lines = text.render(report(replace(MISSING, code=code), ended)).splitlines()
        return [line for line in lines if line.startswith("FAIL ")]

    assert told("import-failed:SystemExit") == ["FAIL import-failed:SystemExit"]
    assert told("bound-to-wrong-address") == ["FAIL bound-to-wrong-address"]
    assert told("missing-requirement:numpy") == ["FAIL missing-requirement:numpy", "FAIL start-exited"]


def test_what_a_log_makes_of_the_line_where_importing_ended_is_not_told_beside_it() -> None:
    def told(place: Location) -> list[str]:
        ended = replace(MISSING, code="import-failed:AttributeError", location=Location("main.py", 8))
        read = replace(MISSING, code="dep-conflict", location=place, message="two packages do not fit together")
        lines = text.render(report(ended, read)).splitlines()
        return [line for line in lines if line.startswith("FAIL ")]

    assert told(Location("main.py", 8)) == ["FAIL import-failed:AttributeError"]
    assert told(Location("main.py", 9)) == ["FAIL import-failed:AttributeError", "FAIL dep-conflict"]


def test_that_a_file_is_missing_is_not_told_beside_why_it_is() -> None:
    missing = replace(MISSING, code="requirements-file-missing", message="the build installs from what is not there")
    for code in ("wrong-root-directory", "module-not-pushed"):
        lines = text.render(report(replace(MISSING, code=code), missing)).splitlines()
        assert [line for line in lines if line.startswith("FAIL ")] == [f"FAIL {code}"]


def test_that_python_finds_no_manage_py_is_not_told_beside_where_it_lies() -> None:
    failed = replace(MISSING, code="start-command-wrong-module:manage.py", message="the build failed")
    lines = text.render(report(replace(MISSING, code="wrong-root-directory"), failed)).splitlines()
    assert [line for line in lines if line.startswith("FAIL ")] == ["FAIL wrong-root-directory"]


def test_the_row_of_a_check_that_was_left_out_says_why_and_counts_no_more_than_one_part() -> None:
    warned = replace(PASSED, code="memory-tight", outcome=Outcome.WARNING, message="little is left")
    other = replace(skipped(required=True), message="no network")
    note = replace(PASSED, code="unread-env-var", outcome=Outcome.NOTE, message="nobody reads it")

    rows = [
        text.render(report(*findings)).splitlines()[3].partition(" s  ")[2]
        for findings in (
            (skipped(required=True), note),
            (skipped(required=True), other),
            (skipped(required=True), warned),
            (skipped(required=False), warned),
        )
    ]

    assert rows == ["no server", "2 parts not checked", "1 warning; 1 part not checked", "1 warning; no server"]


def of_several_subjects(*names: str) -> tuple[Finding, ...]:
    """Return a warning about each of *names*, as a package that has no wheel gets one."""
    return tuple(
        Finding(
            code=f"compiled-from-source:{name.lower()}",
            outcome=Outcome.WARNING,
            message=f"{name}=={line}.2.0 has no wheel for Python 3.14 (it has for 3.{line}), and is compiled",
            location=Location("requirements.txt", line),
            remedy=f"require {name.lower()}=={line}.9.9 in requirements.txt:{line}, which has one; or pin Python 3.12",
            certainty="uncertain: about half do not compile" + ("; nobody names ffi.h, x.h" if name == "cffi" else ""),
            check="environment",
        )
        for line, name in enumerate(names, start=4)
    )


def test_findings_that_differ_in_their_subject_alone_are_told_once_with_each_place_and_remedy() -> None:
    found = of_several_subjects("cffi", "lxml", "MarkupSafe", "regex")

    rendered = text.render(report(*found))

    assert rendered.count("uncertain: about half") == rendered.count("pin Python 3.12") == 1
    assert (
        "warn compiled-from-source:lxml, and 3 more\n"
        "  requirements.txt:5: lxml==5.2.0 has no wheel for Python 3.14 (it has for 3.5), and is compiled\n"
        "  how sure: uncertain: about half do not compile\n"
        "  fix: require lxml==5.9.9 in requirements.txt:5, which has one; or pin Python 3.12\n"
        "  the same of:\n"
        "    requirements.txt:4: cffi==4.2.0: require cffi==4.9.9; nobody names ffi.h, x.h\n"
        "    requirements.txt:6: MarkupSafe==6.2.0: require markupsafe==6.9.9\n"
        "    requirements.txt:7: regex==7.2.0: require regex==7.9.9\n"
    ) in rendered
    assert len(json.loads(json_report.render(report(*found)))["findings"]) == len(found)


def test_three_alike_are_told_one_by_one_and_so_is_what_another_reason_or_remedy_sets_apart() -> None:
    *same, less_sure, other = of_several_subjects("lxml", "orjson", "regex", "cffi", "yarl")
    less_sure = replace(less_sure, certainty="likely: it fails as soon as it is imported")
    other = replace(other, remedy="drop it: nothing imports it")

    rendered = text.render(report(*same, less_sure, other))

    assert "the same of" not in rendered
    assert rendered.count("warn compiled-from-source:") == 5


def test_what_the_messages_say_of_each_version_is_told_of_each() -> None:
    moved = tuple(
        replace(
            MISSING, code=f"dependency-drift:{name}", message=f"{name} moved from {n}.0.1 to {n}.4", remedy="lock it"
        )
        for n, name in enumerate(("anyio", "httpx", "idna", "starlette"))
    )

    assert "    shop/search.py:11: idna moved from 2.0.1 to 2.4\n" in text.render(report(*moved))


def test_several_names_at_one_place_share_a_line_that_a_narrow_terminal_wraps() -> None:
    names = [f"VARIABLE_{letter}" for letter in "ABCDEFGH"]
    found = [
        replace(MISSING, code=f"missing-env-var:{name}", message=f"the start needs {name}", remedy=f"state {name}")
        for name in names
    ]

    rendered = text.render(report(*found), columns=60)

    assert rendered.count("the start needs") == rendered.count("  fix: ") == 1
    assert " ".join(rendered.split()).count(f"the same of: shop/search.py:11: {', '.join(names[1:])}") == 1
    assert max(map(len, rendered.splitlines())) <= 60


def test_a_subject_that_stands_behind_a_path_is_told_apart_too() -> None:
    found = [
        replace(MISSING, code=f"unknown:{name}", message=f"all[0].{name} is no key", remedy=f"drop `{name}:`")
        for name in ("fooo", "baar", "bazz", "quux")
    ]

    assert "the same of:\n    shop/search.py:11: baar, bazz, quux\n" in text.render(report(*found))


def test_annotations_of_other_subjects_come_after_all_that_tell_something_else() -> None:
    found = of_several_subjects("lxml", "orjson", "regex", "cffi")

    annotations = [line for line in github.render(report(*found, MISSING)).splitlines() if line.startswith("::")]

    lines = [line.partition("line=")[2].partition("::")[0] for line in annotations]
    assert lines == ["11", "4", "5", "6", "7"]
    assert "the same of:%0Arequirements.txt:5: orjson==5.2.0: require orjson==5.9.9%0A" in annotations[1]
    assert "the same of" not in annotations[2]
