"""requirements.txt bytes into requirements."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from deploy_suite.manifests.requirements_file import (
    FileReference,
    LineProblem,
    RequirementLine,
    RequirementsFile,
    load,
    parse,
)
from deploy_suite.model.location import Location


def read(text: str) -> RequirementsFile:
    return parse(text.encode(), file="requirements.txt")


def only(text: str) -> RequirementLine:
    found = read(text)
    assert found.problems == ()
    (line,) = found.requirements
    return line


def line(number: int, text: str, **more: object) -> RequirementLine:
    requirement = Requirement(text)
    values = {"name": requirement.name, "requirement": requirement, "text": text, **more}
    return RequirementLine(location=Location("requirements.txt", number), **values)  # type: ignore[arg-type]


def test_a_usual_file_is_read_with_lines_comments_and_markers() -> None:
    found = read("# app\nFlask==3.0  # web\n\ngunicorn[gevent]>=20 ; python_version >= '3.8'\nurl#frag\n")

    assert found.requirements == (
        line(2, "Flask==3.0", name="flask"),
        line(4, "gunicorn[gevent]>=20 ; python_version >= '3.8'"),
    )
    assert [problem.location.line for problem in found.problems] == [5]


def test_continued_lines_count_as_their_first_one() -> None:
    found = read("# pinned\nidna==3.6 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nsix\n")

    assert [(part.name, part.location.line) for part in found.requirements] == [("idna", 2), ("six", 5)]


def test_a_comment_does_not_continue() -> None:
    assert [part.name for part in read("a \\\n# note \\\nb\n").requirements] == ["a", "b"]


def test_a_continuation_at_the_end_of_the_file_is_read() -> None:
    assert [part.name for part in read("a==1 \\").requirements] == ["a"]


@pytest.mark.parametrize(
    ("text", "name", "target", "is_editable"),
    [
        ("-e .", "", ".", True),
        ("-e.", "", ".", True),
        ("--editable=./lib", "", "./lib", True),
        ('-e ".[dev]"', "", ".", True),
        (".", "", ".", False),
        ("./pkg", "", "./pkg", False),
        ("libs/pkg", "", "libs/pkg", False),
        ("./wheels/Foo_Bar-1.0-py3-none-any.whl", "foo-bar", "./wheels/Foo_Bar-1.0-py3-none-any.whl", False),
        ("foo-1.0.tar.gz", "", "foo-1.0.tar.gz", False),
        ("Pkg @ https://example.org/p.zip", "pkg", "https://example.org/p.zip", False),
        (
            "git+https://github.com/a/b.git@v1#egg=My_Lib",
            "my-lib",
            "git+https://github.com/a/b.git@v1#egg=My_Lib",
            False,
        ),
        ("-e git+https://github.com/a/b.git#egg=b[x]", "b", "git+https://github.com/a/b.git#egg=b[x]", True),
        (
            "https://example.org/a_b-1-py3-none-any.whl#sha256=x",
            "a-b",
            "https://example.org/a_b-1-py3-none-any.whl#sha256=x",
            False,
        ),
        ("git+https://${TOKEN}@github.com/a/b.git", "", "git+https://${TOKEN}@github.com/a/b.git", False),
    ],
)
def test_what_is_not_on_an_index_has_a_target(text: str, name: str, target: str, *, is_editable: bool) -> None:
    found = only(text)

    assert (found.name, found.target, found.is_editable) == (name, target, is_editable)


@pytest.mark.parametrize(
    ("text", "file", "is_constraint"),
    [
        ("-r base.txt", "api/base.txt", False),
        ("-rbase.txt", "api/base.txt", False),
        ("--requirement=../base.txt", "base.txt", False),
        ("--requirement base.txt", "api/base.txt", False),
        ("-c pins.txt # why", "api/pins.txt", True),
        ("--constraint pins.txt", "api/pins.txt", True),
        ("-r https://example.org/r.txt", "https://example.org/r.txt", False),
    ],
)
def test_references_are_relative_to_the_file_that_holds_them(text: str, file: str, *, is_constraint: bool) -> None:
    found = parse(text.encode(), file="api/requirements.txt")

    place = Location("api/requirements.txt", 1)
    assert found.references == (FileReference(file=file, location=place, is_constraint=is_constraint),)


def test_other_options_are_kept_as_written() -> None:
    found = read("-i https://example.org/simple\n--pre\n--extra-index-url=https://e.org/s\n--no-binary :all:\n")

    assert found == RequirementsFile(
        file="requirements.txt",
        requirements=(),
        options=(
            "-i https://example.org/simple",
            "--pre",
            "--extra-index-url=https://e.org/s",
            "--no-binary :all:",
        ),
    )


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("flask=2.0", "write `flask==2.0` in requirements.txt:1"),
        ("flask 2.0", "write `flask==2.0` in requirements.txt:1"),
        (
            "numpy=1.26=py311_0",
            "run `pip list --format=freeze > requirements.txt`: this line is in the form of conda, not of pip",
        ),
        ("pip install flask", "leave only the package's name in requirements.txt:1, without `pip install`"),
        ("<<<<<<< HEAD", "resolve the merge conflict at requirements.txt:1 and commit the file"),
        ("Package Version", "run `pip freeze > requirements.txt`: this is the output of `pip list`"),
        ("------- -------", "run `pip freeze > requirements.txt`: this is the output of `pip list`"),
        ("import os", "name the distribution in requirements.txt:1, not the import statement"),
        (
            "a[x]==1.2b-c",
            "put `a[x]==1.2` and `b-c` on lines of their own at requirements.txt:1: the end of a line was lost",
        ),
        ("--upgrade pip", "write the line at requirements.txt:1 as `name==version`, or remove it"),
        ("foo>=2.0.*", "write the line at requirements.txt:1 as `name==version`, or remove it"),
        ("foo==1[extra]", "write the line at requirements.txt:1 as `name==version`, or remove it"),
        ("foo; python_version = '3'", "write the line at requirements.txt:1 as `name==version`, or remove it"),
        ('-i "open', "write the line at requirements.txt:1 as `name==version`, or remove it"),
        ("-r", "write the line at requirements.txt:1 as `name==version`, or remove it"),
        (f"{'a' * 6_000}", "write the line at requirements.txt:1 as `name==version`, or remove it"),
        ("--pre=yes", "write the line at requirements.txt:1 as `name==version`, or remove it"),
    ],
)
def test_a_line_that_pip_refuses_is_a_problem_with_its_remedy(text: str, remedy: str) -> None:
    found = read(text)

    assert found.requirements == ()
    assert [(problem.code, problem.remedy, problem.is_fatal) for problem in found.problems] == [
        ("requirements-syntax", remedy, True)
    ]


@pytest.mark.parametrize("text", ["-e ./lib flask", "--pre flask", "six --hash=sha256:aa flask"])
def test_a_word_after_an_option_is_ignored_by_pip(text: str) -> None:
    (problem,) = read(text).problems

    assert problem == LineProblem(
        code="requirements-ignored-word",
        message="pip reads over 'flask', which stands after an option",
        location=Location("requirements.txt", 1),
        remedy="write it on a line of its own in requirements.txt, before any option",
        is_fatal=False,
    )


@pytest.mark.parametrize("text", ["flask==3.0.3;", "flask==3.0.3 ; ", "flask[async]==3.0.3;"])
def test_a_semicolon_without_a_marker_behind_it_is_read_over_as_pip_does(text: str) -> None:
    found = read(text)

    assert [(one.name, str(one.requirement)) for one in found.requirements] == [("flask", text.rstrip("; "))]
    assert found.problems == ()


def test_credentials_do_not_get_into_a_message() -> None:
    (problem,) = read("foo bar --index-url https://user:hunter2secret@example.org/simple").problems

    assert "hunter2secret" not in problem.message
    assert "https://***@example.org" in problem.message


@pytest.mark.parametrize(
    ("text", "subject", "is_fatal"),
    [
        ("certifi @ file:///croot/certifi_1671/work", ":certifi", True),
        ("x @ file:///C:/Users/me/x.whl", ":x", True),
        ("x @ file:///home/me/x", ":x", True),
        ("/Users/me/lib", "", True),
        ("x @ file:///srv/x", ":x", False),
    ],
)
def test_paths_of_the_machine_that_wrote_the_file_are_a_problem(text: str, subject: str, *, is_fatal: bool) -> None:
    found = read(text)

    assert len(found.requirements) == 1
    assert [(problem.code, problem.is_fatal) for problem in found.problems] == [
        (f"requirements-local-path{subject}", is_fatal)
    ]


def test_a_requirement_over_ssh_may_need_a_key() -> None:
    (problem,) = read("git+ssh://git@github.com/a/b.git#egg=b").problems

    assert (problem.code, problem.is_fatal) == ("private-git-requirement", False)


@pytest.mark.parametrize(
    ("data", "names", "is_fatal"),
    [
        ("\ufeffFlask\n".encode(), ["flask"], False),
        ("Flask\r\ngunicorn\r\n".encode("utf-16"), ["flask", "gunicorn"], False),
        ("\ufeffFlask\n".encode("utf-16-be"), ["flask"], False),
        ("Flask\r\n".encode("utf-16-le"), ["flask"], True),
        ("Flask\r\n".encode("utf-16-be"), ["flask"], True),
        ("# café\nFlask\n".encode("latin-1"), ["flask"], True),
    ],
)
def test_other_encodings_are_a_problem_and_are_read_all_the_same(
    data: bytes, names: list[str], *, is_fatal: bool
) -> None:
    found = parse(data, file="requirements.txt")

    assert [part.name for part in found.requirements] == names
    assert [(p.code, p.location, p.is_fatal) for p in found.problems] == [
        ("requirements-encoding", Location("requirements.txt"), is_fatal)
    ]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"Flask\r\n" + "pandas\r\n".encode("utf-16-le"), 2),
        (b"Flask\n# more\n" + b"\xff\xfe" + "pandas\r\n".encode("utf-16-le"), 3),
        (b"# few\nFlask" + "pandas\r\n".encode("utf-16-le"), 2),
        (b"Flask\n" + "pandas\n".encode("utf-16-be"), 2),
        (b"# x\n" * 5000 + b"Flask\n" + "pandas\r\n".encode("utf-16-le"), 5002),
    ],
)
def test_lines_that_were_added_in_another_encoding_are_told_at_the_first_of_them(data: bytes, line: int) -> None:
    found = parse(data, file="requirements.txt")
    (problem,) = found.problems

    assert [part.name for part in found.requirements] == ["flask", "pandas"]
    assert (problem.code, problem.location, problem.is_fatal) == (
        "requirements-encoding",
        Location("requirements.txt", line),
        True,
    )
    assert problem.instead == (("Flask",) if data.startswith(b"# few") else ("pandas",))


def test_a_declared_encoding_is_no_problem() -> None:
    found = parse("# -*- coding: latin-1 -*-\n# café\nFlask\n".encode("latin-1"), file="requirements.txt")

    assert (found.problems, [part.name for part in found.requirements]) == ((), ["flask"])


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_references_are_followed_in_the_order_of_pip_and_cycles_end(tmp_path: Path) -> None:
    written(
        tmp_path,
        requirements_txt="-r req/base.txt\n-c req/pins.txt\nflask\n",
        req__base_txt="-r deep.txt\nsix\n",
        req__deep_txt="-r ../requirements.txt\nidna\n",
        req__pins_txt="six==1.16\n",
    )

    files = load(tmp_path, "requirements.txt")

    assert [(part.file, part.is_constraint, [r.name for r in part.requirements]) for part in files] == [
        ("requirements.txt", False, ["flask"]),
        ("req/base.txt", False, ["six"]),
        ("req/deep.txt", False, ["idna"]),
        ("req/pins.txt", True, ["six"]),
    ]
    assert [problem for part in files for problem in part.problems] == []


def test_a_missing_reference_is_a_problem_where_it_is_named(tmp_path: Path) -> None:
    written(tmp_path, requirements_txt="flask\n-r base.txt\n")

    (file,) = load(tmp_path, "requirements.txt")

    assert file.problems == (
        LineProblem(
            code="requirements-file-missing",
            message="base.txt is not in the repository",
            location=Location("requirements.txt", 2),
            remedy="commit base.txt, or correct the name in requirements.txt:2",
        ),
    )


def test_a_missing_first_file_is_a_problem_of_an_empty_one(tmp_path: Path) -> None:
    (file,) = load(tmp_path, "api/requirements.txt")

    assert file == RequirementsFile(
        file="api/requirements.txt",
        requirements=(),
        problems=(
            LineProblem(
                code="requirements-file-missing",
                message="api/requirements.txt is not in the repository",
                location=Location("api/requirements.txt"),
                remedy="commit api/requirements.txt, or name the file that lists the requirements",
            ),
        ),
    )


def test_links_that_lead_out_of_the_repository_and_devices_are_not_followed(tmp_path: Path) -> None:
    repository = written(tmp_path / "repository", requirements_txt="-r outside.txt\n-r zero.txt\n-r ../secret.txt\n")
    written(tmp_path, secret_txt="flask\n")
    (repository / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (repository / "zero.txt").symlink_to("/dev/zero")

    (file,) = load(repository, "requirements.txt")

    assert [problem.location.line for problem in file.problems] == [1, 2, 3]


NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,8}", fullmatch=True)
VERSIONS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}", fullmatch=True)
PINS = st.lists(st.tuples(NAMES, VERSIONS), max_size=10)


@settings(deadline=None)
@given(PINS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "  # why", " \\"]))
def test_every_pin_that_is_written_is_read_back(pins: list[tuple[str, str]], newline: str, tail: str) -> None:
    separator = newline * 2 if tail.endswith("\\") else newline
    data = separator.join(f"{name}=={version}{tail}" for name, version in pins).encode()

    found = parse(data, file="r.txt")

    assert found.problems == ()
    assert [(part.name, str(part.requirement)) for part in found.requirements] == [
        (name.lower(), f"{name}=={version}") for name, version in pins
    ]
