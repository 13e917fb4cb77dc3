"""The line that fixes the address of a database on localhost, and what leaves open whether it does."""

from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.checks.variables import written_out

SAID = 'OperationalError: connection to server at "localhost" (::1), port 5432 failed: Connection refused'
URL = "'postgresql://me:secret@localhost:5432/shop'"


def place(folder: Path, sources: dict[str, str], said: str = SAID) -> str:
    for name, text in sources.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = written_out.place(folder, PurePosixPath("."), said)
    return str(found or "")


@pytest.mark.parametrize(
    "source",
    [
        f"URL = {URL}\nengine = create_engine(URL)\n",
        f"URL: str = {URL}\n",
        "engine = create_engine('postgresql+asyncpg://me@127.0.0.1/shop')\n",
        "engine = create_engine(f'postgresql://{USER}:{WORD}@localhost/shop')\n",
        "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://localhost/shop'\n",
        "link = psycopg2.connect(dbname='shop', user='me', host='localhost')\n",
        "link = psycopg2.connect('dbname=shop host=localhost')\n",
        "KEY = os.environ['SECRET_KEY']; pool = asyncpg.create_pool(user='me', host='127.0.0.1')\n",
    ],
)
def test_an_address_that_nothing_changes_is_told_at_its_line(tmp_path: Path, source: str) -> None:
    assert place(tmp_path, {"app/database.py": f"import this\n\n{source}"}) == "app/database.py:3"


@pytest.mark.parametrize(
    "source",
    [
        f"URL = os.getenv('DATABASE_URL', {URL})\n",
        f"URL = os.environ.get('DATABASE_URL') or {URL}\n",
        f"URL = {URL}\nif os.environ.get('POSTGRES_HOST'):\n    URL = other()\n",
        f"class Settings(BaseSettings):\n    url: str = {URL}\n",
        f"URL = config('DB_URL', default={URL})\n",
        f"URL = os.environ.get(NAME, {URL})\n",
        f"URL = ConfigParser().get('db', 'url', fallback={URL})\n",
        "link = psycopg2.connect(dbname='shop', host=HOST)\n",
        "URL = 'mysql://me@localhost/shop'\n",
        "ORIGINS = ['http://localhost:5432']\n",
        f"'''For instance {URL[1:-1]}'''\n",
    ],
)
def test_what_may_be_changed_or_is_none_of_it_is_left_open(tmp_path: Path, source: str) -> None:
    assert place(tmp_path, {"database.py": source}) == ""


def test_the_address_of_a_test_fixes_nothing(tmp_path: Path) -> None:
    assert place(tmp_path, {"tests/conftest.py": f"URL = {URL}\n", "main.py": ""}) == ""


def test_an_exception_that_speaks_of_another_machine_is_none_of_it(tmp_path: Path) -> None:
    said = 'OperationalError: could not translate host name "db" to address'

    assert place(tmp_path, {"database.py": f"URL = {URL}\n"}, said) == ""
