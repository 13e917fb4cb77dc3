"""What the files that an index lists say of requirements."""

import io
import json
import zlib
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

import pytest

from deploy_suite.environments import index_query
from deploy_suite.environments.releases import Listing, _files, refusals
from deploy_suite.manifests import requirements_file
from deploy_suite.model.environment import Refusal, RefusalKind
from deploy_suite.model.location import Location


def files(*names: str, requires: str = "") -> Listing:
    return Listing(files={"pkg": tuple(_files([[name, requires] for name in names]))}, unknown=frozenset())


def judged(requirement: str, listing: Listing, series: str = "3.13", *, glibc: tuple[int, ...] = ()) -> list[Refusal]:
    lines = requirements_file.parse(requirement.encode(), file="requirements.txt").requirements
    return list(refusals(lines, listing, series=series, glibc=glibc))


def refusal(kind: RefusalKind, requirement: str, *pythons: str, fitting: str = "") -> Refusal:
    return Refusal(
        name="pkg",
        requirement=requirement,
        kind=kind,
        location=Location("requirements.txt", 1),
        pythons=pythons,
        fitting=fitting,
    )


def test_a_requirement_with_a_wheel_that_fits_is_fine() -> None:
    assert judged("pkg==1", files("pkg-1-py3-none-any.whl", "pkg-1.tar.gz")) == []


def test_a_name_without_files_is_not_on_the_index() -> None:
    assert judged("pkg>=1", files()) == [refusal(RefusalKind.UNKNOWN_NAME, "pkg>=1")]


def test_a_version_that_was_never_released_is_told_with_the_newest_that_was() -> None:
    found = judged("pkg==9", files("pkg-1-py3-none-any.whl", "pkg-2-py3-none-any.whl", "pkg-3rc1-py3-none-any.whl"))

    assert found == [refusal(RefusalKind.UNKNOWN_VERSION, "pkg==9", fitting="2")]


def test_a_version_that_was_never_released_is_told_with_the_next_one_that_was() -> None:
    wheels = [f"pkg-{version}-py3-none-any.whl" for version in ("0.9", "0.10.3", "0.10.8", "2.1")]

    assert [judged(f"pkg=={pin}", files(*wheels))[0].fitting for pin in ("0.10.1", "0.11", "2.*,==0.10.4")] == [
        "0.10.3",
        "2.1",
        "2.1",
    ]


def test_a_release_for_older_pythons_only_is_told_with_these() -> None:
    assert judged("pkg==1", files("pkg-1-py3-none-any.whl", requires=">=3.8,<3.11")) == [
        refusal(RefusalKind.OTHER_PYTHON, "pkg==1", "3.8", "3.9", "3.10")
    ]


def test_a_release_for_other_systems_alone_is_told_as_that() -> None:
    elsewhere = ("pkg-1-py3-none-win_amd64.whl", "pkg-1-cp312-cp312-macosx_11_0_arm64.whl")

    assert judged("pkg==1", files(*elsewhere), glibc=(2, 17)) == [refusal(RefusalKind.OTHER_SYSTEM, "pkg==1")]
    assert judged("pkg==1", files(*elsewhere, "pkg-1-cp27-cp27m-manylinux1_x86_64.whl"), glibc=(2, 17)) == [
        refusal(RefusalKind.OTHER_PYTHON, "pkg==1")
    ]
    assert judged("pkg", files(*elsewhere, "pkg-1.tar.gz"), glibc=(2, 17)) == [refusal(RefusalKind.NO_WHEEL, "pkg")]


def test_a_source_archive_alone_must_be_built() -> None:
    assert judged("pkg==1", files("pkg-1.tar.gz", "pkg-2-py3-none-any.whl")) == [
        refusal(RefusalKind.NO_WHEEL, "pkg==1", fitting="2")
    ]


def test_wheels_for_other_pythons_are_no_help() -> None:
    listed = files(
        "pkg-1-cp311-cp311-manylinux_2_17_x86_64.whl", "pkg-1-cp312-cp312-manylinux_2_17_x86_64.whl", "pkg-1.tar.gz"
    )

    assert judged("pkg==1", listed, glibc=(2, 17)) == [refusal(RefusalKind.NO_WHEEL, "pkg==1", "3.11", "3.12")]
    assert judged("pkg==1", listed, series="3.12", glibc=(2, 17)) == []


def test_a_wheel_for_a_newer_c_library_is_none_for_an_older_linux() -> None:
    listed = files("pkg-1-cp313-cp313-manylinux_2_34_x86_64.whl", "pkg-1.tar.gz")

    assert judged("pkg==1", listed, glibc=(2, 34)) == []
    assert judged("pkg==1", listed, glibc=(2, 28)) == [refusal(RefusalKind.NO_WHEEL, "pkg==1")]


@pytest.mark.parametrize(
    "requirement", ["pkg==9; python_version < '3'", "pkg @ https://example.com/pkg-1.tar.gz", "./pkg", "other==1"]
)
def test_what_does_not_come_from_the_index_or_does_not_apply_is_not_judged(requirement: str) -> None:
    assert judged(requirement, files()) == []


def test_an_index_that_did_not_answer_says_nothing() -> None:
    assert judged("pkg==9", replace(files(), unknown=frozenset({"pkg"}))) == []


def test_names_that_are_no_files_of_releases_are_passed_over() -> None:
    assert len(tuple(_files([["pkg-1.egg", ""], ["pkg-1-py3-none-any.whl", "nonsense"], ["x.exe", ""]]))) == 1


def test_a_local_index_is_asked_without_the_network(tmp_path: Path) -> None:
    page = '<a href="../../files/pkg-1-py3-none-any.whl#sha256=0" data-requires-python="&gt;=3.8">pkg</a><a name="x">'
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/index.html").write_text(page)

    assert index_query.answer_for([tmp_path.as_uri()], "pkg") == {
        "status": 200,
        "files": [["pkg-1-py3-none-any.whl", ">=3.8", ""]],
    }
    assert index_query.answer_for([tmp_path.as_uri()], "absent") == {"status": 404, "files": []}


@pytest.mark.parametrize("body", [b"<html>log in first</html>", b'{"db_name": "registry"}', b"[]", b'{"files": [1]}'])
def test_who_answers_otherwise_than_an_index_is_there_all_the_same(
    monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(index_query, "_page", lambda _: ("application/json", body))

    assert index_query.answer_for(["https://index.example"], "pkg") == {"status": 502, "files": []}


@pytest.mark.parametrize("error", [HTTPException("cut off"), EOFError(), zlib.error()])
def test_an_answer_that_is_cut_off_is_none(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def cut(_: str) -> tuple[str, bytes]:
        raise error

    monkeypatch.setattr(index_query, "_page", cut)

    assert index_query.answer_for(["https://index.example"], "pkg") == {"status": 0, "files": []}


def test_a_page_may_spell_its_links_in_any_way_that_html_knows(tmp_path: Path) -> None:
    page = (
        "<!DOCTYPE html><A HREF='/f/pkg%2B1-2.0.tar.gz' data-requires-python='>=3.8, <4'>x</A>"
        '<a data-yanked = "it&#39;s &quot;broken&quot;" href=pkg-1.0.zip>x</a>'
        '<a\n  rel="internal"\n  href="https://files/pkg-3.0-py3-none-any.whl?a=/b#sha256=0">x</a>'
        '<abbr href="no">x</abbr>'
    )
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/index.html").write_text(page)

    assert index_query.answer_for([tmp_path.as_uri()], "pkg")["files"] == [
        ["pkg+1-2.0.tar.gz", ">=3.8, <4", ""],
        ["pkg-1.0.zip", "", 'it\'s "broken"'],
        ["pkg-3.0-py3-none-any.whl", "", ""],
    ]


def test_a_release_is_withdrawn_when_all_its_files_are(tmp_path: Path) -> None:
    page = (
        '<a href="pkg-1.0.tar.gz" data-yanked="broken metadata">x</a>'
        '<a href="pkg-1.0-py3-none-any.whl" data-yanked>x</a>'
        '<a href="pkg-1.1.tar.gz" data-yanked="slow">x</a>'
        '<a href="pkg-1.1-py3-none-any.whl">x</a><a href="pkg.exe">x</a>'
    )
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/index.html").write_text(page)

    listed = index_query.answer_for([tmp_path.as_uri()], "pkg")["files"]

    assert index_query.releases(listed) == {"1.0": "broken metadata", "1.1": ""}


def test_an_answer_of_any_length_goes_to_the_file_that_the_question_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "index.html").write_text('<a href="pkg-1-py3-none-any.whl">pkg</a>', encoding="utf-8")
    answers = tmp_path / "answers.json"
    question = {"indexes": [tmp_path.as_uri()], "names": ["pkg"], "to": str(answers)}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(question)))

    index_query.main()

    assert json.loads(answers.read_bytes()) == {"pkg": {"status": 200, "files": [["pkg-1-py3-none-any.whl", "", ""]]}}
    assert capsys.readouterr().out == ""


def test_a_page_with_a_file_without_a_name_is_read_as_far_as_it_goes() -> None:
    body = b'{"files": [{"filename": null, "yanked": false}, {"filename": "pkg-1.0.tar.gz", "yanked": "bad"}]}'

    status, listed = index_query.read("application/json", body)

    assert (status, index_query.releases(listed)) == (200, {"1.0": "bad"})


def test_a_page_nested_without_end_is_no_answer_of_an_index() -> None:
    assert index_query.read("application/json", b"[" * 100_000) == (502, [])
