"""An engine that was given no address: the variables that the sources take it from."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.variables import addresses
from deploy_suite.model.finding import Finding, Outcome
from deploy_suite.model.location import Location

NONE = "sqlalchemy.exc.ArgumentError: Expected string or URL object, got None"
EMPTY = "sqlalchemy.exc.ArgumentError: Could not parse SQLAlchemy URL from string ''"
READ = "import os\nfrom sqlalchemy import create_engine\n"
SETTINGS = """\
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    neon_url: str | None = None
    other: str = "x"
settings = Settings()
"""


def met(line: int, *, said: str = NONE, outcome: Outcome = Outcome.FAILED) -> Finding:
    place = Location("db.py", line)
    return Finding(
        code="import-failed:ArgumentError", outcome=outcome, message="it fails", location=place, evidence=(said,)
    )


def behind(folder: Path, finding: Finding, **files: str) -> tuple[str, ...]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return addresses.behind(finding, folder, PurePosixPath())


@pytest.mark.parametrize(
    ("text", "said", "names"),
    [
        ('URL = os.getenv("NEON_URL")\nengine = create_engine(URL)\n', NONE, ("NEON_URL",)),
        ('URL = os.getenv("NEON_URL", "")\nengine = create_engine(URL)\n', EMPTY, ("NEON_URL",)),
        ('URL = os.getenv("NEON_URL")\nengine = create_engine(\n    URL,\n    echo=True,\n)\n', NONE, ("NEON_URL",)),
        ('\nengine = create_engine(os.environ.get("NEON_URL"))\n', NONE, ("NEON_URL",)),
        ('URL = os.getenv("NEON_URL", "sqlite://")\nengine = create_engine(URL)\n', NONE, ()),
        ('OTHER = os.getenv("NEON_URL")\nengine = create_engine(make())\n', NONE, ()),
        ('URL = os.getenv("NEON_URL")\nengine = create_engine(URL)\n', "ArgumentError: something else", ()),
    ],
)
def test_the_variable_that_holds_the_address_is_named(
    tmp_path: Path, text: str, said: str, names: tuple[str, ...]
) -> None:
    assert behind(tmp_path, met(4, said=said), db=READ + text) == names


def test_a_field_of_settings_that_other_lines_hand_on_is_the_variable_of_its_name(tmp_path: Path) -> None:
    text = "from config import settings\nADDRESS = settings.neon_url\nengine = create_engine(ADDRESS)\n"
    prefixed = SETTINGS.replace("    other", '    model_config = {"env_prefix": "APP_"}\n    other')

    assert behind(tmp_path, met(3), db=text, config=SETTINGS) == ("NEON_URL",)
    assert behind(tmp_path, met(3), db=text, config=prefixed) == ()


def test_behind_a_key_of_flasks_configuration_all_of_its_variables_are_named(tmp_path: Path) -> None:
    text = (
        "if DEBUG:\n"
        '    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("LOCAL_DATABASE_URL", "")\n'
        "else:\n"
        '    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "")\n'
        "db = SQLAlchemy(app)\n"
    )

    assert behind(tmp_path, met(5, said=EMPTY), db=text) == ("LOCAL_DATABASE_URL", "DATABASE_URL")


def test_what_passed_or_has_no_line_names_none(tmp_path: Path) -> None:
    text = READ + 'URL = os.getenv("NEON_URL")\nengine = create_engine(URL)\n'

    assert behind(tmp_path, met(4, outcome=Outcome.WARNING), db=text) == ()
    assert behind(tmp_path, met(0), db=text) == ()
    assert addresses.behind(met(4), None, PurePosixPath()) == ()


@pytest.mark.parametrize("place", [None, Location("db.py", 1)])
def test_a_key_of_flask_sqlalchemy_leads_to_its_variable_also_where_the_server_alone_told_it(
    tmp_path: Path, place: Location | None
) -> None:
    said = "Error: Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set."
    one = replace(met(1, said=said), location=place)
    config = "import os\nSQLALCHEMY_DATABASE_URI = os.getenv('SHOP_URL')\n"

    assert behind(tmp_path, one, db="db.init_app(app)\n", config=config) == ("SHOP_URL",)
    assert behind(tmp_path, replace(met(1), location=None), config=config) == ()
