"""Projects that cannot be read, or not without doubt, as the command line tells of them."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.integration.users_project import PROGRAM, Told, git, manifest, preflight, project, server

pytestmark = pytest.mark.integration

Committed = Callable[[Mapping[str, str]], Path]

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def said(told: Told) -> list[str]:
    """Return what the suite itself told the user, progress left out."""
    return [line for line in told.err.splitlines() if not line.startswith("preflight: ")]


def with_manifest(text: str) -> dict[str, str]:
    return {"main.py": server(), "requirements.txt": "", "render.yaml": text}


def test_a_folder_outside_any_repository_is_wrong_usage_with_the_way_out(tmp_path: Path, shared_cache: Path) -> None:
    told = preflight(tmp_path, cache=shared_cache, more={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})

    assert (told.code, told.out) == (2, "")
    assert f"deploy-suite: {tmp_path} is not in a git repository" in said(told)[0]
    assert said(told)[1].startswith("  fix: ")
    assert "git init" in said(told)[1]


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path, shared_cache: Path) -> None:
    told = preflight(tmp_path / "absent", cache=shared_cache)

    assert told.code == 2
    assert said(told) == [
        f"deploy-suite: {tmp_path / 'absent'} is no folder",
        "  fix: name the project's folder with --project PATH",
    ]


def test_a_repository_without_a_commit_is_wrong_usage(tmp_path: Path, shared_cache: Path) -> None:
    git(tmp_path, "init", "-q")

    told = preflight(tmp_path, cache=shared_cache)

    assert told.code == 2
    assert "has no commit yet" in said(told)[0]
    assert "commit first: git add -A && git commit" in said(told)[1]


def test_a_repository_that_has_lost_a_source_gives_no_verdict(committed: Committed, shared_cache: Path) -> None:
    folder = committed(project())
    blob = subprocess.run(
        ("git", "rev-parse", "HEAD:main.py"), cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    told = preflight(folder, cache=shared_cache)

    assert (told.code, told.out) == (4, "")
    assert "cannot be checked: this repository lacks the content of main.py" in said(told)[0]


def test_an_unknown_revision_is_wrong_usage(committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(project()), "--commit", "no-such-branch", cache=shared_cache)

    assert told.code == 2
    assert "no-such-branch names no commit" in said(told)[0]


def test_a_repository_without_a_service_is_wrong_usage(committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed({"README.md": "nothing"}), cache=shared_cache)

    assert told.code == 2
    assert "no service found" in said(told)[0]
    assert "render.yaml" in said(told)[1]


@pytest.mark.parametrize("text", ["services: []\n", "databases: []\n"])
def test_a_blueprint_without_services_is_wrong_usage(text: str, committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(with_manifest(text)), cache=shared_cache)

    assert told.code == 2
    assert said(told)[0] == "deploy-suite: render.yaml: render.yaml defines no service"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services: [\n", 2),
        ("- type: web\n", 1),
        ("", 1),
        ("a: *nobody\n", 1),
        ("a: !!python/object/apply:os.system [true]\n- b\n", 2),
        (BOMB, 1),
        ("[" * 5000, 1),
    ],
    ids=["open", "list", "empty", "alias", "tag", "bomb", "deep"],
)
def test_a_blueprint_that_is_no_yaml_mapping_is_one_error_at_its_line(
    text: str, line: int, committed: Committed, shared_cache: Path
) -> None:
    told = preflight(committed(with_manifest(text)), cache=shared_cache)

    assert told.code == 1
    assert list(told.findings) == ["render-yaml-invalid"]
    finding = told.findings["render-yaml-invalid"]
    assert finding["location"] == {"file": "render.yaml", "line": line}
    assert finding["remedy"]


def test_bytes_that_are_no_text_are_one_error(committed: Committed, shared_cache: Path) -> None:
    folder = committed(project())
    (folder / "render.yaml").write_bytes(bytes(range(256)))
    git(folder, "commit", "-qam", "second")

    told = preflight(folder, cache=shared_cache)

    assert told.code == 1
    assert list(told.findings) == ["render-yaml-invalid"]


def test_each_value_of_a_wrong_type_is_told_with_its_line(committed: Committed, shared_cache: Path) -> None:
    wrong = (
        "services:\n  - 3\n  - [a]\n  - type: [web]\n    name: {a: b}\n    runtime: python\n    envVars: 7\n"
        "    buildCommand: [1, 2]\n    startCommand: {x: y}\n    healthCheckPath: 7\n    numInstances: many\n"
        "envVarGroups: words\ndatabases: {a: b}\n"
    )

    told = preflight(committed(with_manifest(wrong)), cache=shared_cache)

    assert told.code == 1
    lines = {
        each["location"]["line"] for each in told.report["findings"] if each["code"].startswith("render-wrong-type")
    }
    assert {2, 3, 4, 5, 7, 8, 9, 12, 13} <= lines


@pytest.mark.parametrize("value", ["3", "[[[1]]]"])
def test_services_of_a_wrong_type_fail_and_are_no_pass(value: str, committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed(with_manifest(f"services: {value}\n")), cache=shared_cache)

    assert told.code == 1
    assert "render-wrong-type:services" in told.findings


def test_two_services_of_one_name_are_told_with_both_lines(committed: Committed, shared_cache: Path) -> None:
    twice = manifest() + manifest().removeprefix("services:\n")

    told = preflight(committed(with_manifest(twice)), cache=shared_cache)

    assert told.code == 1
    finding = told.findings["render-duplicate-name:shop"]
    assert finding["location"] == {"file": "render.yaml", "line": 13}
    assert "line 2" in finding["evidence"][0]


@pytest.mark.parametrize("text", ["[services", "[services.shop]\nprobes = 'x'\n"])
def test_a_mistake_in_deploy_toml_is_wrong_usage(text: str, committed: Committed, shared_cache: Path) -> None:
    told = preflight(committed({**project(), "deploy.toml": text}), cache=shared_cache)

    assert told.code == 2
    assert "deploy.toml" in said(told)[0]


@pytest.mark.parametrize("options", [["--build-timeout", "-1"], ["--start-timeout", "soon"]])
def test_an_option_that_makes_no_sense_is_wrong_usage(options: list[str], tmp_path: Path, shared_cache: Path) -> None:
    told = preflight(tmp_path, *options, cache=shared_cache)

    assert told.code == 2
    assert said(told)[0].startswith(f"deploy-suite: argument {options[0]}: ")


def test_a_module_that_was_never_added_is_named_with_its_file_once(committed: Committed, shared_cache: Path) -> None:
    folder = committed(project(server(before="import prices")))
    (folder / "prices.py").write_text("COFFEE = 3\n")

    told = preflight(folder, cache=shared_cache)

    finding = told.findings["module-not-pushed:prices"]
    assert (told.code, finding["outcome"]) == (1, "failed")
    assert "prices.py is in your folder, but not in the commit" in finding["message"]
    assert finding["remedy"] == "git add prices.py && git commit"
    assert [code for code in told.findings if code.startswith("missing-requirement")] == []


def test_what_installers_leave_in_their_temporary_folder_goes_with_the_run(
    committed: Committed, own_cache: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place.txt"
    setup = f"import pathlib, tempfile\npathlib.Path({str(place)!r}).write_text(tempfile.gettempdir())\n"
    setup += "from setuptools import setup\nsetup(name='shop', py_modules=['main'])\n"

    told = preflight(committed({**project(build="pip install ."), "setup.py": setup}), cache=own_cache)

    folder = Path(place.read_text())
    assert (told.code, folder.is_relative_to(own_cache), folder.exists()) == (0, True, False), told.err[-2000:]


def test_no_name_or_log_of_a_project_steers_the_terminal(committed: Committed, shared_cache: Path) -> None:
    steering = project("print('\\x1b]0;title\\x07', flush=True)\nraise SystemExit(4)")
    steering["render.yaml"] = steering["render.yaml"].replace("name: shop", 'name: "sh\\e[31mop\\a"')

    done = subprocess.run(
        (*PROGRAM, "--project", str(committed(steering))),
        env={**os.environ, "DEPLOY_SUITE_CACHE": str(shared_cache)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "shop\\x07 on Render" in done.stdout) == (1, True), done.stdout
    assert not {"\x1b", "\x07", "\r"} & {*done.stdout, *done.stderr}
