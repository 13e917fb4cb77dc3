"""pyproject.toml, Pipfile and the lock files."""

import json

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from deploy_suite.manifests import lock_files, lock_freshness, pipfile, poetry_constraint, pyproject
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.lock_freshness import Freshness
from deploy_suite.manifests.pyproject import PythonProject
from deploy_suite.manifests.requirements_file import RequirementLine
from deploy_suite.model.location import Location

PEP621 = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "Shop_API"
requires-python = ">=3.11"
dependencies = [
    "fastapi>=0.110",
    # servers
    "gunicorn[gevent]; sys_platform == 'linux'",
]
[project.optional-dependencies]
db = ["psycopg[binary]"]
[project.scripts]
shop = "shop.cli:main"

[dependency-groups]
test = ["pytest"]
dev = [{ include-group = "Test" }, "ruff"]

[tool.uv]
dev-dependencies = ["ipython"]
"""


def line(file: str, number: int, text: str) -> RequirementLine:
    requirement = Requirement(text)
    return RequirementLine(name=requirement.name, requirement=requirement, text=text, location=Location(file, number))


def shown(lines: tuple[RequirementLine, ...]) -> list[tuple[int, str]]:
    return [(part.location.line, str(part.requirement)) for part in lines]


def test_a_project_of_pep_621_is_read_with_lines() -> None:
    found = pyproject.parse(PEP621, file="p.toml")

    test, ruff, ipython = line("p.toml", 19, "pytest"), line("p.toml", 20, "ruff"), line("p.toml", 23, "ipython")
    assert found == PythonProject(
        name="shop-api",
        dependencies=(
            line("p.toml", 9, "fastapi>=0.110"),
            line("p.toml", 11, "gunicorn[gevent]; sys_platform == 'linux'"),
        ),
        extras={"db": (line("p.toml", 14, "psycopg[binary]"),)},
        groups={"test": (test,), "dev": (ruff, test, ipython)},
    )


def test_groups_that_include_each_other_end() -> None:
    text = '[dependency-groups]\na = [{include-group = "b"}, "x"]\nb = [{include-group = "a"}, "y"]\n'

    found = pyproject.parse(text, file="p.toml")

    assert {name: [part.name for part in lines] for name, lines in found.groups.items()} == {
        "a": ["x", "y"],
        "b": ["y", "x"],
    }


def test_what_is_no_requirement_is_a_problem() -> None:
    (problem,) = pyproject.parse('[project]\ndependencies = [\n"flask=2.0"]\n', file="p.toml").problems

    assert (problem.code, problem.location) == ("requirements-syntax", Location("p.toml", 3))


POETRY = """\
[tool.poetry]
name = "Shop"
package-mode = false

[tool.poetry.dependencies]
python = "^3.11"
Flask = "^3.0"
gunicorn = { version = "~21.2", extras = ["gevent"] }
mylib = { git = "https://example.org/mylib.git", rev = "abc" }
local = { path = "../local", develop = true }
redis = { version = "*", optional = true }
numpy = [
    { version = "<2", python = "<3.12" },
    { version = ">=2", python = "^3.12", platform = "linux" },
]
either = ">=1,<2 || >=3"
broken = 3

[tool.poetry.extras]
cache = ["redis"]

[tool.poetry.group.dev.dependencies]
pytest = "8.*"
[tool.poetry.dev-dependencies]
black = "24.1"
[tool.poetry.scripts]
shop = "shop:main"
"""


def test_a_project_of_poetry_is_read_with_its_constraints_turned_to_pep_440() -> None:
    found = pyproject.parse(POETRY, file="p.toml")

    assert shown(found.dependencies) == [
        (7, "Flask<4.0,>=3.0"),
        (8, "gunicorn[gevent]<21.3,>=21.2"),
        (9, "mylib @ git+https://example.org/mylib.git@abc"),
        (10, "local"),
        (12, 'numpy<2; python_version < "3.12"'),
        (12, 'numpy>=2; sys_platform == "linux" and python_version < "4.0" and python_version >= "3.12"'),
        (16, "either"),
    ]
    assert {name: shown(lines) for name, lines in found.extras.items()} == {"cache": [(11, "redis")]}
    assert {name: shown(lines) for name, lines in found.groups.items()} == {
        "dev": [(25, "black==24.1"), (23, "pytest==8.*")]
    }
    assert [(problem.message, problem.location.line) for problem in found.problems] == [
        ("broken = 3 is no requirement", 17)
    ]
    assert found.has_poetry


def test_beside_project_poetry_only_adds_sources() -> None:
    text = '[project]\ndependencies = ["a>=1"]\n[tool.poetry.dependencies]\na = { source = "x" }\nb = "*"\n'

    assert shown(pyproject.parse(text, file="p.toml").dependencies) == [(2, "a>=1")]


@pytest.mark.parametrize(
    ("constraint", "specifiers"),
    [
        ("^1.2.3", ">=1.2.3,<2.0.0"),
        ("^1.2", ">=1.2,<2.0"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3.0"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3.0"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4.2", "~=1.4.2"),
        ("*", ""),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("=1.2", "==1.2"),
        ("==1.2", "==1.2"),
        (">= 1.2, < 1.5", ">=1.2,<1.5"),
        (">=1.2 <1.5", ">=1.2,<1.5"),
        ("^3.8, !=3.9.0", ">=3.8,<4.0,!=3.9.0"),
        ("^1.0b1", ">=1.0b1,<2.0"),
        (">=1.*", ">=1"),
        ("<2.x", "<2"),
        ("!=1.3.*", "!=1.3.*"),
        ("~=1", ">=1,<2"),
        ("1.2,", "==1.2"),
    ],
)
def test_poetry_constraints_become_specifiers(constraint: str, specifiers: str) -> None:
    assert poetry_constraint.specifiers(constraint) == SpecifierSet(specifiers)


@pytest.mark.parametrize("constraint", [">=1,<2 || >=3", "newest", "^x.y", "", "1..2", "==*", "="])
def test_what_pep_440_lacks_is_none(constraint: str) -> None:
    assert poetry_constraint.specifiers(constraint) is None


PIPFILE = """\
[[source]]
name="pypi"
url="https://pypi.org/simple"
verify_ssl=true
[packages]
flask = {version="==3.0", extras=["async"]}
psycopg2-binary = "*"
waitress = {version=">=2", sys_platform="== 'win32'"}
mine = {path=".", editable=true}
bad = "newest"
[dev-packages]
pytest="*"
[docs]
sphinx="*"
[requires]
python_version="3.12"
"""


def test_a_pipfile_is_read_with_lines() -> None:
    found = pipfile.parse(PIPFILE, file="Pipfile")

    assert shown(found.packages) == [
        (6, "flask[async]==3.0"),
        (7, "psycopg2-binary"),
        (8, 'waitress>=2; sys_platform == "win32"'),
        (9, "mine"),
    ]
    assert [(part.target, part.is_editable) for part in found.packages[-1:]] == [(".", True)]
    assert {name: shown(lines) for name, lines in found.categories.items()} == {
        "dev-packages": [(12, "pytest")],
        "docs": [(14, "sphinx")],
    }


# Computed with plette, the library that Pipenv uses.
@pytest.mark.parametrize(
    ("manifest", "stored"),
    [
        ('[packages]\nflask = "*"\n', "f226f2c246fa4694a5658fd6793e384e9b5ea4b2502a4da2f7d0a795e3efb63f"),
        (
            (
                '[[source]]\nname="pypi"\nurl="https://pypi.org/simple"\nverify_ssl=true\n'
                '[packages]\nflask = {version="==3.0", extras=["async"]}\n[dev-packages]\npytest="*"\n'
                '[docs]\nsphinx="*"\n[requires]\npython_version="3.12"\n'
            ),
            "83ff3d99e3c989ec7c5a76bd7201db8a6a4c74fddba1f7d862286906d0969e54",
        ),
    ],
)
def test_a_pipfile_lock_belongs_to_its_manifest_until_a_package_changes(manifest: str, stored: str) -> None:
    lock = lock_files.parse_pipenv(json.dumps({"_meta": {"hash": {"sha256": stored}}}))

    assert lock_freshness.pipenv(lock, manifest) is Freshness.FRESH
    assert lock_freshness.pipenv(lock, manifest.replace("flask", "flask-x")) is Freshness.STALE


UV_MANIFEST = """\
[project]
name = "Shop_api"
version = "0"
requires-python = ">=3.11"
dependencies = ["six>=1.16, <2", "Typing_Extensions; python_version < '3.13'"]
[project.optional-dependencies]
x = ["idna"]
[dependency-groups]
dev = ["attrs"]
all = [{include-group="dev"}, "toml"]
"""

# Written by uv 0.13 for the manifest above, wheels left out.
UV_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "idna"
version = "3.20"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "shop-api"
version = "0"
source = { virtual = "." }

[package.metadata]
requires-dist = [
    { name = "idna", marker = "extra == 'x'" },
    { name = "six", specifier = ">=1.16,<2" },
    { name = "typing-extensions", marker = "python_full_version < '3.13'" },
]
provides-extras = ["x"]

[package.metadata.requires-dev]
all = [
    { name = "attrs" },
    { name = "toml" },
]
dev = [{ name = "attrs" }]

[[package]]
name = "numpy"
version = "1.26.4"

[[package]]
name = "numpy"
version = "2.2.0"
"""


def test_a_uv_lock_pins_all_but_the_project_itself() -> None:
    lock = lock_files.parse_uv(UV_LOCK)

    assert (lock.packages, lock.forked) == ({"idna": "3.20"}, frozenset({"numpy"}))


@pytest.mark.parametrize(
    ("old", "new", "freshness"),
    [
        ("", "", Freshness.FRESH),
        ("version = ", "description = 'x'\nversion = ", Freshness.FRESH),
        (">=1.16, <2", "<2,>=1.16.0", Freshness.FRESH),
        ("six>=1.16, <2", "six>=1.17, <2", Freshness.STALE),
        ('"idna"', '"idna", "flask"', Freshness.STALE),
        (', "toml"', "", Freshness.STALE),
        ("six>=1.16, <2", "six[x]>=1.16, <2", Freshness.STALE),
        ("six>=1.16, <2", "six @ https://example.org/six.zip", Freshness.FRESH),
        ("Shop_api", "other", Freshness.UNKNOWN),
        ('"toml"', '"toml=1"', Freshness.UNKNOWN),
        ('"toml"', '"shop-api[x]"', Freshness.UNKNOWN),
    ],
)
def test_a_uv_lock_belongs_to_its_manifest_until_a_dependency_changes(old: str, new: str, freshness: Freshness) -> None:
    assert lock_freshness.uv(lock_files.parse_uv(UV_LOCK), UV_MANIFEST.replace(old, new, 1)) is freshness


def test_a_poetry_lock_is_read_with_its_groups() -> None:
    text = """\
# This file is automatically @generated by Poetry 2.1.3 and should not be changed by hand.

[[package]]
name = "Flask"
version = "3.0.0"
groups = ["main"]

[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]

[[package]]
name = "old"
version = "1"
category = "dev"

[metadata]
python-versions = "^3.11"
content-hash = "aa"
"""

    lock = lock_files.parse_poetry(text)

    assert lock == lock_files.LockFile(
        packages={"flask": "3.0.0", "pytest": "8.0", "old": "1"},
        development=frozenset({"pytest", "old"}),
    )


def test_a_pipfile_lock_is_read_with_its_sections() -> None:
    lock = lock_files.parse_pipenv(
        json.dumps(
            {
                "_meta": {"hash": {"sha256": "aa"}, "requires": {"python_version": "3.12"}},
                "default": {"Flask": {"version": "==3.0.0"}, "mine": {"path": "."}},
                "develop": {"pytest": {"version": "==8.0"}, "flask": {"version": "==3.0.0"}},
            }
        )
    )

    assert lock == lock_files.LockFile(
        packages={"flask": "3.0.0", "pytest": "8.0"},
        development=frozenset({"pytest"}),
        content_hash="aa",
    )


@pytest.mark.parametrize("text", ["", "[]", "{", "3", '"x"', "[" * 100_000])
def test_a_pipfile_lock_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        lock_files.parse_pipenv(text)


def test_what_a_hash_cannot_be_made_of_tells_nothing() -> None:
    pinned = lock_files.parse_pipenv('{"_meta": {"hash": {"sha256": "aa"}}}')

    assert lock_freshness.pipenv(pinned, "[packages]\nflask = 1979-05-27\n") is Freshness.UNKNOWN


def test_a_lock_of_unreadable_specifiers_tells_nothing() -> None:
    lock = lock_files.parse_uv(UV_LOCK.replace(">=1.16,<2", "newest"))

    assert lock_freshness.uv(lock, UV_MANIFEST) is Freshness.UNKNOWN


def test_a_package_whose_extras_or_markers_cannot_be_read_is_left_out() -> None:
    found = pipfile.parse(
        '[packages]\na = {version="*", markers="nonsense"}\nb = {git="git@h:b.git"}\n', file="Pipfile"
    )

    assert [(part.name, part.target) for part in found.packages] == [("b", "git+git@h:b.git")]


def test_a_lock_without_a_hash_tells_nothing() -> None:
    assert lock_freshness.pipenv(lock_files.parse_pipenv("{}"), "") is Freshness.UNKNOWN
