"""What the packages check says of versions, machine code and images."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from deploy_suite.checks.base import Case
from deploy_suite.checks.packages import glibc, libraries, named, numpy_abi, settled, sources
from deploy_suite.checks.packages.binaries import Compiled, File
from deploy_suite.checks.packages.numpy_api import NumpyApi
from deploy_suite.checks.packages.settling import beside_target, once
from deploy_suite.checks.packages.subject import Subject
from deploy_suite.knowledge.platforms import images
from deploy_suite.model.finding import CheckResult, Finding, Outcome
from deploy_suite.model.location import Location
from tests.unit.checks import gunicorn_case

EAGER = "import cv2\napp = 1\n"
DEFERRED = "def size():\n    import cv2\n\napp = 1\n"
SLIM, RENDER = "python:3.12-slim", "render-native"


def case(folder: Path, source: str, requirements: str) -> Case:
    return gunicorn_case.case(folder, {"main.py": source, "requirements.txt": requirements}, python="3.12.1")


def compiled(
    name: str,
    *needs: str,
    module: str = "cv2",
    numpy: NumpyApi = NumpyApi.NONE,
    wants: tuple[int, ...] = (2, 17),
    is_made_here: bool = False,
    built_for: tuple[int, ...] = (2, 17),
) -> Compiled:
    file = File(path=f"{module}/{module}.abi3.so", name="x", module=module, needs=needs, glibc=wants, numpy=numpy)
    return Compiled(
        name=name, version="1.2", modules=(module,), files=(file,), is_made_here=is_made_here, built_for=built_for
    )


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., list[Finding]]:
    """Return what runs one kind of judgement on a project with the packages given."""

    def run(
        say: Callable[[Subject], Iterator[Finding]],
        *found: Compiled,
        source: str = EAGER,
        requirements: str = "opencv-python==1.2\nnumpy>=1.26\n",
        image: str = RENDER,
        versions: Mapping[str, str] | None = None,
    ) -> list[Finding]:
        subject = Subject(
            case(tmp_path, source, requirements),
            versions={"numpy": "2.2.6", **{one.name: one.version for one in found}, **(versions or {})},
            compiled=found,
            image=images.image(image),
        )
        return list(say(subject))

    return run


def brief(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.outcome.value, one.code, str(one.location or "")) for one in findings]


def test_a_package_for_numpy_1_that_is_imported_at_start_is_named_at_its_import(
    judged: Callable[..., list[Finding]],
) -> None:
    found = judged(numpy_abi.findings, compiled("opencv-python", numpy=NumpyApi.ONLY_FIRST))

    assert found == [
        Finding(
            code="numpy-abi:opencv-python",
            outcome=Outcome.FAILED,
            message="opencv-python 1.2 is built for NumPy 1, and the NumPy beside it is 2.2.6",
            location=Location("main.py", 1),
            evidence=("main.py:1 import cv2", "knows only the C API of NumPy 1: cv2/cv2.abi3.so"),
            remedy="write `numpy<2` in place of `numpy>=1.26` (requirements.txt:2); or raise opencv-python in "
            "requirements.txt:1 to a release that is built for NumPy 2",
            reproduce="pip install 'opencv-python==1.2' 'numpy==2.2.6' && python -c 'import cv2'",
        )
    ]


def test_the_same_imported_later_or_by_others_is_a_warning_that_says_how_sure(
    judged: Callable[..., list[Finding]],
) -> None:
    later = judged(numpy_abi.findings, compiled("opencv-python", numpy=NumpyApi.ONLY_FIRST), source=DEFERRED)
    never = judged(numpy_abi.findings, compiled("opencv-python", numpy=NumpyApi.ONLY_FIRST), source="app = 1\n")

    assert brief(later) == [("warning", "numpy-abi:opencv-python", "main.py:2")]
    assert later[0].certainty == (
        "it fails as soon as it is imported; the project's import of it is deferred (main.py:2)"
    )
    assert brief(never) == [("warning", "numpy-abi:opencv-python", "requirements.txt:1")]


@pytest.mark.parametrize(
    ("numpy", "version"), [(NumpyApi.BOTH, "2.2.6"), (NumpyApi.NONE, "2.2.6"), (NumpyApi.ONLY_FIRST, "1.26.4")]
)
def test_packages_that_fit_the_numpy_are_not_accused(
    judged: Callable[..., list[Finding]], numpy: NumpyApi, version: str
) -> None:
    assert judged(numpy_abi.findings, compiled("opencv-python", numpy=numpy), versions={"numpy": version}) == []


def test_a_package_with_modules_of_both_kinds_is_not_accused(judged: Callable[..., list[Finding]]) -> None:
    mixed = compiled("mixed", numpy=NumpyApi.ONLY_FIRST)
    other = dataclasses.replace(mixed.files[0], numpy=NumpyApi.BOTH)

    assert judged(numpy_abi.findings, dataclasses.replace(mixed, files=(*mixed.files, other))) == []


def test_a_library_that_the_image_certainly_lacks_fails_where_it_is_imported(
    judged: Callable[..., list[Finding]],
) -> None:
    found = judged(libraries.findings, compiled("opencv-python", "libGL.so.1", "libc.so.6"), image=SLIM)
    later = judged(libraries.findings, compiled("opencv-python", "libGL.so.1"), image=SLIM, source=DEFERRED)

    assert brief(found) == [("failed", "missing-system-lib:libGL", "main.py:1")]
    assert found[0].message == (
        "opencv-python 1.2 needs libGL.so.1, which no package brings and the image of the target (python-slim) "
        "does not have"
    )
    assert found[0].remedy.startswith(
        "require opencv-python-headless in place of opencv-python in requirements.txt:1; or deploy"
    )
    assert brief(later) == [("warning", "missing-system-lib:libGL", "main.py:2")]


def test_a_library_of_which_nothing_is_known_is_a_warning_on_an_image_that_is_not_listed_wholly(
    judged: Callable[..., list[Finding]],
) -> None:
    found = judged(libraries.findings, compiled("opencv-python", "libGL.so.1"))
    other = judged(libraries.findings, compiled("python-x", "libzbar.so.0"))

    assert brief(found) == [("warning", "missing-system-lib:libGL", "main.py:1")]
    assert "Debian's ffmpeg brings it" in found[0].certainty
    assert found[0].certainty.startswith("it may well be there")
    assert other[0].certainty.startswith("open: no public list of what the image has names it (https://render.com/")


def test_a_library_that_may_be_there_for_a_package_that_nothing_imports_is_a_note(
    judged: Callable[..., list[Finding]],
) -> None:
    found = judged(libraries.findings, compiled("python-x", "libzbar.so.0", module="pyzbar"))
    lacking = judged(libraries.findings, compiled("python-x", "libzbar.so.0", module="pyzbar"), image=SLIM)

    assert [one.outcome for one in found] == [Outcome.NOTE]
    assert found[0].certainty.endswith(
        "no import of it was seen in the project's own code, but another package may import it"
    )
    assert [one.outcome for one in lacking] == [Outcome.WARNING]


def test_what_the_image_has_is_not_told(judged: Callable[..., list[Finding]]) -> None:
    assert judged(libraries.findings, compiled("psycopg2", "libpq.so.5", "libz.so.1", "libgomp.so.1")) == []
    assert judged(libraries.findings, compiled("strange", "libnobody-knows.so.7")) == []
    assert judged(libraries.findings, compiled("opencv-python", "libGL.so.1"), image="registry.example.com/own:1") == []


@pytest.mark.parametrize("name", ["libcuda.so.1", "libpython3.12.so.1.0", "ld-linux-x86-64.so.2"])
def test_what_drivers_and_the_interpreter_bring_is_not_missed(judged: Callable[..., list[Finding]], name: str) -> None:
    assert judged(libraries.findings, compiled("torch", name), image=SLIM) == []


def test_packages_of_the_system_that_the_image_installs_count() -> None:
    slim = images.image(SLIM)
    assert slim
    more = slim.with_packages(["libgl1", "build-essential", "libpq-dev"])

    assert "libGL.so.1" in more.libraries - slim.libraries
    assert {"cc", "c++", "pg_config", "libpq-fe.h"} <= more.tools
    assert (slim.is_whole, more.is_whole) == (True, False)


def test_libraries_that_are_loaded_by_name_are_known_from_data(judged: Callable[..., list[Finding]]) -> None:
    versions = {"weasyprint": "63.0", "psycopg": "3.2", "soundfile": "0.12.1"}
    on_render = judged(libraries.findings, versions=versions, source="import weasyprint\napp = 1\n")
    on_slim = judged(libraries.findings, versions=versions, source="import psycopg\napp = 1\n", image=SLIM)
    binary = judged(libraries.findings, versions={"psycopg": "3.2", "psycopg-binary": "3.2"}, image=SLIM)

    assert brief(on_render) == [("warning", "missing-system-lib:libgobject", "main.py:1")]
    assert brief(on_slim) == [
        ("warning", "missing-system-lib:libgobject", ""),
        ("failed", "missing-system-lib:libpq", "main.py:1"),
    ]
    assert binary == []


def test_a_newer_c_library_than_the_image_has_fails_unless_the_wheel_is_not_for_the_target(
    judged: Callable[..., list[Finding]],
) -> None:
    mistagged = judged(glibc.findings, compiled("opencv-python", wants=(2, 38)))
    of_this_machine = judged(glibc.findings, compiled("opencv-python", wants=(2, 38), built_for=(2, 38)))

    assert brief(mistagged) == [("failed", "glibc-mismatch", "main.py:1")]
    assert mistagged[0].message == (
        "opencv-python 1.2 needs glibc 2.38, and the image of the target (render-native) has 2.36"
    )
    assert brief(of_this_machine) == [("warning", "glibc-mismatch", "main.py:1")]
    assert judged(glibc.findings, compiled("opencv-python", wants=(2, 36))) == []
    assert judged(glibc.findings, compiled("opencv-python", wants=(2, 38), is_made_here=True)) == []
    assert judged(glibc.findings, compiled("opencv-python", wants=(2, 41)), image=SLIM) == []
    assert brief(
        judged(glibc.findings, compiled("opencv-python", wants=(2, 41)), image="python:3.12-slim-bookworm")
    ) == [("failed", "glibc-mismatch", "main.py:1")]


def test_what_is_compiled_on_the_target_is_a_note_a_warning_or_a_failure_by_what_its_image_has(
    judged: Callable[..., list[Finding]],
) -> None:
    psycopg2 = compiled("psycopg2", "libpq.so.5", module="psycopg2", is_made_here=True)
    mysql = compiled("mysqlclient", "libmariadb.so.3", module="MySQLdb", is_made_here=True)
    unknown = compiled("speedy", "libspeed.so.3", module="speedy", is_made_here=True)

    on_render = judged(sources.findings, psycopg2, mysql, unknown, compiled("with-wheel", "libpq.so.5"))

    assert brief(on_render) == [
        ("warning", "compiled-from-source:mysqlclient", ""),
        ("note", "compiled-from-source:psycopg2", ""),
        ("warning", "compiled-from-source:speedy", ""),
    ]
    assert on_render[0].certainty == (
        "it compiled on this machine; no public list of what the target's image has names pkg-config, mysql.h, "
        "libmariadb.so.3"
    )
    assert brief(judged(sources.findings, psycopg2, image=SLIM)) == [("failed", "build-failure:psycopg2", "")]


def result(check: str, *findings: Finding) -> CheckResult:
    return CheckResult(check=check, service="web", target="render", seconds=0.1, findings=findings)


def finding(code: str, outcome: Outcome = Outcome.FAILED, line: int = 1) -> Finding:
    return Finding(code=code, outcome=outcome, message="m", location=Location("main.py", line))


def test_a_real_import_that_went_through_takes_the_failure_back() -> None:
    foretold = result("packages", finding("numpy-abi:cv"), finding("missing-system-lib:libGL"))

    after = settled(foretold, result("imports", finding("imports", Outcome.PASSED)))

    assert [(one.code, one.outcome) for one in after.findings] == [
        ("numpy-abi:cv", Outcome.WARNING),
        ("missing-system-lib:libGL", Outcome.FAILED),
    ]
    assert settled(foretold, result("imports", finding("numpy-abi"))) == foretold


def test_a_cause_that_names_no_package_is_left_out_where_others_name_it() -> None:
    bare, cv, other = finding("numpy-abi"), finding("numpy-abi:cv"), finding("yanked-release:x", Outcome.WARNING)

    assert once((bare, cv, other)) == (cv, other)
    assert once((bare, other)) == (bare, other)


def test_a_note_on_a_package_of_which_the_targets_own_python_tells_is_left_out() -> None:
    twice, lone = (finding(f"compiled-from-source:{name}", Outcome.NOTE) for name in ("a", "b"))
    warned = finding("compiled-from-source:a", Outcome.WARNING)

    assert beside_target((twice, lone), (finding("build-failure:a"),)) == (lone,)
    assert beside_target((twice, warned), (finding("compiled-from-source:a", Outcome.NOTE),)) == (warned,)
    assert beside_target((twice, lone), ()) == (twice, lone)


def test_what_then_fails_for_numpys_sake_is_told_by_the_same_slug() -> None:
    two = result("packages", finding("numpy-abi:cv"), finding("numpy-abi:pandas", line=2))
    shown = [result("imports", finding("numpy-abi", line=2)), result("boot", finding("numpy-abi", line=3))]

    assert [one.findings[0].code for one in named(two, shown)] == ["numpy-abi:pandas", "numpy-abi"]
    assert [one.findings[0].code for one in named(result("packages", two.findings[0]), shown)] == ["numpy-abi:cv"] * 2
    assert named(result("packages"), shown) == shown
