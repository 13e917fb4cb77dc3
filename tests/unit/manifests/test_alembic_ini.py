"""alembic.ini into what Alembic makes of it."""

import pytest

from deploy_suite.manifests.alembic_ini import AlembicFile, parse, parse_pyproject
from deploy_suite.manifests.errors import ManifestError
from deploy_suite.manifests.requirements_file import LineProblem
from deploy_suite.model.location import Location


def test_a_usual_file_is_read_with_lines_and_without_its_password() -> None:
    text = """\
# A generic configuration.

[alembic]
script_location = %(here)s/db/migrations
# prepend_sys_path = ..
prepend_sys_path = .
version_path_separator = os
version_locations = %(here)s/a:%(here)s/b
file_template = %%(year)d_%%(slug)s
sqlalchemy.url = postgresql+psycopg://app:hunter2@db/app

[loggers]
keys = root
sqlalchemy.url = other
"""

    assert parse(text, file="backend/alembic.ini") == AlembicFile(
        file="backend/alembic.ini",
        script_location="%(here)s/db/migrations",
        script_folder="backend/db/migrations",
        location=Location("backend/alembic.ini", 4),
        url="postgresql+psycopg://app:***@db/app",
        url_location=Location("backend/alembic.ini", 10),
        import_folders=("backend",),
        version_folders=("backend/a", "backend/b"),
    )


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        ("alembic", "api/alembic"),
        ("./alembic", "api/alembic"),
        ("../db", "db"),
        ("%(here)s", "api"),
        ("%(here)s/../db", "db"),
        ("/srv/db", "/srv/db"),
        ("app.db:migrations", "api/app/db/migrations"),
    ],
)
def test_the_script_folder_is_relative_to_the_repository(written: str, folder: str) -> None:
    found = parse(f"[alembic]\nscript_location = {written}\n", file="api/alembic.ini")

    assert (found.script_location, found.script_folder) == (written, folder)


@pytest.mark.parametrize(
    ("options", "folders"),
    [
        ("prepend_sys_path = . src,lib:x", ("", "src", "lib", "x")),
        ("prepend_sys_path = .:src\npath_separator = os", ("", "src")),
        ("prepend_sys_path = a b;c\npath_separator = ;", ("a b", "c")),
        ("prepend_sys_path =\n  a\n  b c\npath_separator = newline", ("a", "b c")),
    ],
)
def test_lists_are_split_as_alembic_splits_them(options: str, folders: tuple[str, ...]) -> None:
    assert parse(f"[alembic]\n{options}\n", file="alembic.ini").import_folders == folders


def test_a_lone_percent_sign_in_a_password_is_a_problem() -> None:
    found = parse("[alembic]\nsqlalchemy.url = postgresql://u:hunter%402@h/d\n", file="alembic.ini")

    assert found.url == "postgresql://u:***@h/d"
    assert found.problems == (
        LineProblem(
            code="alembic-interpolation",
            message="Alembic fails when sqlalchemy.url is read: a lone '%' stands in it",
            location=Location("alembic.ini", 2),
            remedy="write '%%' for each '%' of the value at alembic.ini:2",
            is_fatal=False,
        ),
    )


def test_a_variable_of_the_environment_is_not_read_by_alembic() -> None:
    (problem,) = parse("[alembic]\nsqlalchemy.url = %(DATABASE_URL)s\n", file="alembic.ini").problems

    assert problem.message == (
        "Alembic fails when sqlalchemy.url is read: %(database_url)s is not set in the file; "
        "Alembic does not read the environment there"
    )
    assert problem.remedy == "set sqlalchemy.url in env.py from os.environ, and remove it at alembic.ini:2"


def test_references_within_the_file_are_followed() -> None:
    text = "[DEFAULT]\nhost = db\n[alembic]\nsqlalchemy.url = postgresql://%(host)s/x\n"

    found = parse(text, file="alembic.ini")

    assert (found.url, found.problems) == ("postgresql://db/x", ())


def test_another_section_can_be_asked_for() -> None:
    text = "[alembic]\nscript_location = a\n[other]\nscript_location = b\n"

    found = parse(text, file="alembic.ini", section="other")

    assert (found.script_folder, found.location) == ("b", Location("alembic.ini", 4))


@pytest.mark.parametrize("text", ["", "[loggers]\nkeys = root\n", "[alembic]\n# nothing\n"])
def test_a_file_of_flask_migrate_without_location_is_no_fault(text: str) -> None:
    found = parse(text, file="migrations/alembic.ini")

    assert (found.script_location, found.script_folder, found.problems) == ("", "", ())


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("script_location = a\n", 1, "a line stands before the first [section]"),
        ("[alembic]\na = 1\na = 2\n", 3, "the option 'a' stands twice in [alembic]"),
        ("[alembic]\n[alembic]\n", 2, "the section [alembic] stands twice"),
        ("[alembic]\nscript_location\n", 2, "a line is neither 'name = value' nor [section]"),
    ],
)
def test_what_configparser_refuses_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse(text, file="alembic.ini")

    assert caught.value.location == Location("alembic.ini", line)
    assert caught.value.message == f"Alembic cannot read the file: {reason}"


def test_the_table_in_pyproject_is_read() -> None:
    text = """\
[tool.alembic]
script_location = "%(here)s/db"
version_locations = ["%(here)s/db/versions"]
prepend_sys_path = [".", "src"]
file_template = "%%(rev)s"
"""

    assert parse_pyproject(text, file="api/pyproject.toml") == AlembicFile(
        file="api/pyproject.toml",
        script_location="%(here)s/db",
        script_folder="api/db",
        location=Location("api/pyproject.toml", 2),
        import_folders=("api", "api/src"),
        version_folders=("api/db/versions",),
    )


def test_a_pyproject_without_the_table_is_none() -> None:
    assert parse_pyproject("[project]\nname = 'x'\n", file="pyproject.toml") is None
