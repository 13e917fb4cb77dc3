"""A failed build in the words of the report: the line to change, the evidence, what to do."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite import mending
from deploy_suite.checks import build, build_excerpts
from deploy_suite.checks.base import Case
from deploy_suite.model.contract import Prompted, PythonRequest, Variable
from deploy_suite.model.environment import (
    BuildFailure,
    Environment,
    Interpreter,
    Refusal,
    RefusalKind,
    Resolution,
)
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location
from deploy_suite.model.mend import Mend
from deploy_suite.model.project import CommandText
from deploy_suite.project import entry_points
from tests.unit.checks.gunicorn_case import CONTRACT, case_of

PLACE = Location("render.yaml", 5)
LINE = Location("requirements.txt", 2)
CALL = "pip install -r requirements.txt"


def case(top: Path, command: str = CALL, requirements: str = "six\npkg==1\n") -> Case:
    (top / "requirements.txt").write_text(requirements)
    contract = replace(
        CONTRACT,
        python=PythonRequest(version="3.13.4", origin="test"),
        build=CommandText(text=command, location=PLACE),
        limits=replace(CONTRACT.limits, build_s=7200),
    )
    return case_of(contract, top)


def failure(log: str = "what pip said\n", *refusals: Refusal, command: str = CALL, conflict: str = "") -> BuildFailure:
    resolution = Resolution(python="3.13.0", versions={}, conflict=conflict, refusals=refusals)
    return BuildFailure(code=1, log=log, command=command, seconds=1, resolution=resolution)


def refusal(kind: RefusalKind, *, fitting: str = "", pythons: tuple[str, ...] = ()) -> Refusal:
    return Refusal(
        name="pkg",
        requirement="pkg==1",
        kind=kind,
        location=LINE,
        fitting=fitting,
        pythons=pythons,
        modules=("pkgmod",),
    )


def failed(
    code: str, message: str, *, evidence: tuple[str, ...], remedy: str, python: str = "", location: Location = LINE
) -> Finding:
    return Finding(
        code=code,
        outcome=Outcome.FAILED,
        message=message,
        location=location,
        evidence=evidence,
        remedy=remedy,
        python=python,
        reproduce=CALL,
    )


@pytest.mark.parametrize(
    ("refused", "code", "message", "remedy", "python"),
    [
        (
            refusal(RefusalKind.UNKNOWN_NAME),
            "requirements-not-on-pypi:pkg",
            "the package index has no pkg",
            "correct or remove 'pkg==1' in requirements.txt:2; modules of Python or of the project are not listed",
            "",
        ),
        (
            refusal(RefusalKind.UNKNOWN_VERSION, fitting="2"),
            "dependency-resolution-impossible:pkg",
            "the package index has no version that fits pkg==1",
            "raise pkg in requirements.txt:2 to 2",
            "",
        ),
        (
            refusal(RefusalKind.OTHER_PYTHON, pythons=("3.8", "3.9", "3.10")),
            "python-version-unsupported:too-new",
            "pkg==1 has no release for Python 3.13 (it has for Python 3.8 to 3.10)",
            "replace pkg in requirements.txt:2, or pin Python 3.10 for the service",
            "3.10",
        ),
        (
            refusal(RefusalKind.OTHER_PYTHON, fitting="2", pythons=("3.14",)),
            "python-version-unsupported:too-old",
            "pkg==1 has no release for Python 3.13 (it has for Python 3.14)",
            "raise pkg in requirements.txt:2 to 2, or pin Python 3.14 for the service",
            "3.14",
        ),
        (
            refusal(RefusalKind.OTHER_SYSTEM),
            "build-failure:pkg",
            "pkg==1 has no release for Linux, which the target runs",
            "write `; sys_platform != 'linux'` behind pkg==1 in requirements.txt:2, or take it out",
            "",
        ),
        (
            refusal(RefusalKind.OTHER_SYSTEM, fitting="2"),
            "build-failure:pkg",
            "pkg==1 has no release for Linux, which the target runs",
            "raise pkg in requirements.txt:2 to 2",
            "",
        ),
        (
            refusal(RefusalKind.CANNOT_BUILD, fitting="2", pythons=("3.11", "3.12")),
            "build-failure:pkg",
            "pkg==1 has no wheel for Python 3.13 (it has for Python 3.11 to 3.12) and cannot be compiled",
            "raise pkg in requirements.txt:2 to 2, or pin Python 3.12 for the service",
            "3.12",
        ),
    ],
)
def test_what_the_index_refuses_names_the_line(
    tmp_path: Path, refused: Refusal, code: str, message: str, remedy: str, python: str
) -> None:
    evidence = ("requirements.txt:2: pkg==1", "what pip said")

    assert build.findings(failure("what pip said\n", refused), case(tmp_path)) == (
        failed(code, message, evidence=evidence, remedy=remedy, python=python),
    )


def test_a_version_that_only_older_releases_fit_is_to_be_lowered(tmp_path: Path) -> None:
    refused = replace(refusal(RefusalKind.OTHER_PYTHON, fitting="0.9", pythons=("3.14", "3.15")), requirement="pkg==1")

    found = build.findings(failure("what pip said\n", refused), case(tmp_path))

    assert [finding.remedy for finding in found] == [
        "lower pkg in requirements.txt:2 to 0.9, or pin Python 3.14 for the service"
    ]


def test_a_package_that_the_log_does_not_speak_of_is_shown_with_what_building_it_alone_printed(tmp_path: Path) -> None:
    alone = "Downloading pkg\n  KeyError: '__version__'\nerror: failed to build pkg\n"
    refused = replace(refusal(RefusalKind.CANNOT_BUILD, pythons=("3.12",)), account=alone)

    found = build.findings(failure("ERROR: No matching distribution found for other==1\n", refused), case(tmp_path))

    assert [finding.evidence for finding in found] == [("requirements.txt:2: pkg==1", "error: failed to build pkg")]


def test_what_everyone_compiles_may_compile_on_the_target(tmp_path: Path) -> None:
    found = build.findings(failure("Error: lib.h missing\n", refusal(RefusalKind.CANNOT_BUILD)), case(tmp_path))

    assert [(finding.code, finding.outcome, finding.message) for finding in found] == [
        (
            "build-failure:pkg",
            Outcome.SKIPPED,
            (
                "pkg==1 has no wheel for Python 3.13 and cannot be compiled on this machine; "
                "the target may have what it needs"
            ),
        )
    ]


def test_what_another_package_requires_is_blamed_on_the_line_that_leads_to_it(tmp_path: Path) -> None:
    brought = Refusal(
        name="deep-er",
        requirement="deep-er==3",
        kind=RefusalKind.CANNOT_BUILD,
        location=LINE,
        pythons=("3.11",),
        required_by=("pkg", "mid"),
    )
    log = "many\nlines\n  x.c:12:3: error: no member named y\nERROR: Failed building wheel for deep_er\nnpm noise\n"

    assert build.findings(failure(log, brought), case(tmp_path)) == (
        failed(
            "build-failure:deep-er",
            "deep-er==3 (required by pkg, mid) has no wheel for Python 3.13 (it has for Python 3.11) "
            "and cannot be compiled",
            evidence=(
                "requirements.txt:2: pkg==1",
                "  x.c:12:3: error: no member named y",
                "ERROR: Failed building wheel for deep_er",
            ),
            remedy="raise pkg in requirements.txt:2 to a release that takes a newer deep-er, "
            "or pin Python 3.11 for the service",
            python="3.11",
        ),
    )


def test_a_package_compiled_in_vain_is_named_with_the_errors_about_it(tmp_path: Path) -> None:
    log = "Built pkgmod\nTraceback\nImportError: pkgmod/_ext.so: undefined symbol: x\n  more\n- pkgmod is MISSING\n"
    refused = refusal(RefusalKind.NO_WHEEL, fitting="2", pythons=("3.12",))

    assert build.findings(failure(log, refused, command=""), case(tmp_path)) == (
        failed(
            "build-failure:pkg",
            "pkg==1 has no wheel for Python 3.13 (it has for Python 3.12); compiled, it does not work",
            evidence=(
                "requirements.txt:2: pkg==1",
                "ImportError: pkgmod/_ext.so: undefined symbol: x",
                "- pkgmod is MISSING",
            ),
            remedy="raise pkg in requirements.txt:2 to 2, or pin Python 3.12 for the service",
            python="3.12",
        ),
    )


def test_a_package_that_was_compiled_is_not_blamed_for_what_has_nothing_to_do_with_it(tmp_path: Path) -> None:
    found = build.findings(failure("boom\n", refusal(RefusalKind.NO_WHEEL), command=""), case(tmp_path))

    assert [finding.code for finding in found] == ["build-failure"]


def test_a_package_that_was_compiled_is_not_blamed_because_its_installer_names_it(tmp_path: Path) -> None:
    log = "Built pkgmod==1\nInstalled 3 packages\nTraceback\nModuleNotFoundError: No module named 'other'\n"
    found = build.findings(failure(log, refusal(RefusalKind.NO_WHEEL), command=""), case(tmp_path))

    assert [finding.code for finding in found] == ["missing-requirement:other"]


@pytest.mark.parametrize(("fitting", "text"), [("2", "pkg==2"), ("", "")])
def test_a_line_that_the_index_refuses_has_its_mend(tmp_path: Path, fitting: str, text: str) -> None:
    refused = refusal(RefusalKind.OTHER_PYTHON, fitting=fitting, pythons=("3.12",))
    (found,) = build.findings(failure("no words\n", refused), case(tmp_path))

    assert found.mend is not None
    assert (found.mend.line, found.mend.text, found.mend.is_faithful) == (2, text, False)
    assert found.mend.pythons == ("3.12",)


def test_what_has_no_wheel_either_is_named_with_the_python_for_all(tmp_path: Path) -> None:
    fails = refusal(RefusalKind.CANNOT_BUILD, fitting="2", pythons=("3.10", "3.11", "3.12"))
    other = replace(
        refusal(RefusalKind.NO_WHEEL, pythons=("3.9", "3.11")), name="other", requirement="other==1", modules=("other",)
    )
    (found,) = build.findings(failure("no words\n", fails, other), case(tmp_path))

    assert found.evidence[-1] == "have to be compiled for it too, which may fail likewise: other==1"
    assert found.remedy == (
        f"pin Python 3.11 for the service, for which all of these have wheels; or raise pkg in {LINE} to 2"
    )
    assert found.python == "3.11"
    assert found.mend == Mend(file="", says="", pythons=("3.11",), is_faithful=False)


@pytest.mark.parametrize(
    ("first", "second", "pinned"),
    [
        (("3.8", "3.9"), ("3.9", "3.10", "3.11"), ["3.9", "3.9"]),
        (("3.13", "3.14"), ("3.14", "3.15"), ["3.14", "3.14"]),
        (("3.8", "3.9"), ("3.10", "3.11"), ["3.9", "3.11"]),
    ],
)
def test_what_is_too_old_or_too_new_names_one_python_for_all_where_there_is_one(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...], pinned: list[str]
) -> None:
    one = refusal(RefusalKind.OTHER_PYTHON, fitting="2", pythons=first)
    other = replace(refusal(RefusalKind.CANNOT_BUILD, pythons=second), name="other", requirement="other==1")

    found = build.findings(failure("no words\n", one, other), case(tmp_path))

    assert [finding.python for finding in found] == pinned
    assert all(
        f"pin Python {series} for the service" in each.remedy for each, series in zip(found, pinned, strict=True)
    )
    assert ("for which all of these have wheels" in found[0].remedy) == (pinned[0] == pinned[1])


def test_what_another_package_brings_has_a_wheel_for_another_python_alone(tmp_path: Path) -> None:
    refused = replace(refusal(RefusalKind.CANNOT_BUILD, pythons=("3.11", "3.12")), required_by=("parent",))
    (found,) = build.findings(failure("no words\n", refused), case(tmp_path))

    assert found.mend == Mend(file="", says="", pythons=("3.11", "3.12"), is_faithful=False)


def test_what_is_for_windows_alone_is_told_as_that(tmp_path: Path) -> None:
    refused = replace(refusal(RefusalKind.CANNOT_BUILD), name="pywinpty", requirement="pywinpty==2.0.14")
    (found,) = build.findings(failure("no words\n", refused), case(tmp_path))

    assert (found.outcome, found.message, found.remedy) == (
        Outcome.FAILED,
        "pywinpty==2.0.14 is for Windows alone, and the target runs Linux",
        "write `; sys_platform == 'win32'` behind pywinpty==2.0.14 in requirements.txt:2, or take it out",
    )


def test_a_front_end_that_fails_is_told_beside_what_the_index_refuses(tmp_path: Path) -> None:
    refused = refusal(RefusalKind.OTHER_PYTHON, fitting="2", pythons=("3.12",))
    log = "vite: cannot resolve react-router-dom\n"
    found = build.findings(failure(log, refused, command="npm run build"), case(tmp_path))

    assert [(one.code, one.evidence) for one in found] == [
        ("python-version-unsupported:too-new", ("requirements.txt:2: pkg==1",)),
        ("build-failure", ("vite: cannot resolve react-router-dom",)),
    ]


def test_a_script_that_lies_elsewhere_is_told_once_in_the_words_of_the_commands_check(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend/build.sh").write_text("true\n")
    lost = replace(failure("bash: line 1: ./build.sh: No such file or directory\n", command=""), code=127)

    subject = case(tmp_path, "./build.sh")
    stated = replace(subject, contract=replace(subject.contract, location=Location("render.yaml", 2)))

    (found,) = build.findings(lost, stated)

    assert (found.code, found.mend and (found.mend.file, found.mend.twin)) == (
        "wrong-root-directory",
        ("build.sh", "backend/build.sh"),
    )


def test_of_a_build_only_the_files_that_it_names_itself_are_told_and_each_once(tmp_path: Path) -> None:
    subject = case(tmp_path, "./build.sh && ./build.sh")
    later = CommandText(text="./release.sh && gunicorn app:app", location=Location("render.yaml", 6))
    commands = replace(subject.contract, pre_deploy=later, start=later, location=Location("render.yaml", 2))
    stated = replace(subject, contract=commands)
    lost = replace(failure("bash: line 1: ./build.sh: No such file or directory\n", command=""), code=127)

    assert [one.code for one in build.findings(lost, stated)] == ["command-file-missing:build.sh"]


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("SECRET_KEY = os.environ.get('DJANGO_KEY')", "missing-env-var:DJANGO_KEY", "site1/settings.py:2"),
        ("SECRET_KEY = os.getenv('DJANGO_KEY', '')", "missing-env-var:DJANGO_KEY", "site1/settings.py:2"),
        ("SECRET_KEY = ''", "empty-secret-key", "render.yaml:5"),
    ],
)
def test_an_empty_key_of_django_is_the_variable_that_it_is_taken_from(
    tmp_path: Path, line: str, code: str, place: str
) -> None:
    (tmp_path / "site1").mkdir()
    (tmp_path / "site1/settings.py").write_text(f"import os\n{line}\n")
    log = "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.\n"

    (found,) = build.findings(failure(log, command=""), case(tmp_path))

    assert (found.code, str(found.location)) == (code, place)


REFUSED = (
    'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused'
)


@pytest.mark.parametrize(
    ("variables", "outcome"),
    [
        ((), Outcome.SKIPPED),
        ((Variable(name="DB_HOST", source=Prompted(), location=Location("render.yaml", 9)),), Outcome.FAILED),
    ],
)
def test_a_database_that_the_targets_own_page_may_name_is_no_failure(
    tmp_path: Path, variables: tuple[Variable, ...], outcome: Outcome
) -> None:
    subject = case(tmp_path, "python manage.py migrate")
    subject = replace(subject, contract=replace(subject.contract, variables=variables))

    (found,) = build.findings(failure(f"{REFUSED}\n", command=""), subject)

    assert (found.code, found.outcome) == ("db-connection-refused", outcome)


def test_a_script_with_windows_line_ends_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_bytes(b"#!/usr/bin/env bash\r\nset -e\r\n")
    (tmp_path / "build.sh").chmod(0o755)
    log = "/usr/bin/env: 'bash\\r': No such file or directory\n"

    (found,) = build.findings(failure(log, command=""), case(tmp_path, "./build.sh"))

    assert (found.code, str(found.location), found.remedy) == (
        "crlf-line-endings",
        "build.sh:1",
        "sed -i 's/\\r$//' build.sh, and write `*.sh text eol=lf` to .gitattributes",
    )


def test_requirements_that_cannot_all_be_met_are_quoted_with_the_resolvers_account(tmp_path: Path) -> None:
    account = "error: No solution\n  cause: Because pkg==1 depends on six<1 and you require six, unsatisfiable.\n"

    assert build.findings(failure("no words\n", conflict=account), case(tmp_path)) == (
        failed(
            "dependency-resolution-impossible",
            "no set of versions fits all requirements: six, pkg",
            evidence=(
                "requirements.txt:1: six",
                "requirements.txt:2: pkg==1",
                "error: No solution",
                "  cause: Because pkg==1 depends on six<1 and you require six, unsatisfiable.",
            ),
            remedy="loosen or change the versions that are quoted, so that one of them admits what the other demands",
            location=Location("requirements.txt", 1),
        ),
    )


def test_a_file_that_the_repository_lacks_is_the_cause(tmp_path: Path) -> None:
    found = build.findings(failure("ERROR\n"), case(tmp_path, "pip install -r requirments.txt"))

    assert found == (
        Finding(
            code="requirements-file-missing",
            outcome=Outcome.FAILED,
            message="the build installs from requirments.txt, which is not in the repository",
            location=PLACE,
            evidence=("ERROR",),
            remedy="commit requirments.txt, or correct the path in the build command",
        ),
    )


def test_a_build_that_took_too_long_says_so_and_nothing_else(tmp_path: Path) -> None:
    late = replace(failure("still waiting\n", refusal(RefusalKind.UNKNOWN_NAME)), timed_out=True)

    found = build.findings(late, case(tmp_path))

    assert [(finding.code, finding.location, finding.evidence) for finding in found] == [
        ("build-timeout", PLACE, ("still waiting",))
    ]
    assert "7200 s" in found[0].message


def test_a_build_that_took_too_long_names_what_it_had_to_compile(tmp_path: Path) -> None:
    resolution = Resolution(python="3.12.1", versions={"pkg": "1", "six": "1.16"}, from_source=frozenset({"pkg"}))
    late = replace(failure(""), timed_out=True, resolution=resolution)
    given = case(tmp_path)
    limits = given.contract.limits.shortened(build_s=60, start_s=None)

    (found,) = build.findings(late, replace(given, contract=replace(given.contract, limits=limits)))

    assert found.outcome is Outcome.SKIPPED
    assert found.evidence == (f"{LINE}: pkg 1 has no wheel for Python 3.12: built from source",)
    assert "a wheel for the service's Python" in found.remedy
    assert "--build-timeout" in found.remedy


def test_a_known_failure_is_diagnosed_from_the_log(tmp_path: Path) -> None:
    log = "Traceback (most recent call last):\nModuleNotFoundError: No module named 'pkg_resources'\n"

    found = build.findings(failure(log, command=""), case(tmp_path))

    assert [finding.code for finding in found] == ["stdlib-removed:pkg_resources"]
    assert "ModuleNotFoundError: No module named 'pkg_resources'" in found[0].evidence


@pytest.mark.parametrize(
    ("target", "wanted", "outcome"),
    [
        ("3.13.4", "3.13.4", Outcome.SKIPPED),
        ("3.13", ">=3.13.4,<3.14", Outcome.SKIPPED),
        ("3.13", "3.13.4", Outcome.FAILED),  # the target picks the newest patch
        ("3.13.4", ">=3.13.5", Outcome.FAILED),
        ("3.12.8", "3.12.8", Outcome.FAILED),
    ],
)
def test_a_python_that_the_build_refuses_for_its_patch_alone_is_this_machines(
    tmp_path: Path, target: str, wanted: str, outcome: Outcome
) -> None:
    log = f"Current Python version (3.13.0) is not allowed by the project ({wanted}).\n"
    one = case(tmp_path, "poetry install")
    subject = replace(one, contract=replace(one.contract, python=PythonRequest(version=target, origin="test")))

    (told,) = build.findings(failure(log, command="poetry install"), subject)

    assert told.outcome is outcome
    assert told.code == ("cannot-check-here" if outcome is Outcome.SKIPPED else "python-version-unsupported")


def test_an_unknown_failure_quotes_its_end_and_the_call_that_failed(tmp_path: Path) -> None:
    found = build.findings(failure("\n".join(f"line {n}" for n in range(50))), case(tmp_path))

    assert found == (
        failed(
            "build-failure",
            f"the build command ended with exit code 1; `{CALL}` failed",
            evidence=tuple(f"line {n}" for n in range(38, 50)),
            remedy="mend what the last lines of the build's output say",
            location=PLACE,
        ),
    )


def environment(top: Path, packages: Mapping[str, str], *, notes: tuple[str, ...] = ()) -> Environment:
    return Environment(
        key="k",
        interpreter=Interpreter(path=Path("/python"), version="3.13.0"),
        venv=top,
        workdir=top,
        top=top,
        packages=packages,
        search_path="",
        home=top,
        notes=notes,
        seconds=1.24,
        resolution=Resolution(python="3.13.0", versions=packages, from_source=frozenset(packages)),
    )


def test_a_pass_says_what_was_built_and_with_what(tmp_path: Path) -> None:
    found = build.findings(environment(tmp_path, {"six": "1"}, notes=("another patch",)), case(tmp_path))

    assert found == (
        Finding(
            code="build",
            outcome=Outcome.PASSED,
            message="the environment was built in 1.2 s: Python 3.13.0, 1 package; another patch",
            evidence=("another patch",),
        ),
    )


def test_progress_and_long_lists_are_left_out_of_the_evidence(tmp_path: Path) -> None:
    versions = ", ".join(f"1.{number}" for number in range(40))
    log = (
        "Collecting pkg==9\n  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)\n"
        f"ERROR: Could not find a version that satisfies the requirement pkg==9 (from versions: {versions})\n"
    )

    found = build.findings(failure(log, refusal(RefusalKind.UNKNOWN_VERSION)), case(tmp_path))

    assert [finding.evidence for finding in found] == [
        (
            "requirements.txt:2: pkg==1",
            "ERROR: Could not find a version that satisfies the requirement pkg==9",
        )
    ]


def test_all_that_is_pinned_twice_is_named_though_the_resolver_tells_only_the_first(tmp_path: Path) -> None:
    requirements = "six==1.17.0\npkg==1\nok==3\npkg==2\nsix==1.16.0\n"
    account = "error: Because you require pkg==1 and pkg==2, your requirements are unsatisfiable.\n"

    found = build.findings(failure("no words\n", conflict=account), case(tmp_path, requirements=requirements))

    assert [(finding.message, str(finding.location), finding.remedy) for finding in found] == [
        (
            "no set of versions fits all requirements: six, pkg",
            "requirements.txt:1",
            "keep one of the lines for six, pkg",
        )
    ]


@pytest.mark.parametrize(
    ("requirements", "account"),
    [
        ("pkg==1.0\npkg==1\nother>2\n", "Because pkg==1 depends on other<2, your requirements are unsatisfiable."),
        ("pkg==1.*\npkg==1.2\nother>2\n", "Because pkg==1.2 depends on other<2, your requirements are unsatisfiable."),
        ("six==1\nsix==2\nother>2\n", "Because pkg depends on other<2, your requirements are unsatisfiable."),
    ],
)
def test_lines_that_no_account_holds_against_each_other_are_not_to_be_chosen_from(
    tmp_path: Path, requirements: str, account: str
) -> None:
    subject = case(tmp_path, requirements=requirements)

    (found,) = build.findings(failure("no words\n", conflict=account), subject)

    assert (found.remedy, found.mend) == (
        "loosen or change the versions that are quoted, so that one of them admits what the other demands",
        None,
    )


def test_a_copy_goes_on_with_one_of_the_lines_that_pin_a_package(tmp_path: Path) -> None:
    subject = case(tmp_path, requirements="pkg==1\nok==3\npkg==2\n")
    account = "error: Because you require pkg==1 and pkg==2, your requirements are unsatisfiable.\n"

    (found,) = build.findings(failure("no words\n", conflict=account), subject)

    assert found.mend is not None
    copy = mending.applied((found.mend,), subject.snapshot, tmp_path / "copy")
    kept = (copy.folder / "requirements.txt").read_text(encoding="utf-8").split()
    assert (kept, found.mend.says, found.mend.is_faithful) == (
        ["pkg==1", "ok==3"],
        "pkg is required once, by requirements.txt:1",
        False,
    )


def test_frames_of_foreign_code_are_left_out_of_the_evidence(tmp_path: Path) -> None:
    log = (
        "Traceback (most recent call last):\n"
        '  File "manage.py", line 22, in <module>\n'
        "    main()\n"
        '  File ".venv/lib/python3.13/site-packages/django/apps.py", line 1, in populate\n'
        "    app_config = AppConfig.create(entry)\n"
        "                 ^^^^^^^^^^^^^^^^^^^^^^^\n"
        '  File "<frozen importlib._bootstrap>", line 1206, in _gcd_import\n'
        "OddError: it went wrong\n"
    )

    found = build.findings(failure(log, command=""), case(tmp_path, command="python manage.py collectstatic"))

    assert [finding.evidence for finding in found] == [
        (
            "Traceback (most recent call last):",
            '  File "manage.py", line 22, in <module>',
            "    main()",
            "OddError: it went wrong",
        )
    ]


def test_that_the_project_is_a_package_is_only_a_guess_where_nobody_says_how_it_is_built(tmp_path: Path) -> None:
    log = "ValueError: Unable to determine which files to ship inside the wheel using the following heuristics\n"
    stated = case(tmp_path, command="pip install .")
    guess = CommandText(text="pip install .")

    told = build.findings(failure(log, command="pip install ."), stated)
    assumed = build.findings(
        failure(log, command="pip install ."), replace(stated, contract=replace(stated.contract, build=guess))
    )

    assert [(one.code, one.outcome) for one in (*told, *assumed)] == [
        ("build-failure:package-metadata", Outcome.FAILED),
        ("build-failure:package-metadata", Outcome.SKIPPED),
    ]


def test_a_script_that_was_lent_its_execute_bit_is_a_failure_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_text("#!/bin/sh\npip install -r requirements.txt\n")
    (tmp_path / "build.sh").chmod(0o644)

    built = environment(tmp_path, {"six": "1"})

    def found(command: str) -> list[tuple[str, Outcome, Location | None]]:
        told = build.findings(built, case(tmp_path, command=command))
        return [(finding.code, finding.outcome, finding.location) for finding in told]

    verified = ("build", Outcome.PASSED, None)
    assert found("./build.sh") == [("entrypoint-not-executable", Outcome.FAILED, PLACE), verified]
    assert found("chmod +x build.sh && ./build.sh") == [verified]
    assert found("bash build.sh") == [verified]


def test_a_migration_that_changes_a_table_nobody_made_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "alembic").mkdir()
    (tmp_path / "alembic" / "one.py").write_text("")
    log = (
        'Traceback (most recent call last):\n  File "alembic/one.py", line 25, in upgrade\n    op.alter_column("t")\n'
        '  File "<string>", line 8, in alter_column\n'
        '  File ".venv/lib/python3.13/site-packages/sqlalchemy/x.py", line 3, in execute\n    raise e\n'
        'sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedTable) relation "t" does not exist\n\n'
        "[SQL: ALTER TABLE t ALTER COLUMN c DROP NOT NULL]\n"
    )

    found = build.findings(failure(log, command=""), case(tmp_path, command="alembic upgrade head"))

    assert [(finding.code, str(finding.location), finding.message) for finding in found] == [
        (
            "migration-table-missing",
            "alembic/one.py:25",
            "the build failed: a migration asks for t, which no earlier one has made",
        )
    ]


def test_a_package_that_a_command_of_the_build_misses_is_told_where_the_application_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import flask\nimport absent_one\napp = flask.Flask('app')\n")
    start = CommandText(text="gunicorn app:app", location=Location("render.yaml", 6))
    entry = entry_points.from_command(start, folder=tmp_path, root=PurePosixPath())
    about = case(tmp_path, command="python prepare.py")
    about = replace(about, contract=replace(about.contract, entry=entry))

    (found,) = build.findings(failure("ModuleNotFoundError: No module named 'absent_one'\n", command=""), about)

    assert (found.code, str(found.location)) == ("missing-requirement:absent-one", "app.py:2")
    assert found.evidence == ("ModuleNotFoundError: No module named 'absent_one'", "app.py:2 import absent_one")


def test_a_part_of_a_package_of_the_projects_own_is_not_to_be_installed(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/views.py").write_text("from .lib.prices import total\n")
    (tmp_path / "app.py").write_text("from shop import views\napp = object()\n")
    log = (
        f'Traceback (most recent call last):\n  File "{tmp_path}/shop/views.py", line 1, in <module>\n'
        "    from .lib.prices import total\nModuleNotFoundError: No module named 'shop.lib'\n"
    )

    start = CommandText(text="gunicorn app:app", location=Location("render.yaml", 6))

    for entry in (None, entry_points.from_command(start, folder=tmp_path, root=PurePosixPath())):
        asked = case(tmp_path, "./build.sh")
        asked = replace(asked, contract=replace(asked.contract, entry=entry))
        (found,) = build.findings(failure(log, command=""), asked)

        assert (found.outcome, found.code, found.message) == (
            Outcome.FAILED,
            "module-not-pushed:shop.lib",
            "shop.lib is imported, and the commit has no such module",
        )
        assert found.evidence[-1] == "looked for: shop/lib.py, shop/lib/__init__.py"


def test_a_missing_package_is_added_by_the_tool_that_the_build_installs_with(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\ndependencies = []\n')
    log = "ModuleNotFoundError: No module named 'pydantic_settings'\n"

    (by_uv,) = build.findings(failure(log, command=""), case(tmp_path, "uv sync --frozen && python check.py"))
    (by_pip,) = build.findings(failure(log, command=""), case(tmp_path, f"{CALL} && python check.py"))

    assert (by_uv.remedy, by_pip.remedy) == (
        "run `uv add pydantic-settings` and commit the manifest and the lock file",
        "add `pydantic-settings` to requirements.txt and commit it",
    )


def test_a_line_that_no_installer_reads_is_told_and_no_conflict_of_versions(tmp_path: Path) -> None:
    subject = case(tmp_path, requirements="six\ngunicorn==23.0.0pandas==2.2.3\n")

    (found,) = build.findings(failure("error: Couldn't parse\n", conflict="six gunicorn"), subject)

    assert found == replace(
        failed(
            "requirements-syntax",
            found.message,
            evidence=("error: Couldn't parse",),
            remedy="put `gunicorn==23.0.0` and `pandas==2.2.3` on lines of their own at requirements.txt:2: "
            "the end of a line was lost",
        ),
        reproduce=CALL,
    )


@pytest.mark.parametrize(
    "log",
    [
        "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/croot/b_2/work'\n",
        "error: Distribution not found at: file:///croot/b_2/work\n",
    ],
)
def test_a_path_of_another_machine_at_which_the_installer_ended_is_no_name_that_the_index_lacks(
    tmp_path: Path, log: str
) -> None:
    subject = case(tmp_path, requirements="a @ file:///croot/a_1/work\nb @ file:///croot/b_2/work\n")

    (found,) = build.findings(failure(log), subject)

    assert (found.code, found.location, found.remedy) == (
        "requirements-local-path:b",
        LINE,
        "replace the path by a version, such as `b==VERSION`; `pip list --format=freeze` writes all lines so",
    )


def test_a_build_that_fails_over_a_made_up_value_is_not_held_against_the_project(tmp_path: Path) -> None:
    subject = case(tmp_path)
    given = Variable(name="ADMIN_NAME", source=Prompted())
    asked = replace(subject, contract=replace(subject.contract, variables=(given,)))
    log = (
        'Traceback (most recent call last):\n  File "seed.py", line 2, in <module>\n'
        "    create(name=settings.{})\nDataError: value too long\n"
    )

    (met,) = build.findings(failure(log.format("ADMIN_NAME"), command=""), asked)
    (other,) = build.findings(failure(log.format("OTHER"), command=""), asked)

    assert (met.outcome, met.code) == (Outcome.SKIPPED, "needs-real-values")
    assert met.message == "the build fails on values that only the target has; here they are made up: ADMIN_NAME"
    assert (other.outcome, other.code) == (Outcome.FAILED, "build-failure")


def test_an_account_that_speaks_of_no_versions_is_no_conflict_of_versions(tmp_path: Path) -> None:
    account = "error: Failed to parse metadata from built wheel\n  cause: Metadata field Name not found\n"

    (found,) = build.findings(failure("no words\n", conflict=account), case(tmp_path))

    assert not found.code.startswith("dependency-resolution")
    assert found.evidence[:2] == tuple(account.splitlines())


LEFT = """Collecting django
Traceback (most recent call last):
  File "manage.py", line 22, in <module>
    main()
  File "manage.py", line 18, in main
    execute_from_command_line(sys.argv)
  File "shop/settings.py", line 3, in <module>
    import cloudinary
ModuleNotFoundError: No module named 'cloudinary'
Collecting cloudinary
Successfully installed cloudinary-1.44.2
"""


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (LEFT, [("missing-requirement:cloudinary", Outcome.WARNING, Location("shop/settings.py", 3))]),
        (LEFT.replace("manage.py", "shop/apps.py"), []),
        (LEFT.replace("ModuleNotFoundError: No module named 'cloudinary'", "KeyError: 'SECRET_KEY'"), []),
        ("Successfully installed django\n", []),
    ],
)
def test_a_program_of_a_build_that_went_on_after_it_had_failed_is_a_warning(
    tmp_path: Path, log: str, expected: list[tuple[str, Outcome, Location]]
) -> None:
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "settings.py").write_text("\n\nimport cloudinary\n")

    found = build.findings(replace(environment(tmp_path, {}), log=log), case(tmp_path, requirements="django\n"))

    assert [(one.code, one.outcome, one.location) for one in found if one.code != "build"] == expected


def test_a_name_that_a_module_of_the_project_lacks_is_to_be_defined_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "models.py").write_text("class Item:\n    pass\n")
    said = "ImportError: cannot import name 'Order' from 'shop.models' (/opt/render/project/src/shop/models.py)\n"

    (found,) = build.findings(replace(failure(said), command=""), case(tmp_path))

    place = "shop/models.py"
    told = f"define Order in {place}, or mend what asks for it; where it is there at the desk, commit and push {place}"
    assert (found.code, found.remedy) == ("import-name-missing", told)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("shop/views.py", ("import-name-missing", "shop/urls.py:3")),
        ("six.py", ("dep-conflict:six", "requirements.txt:1")),
    ],
)
def test_what_a_module_of_the_project_lacks_is_no_clash_unless_it_hides_a_package(
    tmp_path: Path, file: str, expected: tuple[str, str]
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "urls.py").write_text("from . import views\n\nviews.detail\n")
    (tmp_path / file).write_text("")
    module = file.removesuffix(".py").replace("/", ".")
    log = (
        'Traceback (most recent call last):\n  File "shop/urls.py", line 3, in <module>\n    views.detail\n'
        f"AttributeError: module '{module}' has no attribute 'detail'\n"
    )

    (found,) = build.findings(replace(failure(log), command=""), case(tmp_path))

    assert (found.code, str(found.location)) == expected


DJANGO_MIGRATION = """class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_..."),
    ]
"""
PRICE = "app/shop/migrations/0003_price.py"
RAISED = 'Traceback (most recent call last):\n  File "manage.py", line 22, in <module>\n    main()\n'
NO_PARENT = (
    "django.db.migrations.exceptions.NodeNotFoundError: Migration shop.0003_price dependencies reference nonexistent "
    "parent node ('shop', '0002_...')\n"
)
CONFLICTING = (
    "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0002_a, 0003_price "
    "in shop).\n"
)
ALREADY = RAISED + 'django.db.utils.ProgrammingError: relation "shop_item" already exists\n'
FIRST_APPLIED = "  Applying shop.0001_initial... OK\n  Applying shop.0003_price..."


@pytest.mark.parametrize(
    ("said", "place", "code"),
    [
        (RAISED + NO_PARENT, f"{PRICE}:3", "migration-parent-missing"),
        (CONFLICTING, PRICE, "alembic-multiple-heads"),
        (FIRST_APPLIED + ALREADY, PRICE, "migration-duplicate-table"),
        (f"{FIRST_APPLIED}{RAISED}what nobody knows\n", PRICE, "build-failure"),
        (f"{FIRST_APPLIED} OK\n{ALREADY}", "build.sh:3", "migration-duplicate-table"),
        (f"{FIRST_APPLIED}filled 3 rows\n OK\n{ALREADY}", "build.sh:3", "migration-duplicate-table"),
        (f"  Applying auth.0001_initial...{ALREADY}", "build.sh:3", "migration-duplicate-table"),
    ],
)
def test_what_django_cannot_migrate_in_a_build_is_told_at_the_migration(
    tmp_path: Path, said: str, place: str, code: str
) -> None:
    (tmp_path / "app" / "shop" / "migrations").mkdir(parents=True)
    (tmp_path / "app" / "shop" / "migrations" / "0003_price.py").write_text(DJANGO_MIGRATION)
    (tmp_path / "build.sh").write_text("set -e\ncd app\npython manage.py migrate\n")
    ended = replace(failure(said), command="", ended_at=Location("build.sh", 3))

    found = build.findings(ended, case(tmp_path, "./build.sh"))[-1]

    assert (found.code, str(found.location)) == (code, place)


def test_a_build_that_ended_in_a_script_names_its_line_and_what_was_raised(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_text("set -e\npip install -r requirements.txt\npython manage.py shell -c 'x'\n")
    log = (
        "Traceback (most recent call last):\n"
        '  File "/v/site-packages/django/db/models/sql/query.py", line 1, in names_to_path\n'
        "django.core.exceptions.FieldError: Cannot resolve keyword 'username' into field.\n"
    )
    ended = replace(failure(log), command="", ended_at=Location("build.sh", 3))

    found = build.findings(ended, case(tmp_path, "./build.sh"))[-1]

    raised = "django.core.exceptions.FieldError: Cannot resolve keyword 'username' into field."
    assert (found.code, found.location) == ("build-failure", Location("build.sh", 3))
    assert found.message == f"the build command ended with exit code 1: {raised}"
    assert found.evidence[0] == "build.sh:3: python manage.py shell -c 'x'"


def test_a_call_that_pip_does_not_understand_comes_before_what_the_index_says(tmp_path: Path) -> None:
    log = "Usage:\n  pip install [options] <archive url/path> ...\n\nno such option: --updgrade\n"
    refused = refusal(RefusalKind.CANNOT_BUILD, fitting="2", pythons=("3.11",))
    ended = replace(failure(log, refused, command="pip install --updgrade pip"), ended_at=Location("build.sh", 3))

    found = build.findings(ended, case(tmp_path))

    assert [(one.code, one.outcome, one.location) for one in found] == [
        ("pip-option-unknown:--updgrade", Outcome.FAILED, Location("build.sh", 3)),
        ("build-failure:pkg", Outcome.FAILED, LINE),
    ]


def test_a_package_that_pip_refuses_for_the_python_is_told_at_its_own_line(tmp_path: Path) -> None:
    log = "ERROR: Package 'django' requires a different Python: 3.9.18 not in '>=3.10'\n"

    (found,) = build.findings(failure(log), case(tmp_path, requirements="six\nDjango>=5.0\n"))

    assert (found.code, found.location) == ("python-version-unsupported", Location("requirements.txt", 2))


OLD_PIP = """Collecting six (from -r requirements.txt (line 1))
  Using cached six-1.16.0-py2.py3-none-any.whl
Collecting pkg==1 (from -r requirements.txt (line 2))
  Getting requirements to build wheel: finished with status 'error'
  error: subprocess-exited-with-error

  \u00d7 Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [2 lines of output]
      Traceback (most recent call last):
      ModuleNotFoundError: No module named 'pkg_resources'
      [end of output]
"""


@pytest.mark.parametrize(
    "log", [OLD_PIP, OLD_PIP + "ERROR: Failed to build 'pkg' when getting requirements to build wheel\n"]
)
def test_sources_that_want_an_older_setuptools_are_told_at_their_own_requirement(tmp_path: Path, log: str) -> None:
    known = failure(log)
    versions = {"six": "1.16.0", "pkg": "1", "djangorestframework-simplejwt": "5.0.0"}
    assert known.resolution
    known = replace(known, resolution=replace(known.resolution, versions=versions))

    (told,) = build.findings(known, case(tmp_path))

    assert told.code == "stdlib-removed:pkg_resources"
    assert told.location == LINE
    assert told.message == "the build of pkg failed: pkg_resources is no longer part of this Python"
    assert told.remedy.startswith("require a newer pkg in requirements.txt:2, ")


def test_a_program_that_the_script_went_past_is_not_why_it_ended(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_text("nano\nset -e\npython manage.py migratee\n")
    log = "./build.sh: line 1: nano: command not found\nUnknown command: 'migratee'\n"
    ended = replace(failure(log, command=""), ended_at=Location("build.sh", 3))

    (told,) = build.findings(ended, case(tmp_path, "bash build.sh"))

    assert (told.code, told.location) == ("build-failure", Location("build.sh", 3))
    assert told.evidence == ("build.sh:3: python manage.py migratee", "Unknown command: 'migratee'")


def test_a_program_that_is_missing_where_the_script_ended_is_why(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_text("nano\n")
    log = "./build.sh: line 1: nano: command not found\n"
    ended = replace(failure(log, command=""), code=127, ended_at=Location("build.sh", 1))

    (told,) = build.findings(ended, case(tmp_path, "bash build.sh"))

    assert told.code == "start-command-not-found:nano"


@pytest.mark.parametrize(
    ("module", "remedy"),
    [
        (
            "teachers_app",
            "if teachers_app is a file of your own, commit it; else add `teachers-app` to requirements.txt",
        ),
        ("dateutil", "add `python-dateutil` to requirements.txt"),
    ],
)
def test_a_module_that_nobody_knows_may_be_the_projects_own(tmp_path: Path, module: str, remedy: str) -> None:
    log = f"Traceback (most recent call last):\nModuleNotFoundError: No module named {module!r}\n"

    (told,) = build.findings(failure(log, command=""), case(tmp_path))

    assert told.remedy.startswith(remedy)


def test_what_uv_says_of_its_progress_is_no_evidence(tmp_path: Path) -> None:
    progress = "Using Python 3.13.0 environment at: /x/venv\nResolved 7 packages in 327ms\n Downloaded pillow\n"
    log = f"{progress}Installed 1 package in 77ms\nUnknown command: 'migratee'\n"

    (told,) = build.findings(failure(log, command=""), case(tmp_path))

    assert told.evidence == ("Unknown command: 'migratee'",)


def test_complaints_before_what_is_printed_late_stand_before_the_last_lines() -> None:
    prints = [f"setting {number}" for number in range(20)]

    assert build_excerpts.tail("\n".join(("seeding cannot go on: no shop", *prints))) == (
        "seeding cannot go on: no shop",
        *prints[-12:],
    )
    assert build_excerpts.tail("\n".join(("nothing", *prints))) == tuple(prints[-12:])
