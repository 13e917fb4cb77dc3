"""The variable without which a project has no database or no store."""

from pathlib import Path, PurePosixPath

import pytest

from deploy_suite.tracing.variables import database_urls
from tests.projects import write


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("dj_database_url.config(conn_max_age=600)", "DATABASE_URL"),
        ("dj_database_url.config('DB_ADDRESS')", "DB_ADDRESS"),
        ("dj_database_url.config(default='sqlite:///db')", ""),
        ("dj_database_url.config(default=os.environ.get('DATABASE_URL'), conn_max_age=60)", "DATABASE_URL"),
        ("dj_database_url.config(\n    default=config('PG', default=None),\n)", "PG"),
        ("dj_database_url.config(default=os.environ.get('PG', 'sqlite:///db'))", ""),
    ],
)
def test_what_dj_database_url_would_have_taken_the_address_from(tmp_path: Path, call: str, expected: str) -> None:
    write(tmp_path, {"shop/settings.py": f"DATABASES = {{'default': {call}}}\n"})

    assert database_urls.asked(tmp_path) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("REDIS_URL = os.environ.get('REDIS_URL')", "REDIS_URL"),
        ("url = os.getenv('CELERY_BROKER_URL')", "CELERY_BROKER_URL"),
        ("REDIS_URL = os.environ.get('REDIS_URL', 'redis://localhost')", ""),
        ("NAME = os.environ.get('NAME')", ""),
    ],
)
def test_what_the_address_of_a_redis_would_have_come_from(tmp_path: Path, line: str, expected: str) -> None:
    write(tmp_path, {"shop/settings.py": f"{line}\n"})

    assert database_urls.of_store(tmp_path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("dj_database_url.config(default='sqlite:///db')", "DATABASE_URL"),
        ("dj_database_url.config(default=os.environ.get('PG', 'sqlite:///db'))", "DATABASE_URL"),
        ("dj_database_url.config('SHOP_DB', default='sqlite:///db')", "SHOP_DB"),
        ("dj_database_url.parse(os.environ.get('PG', 'sqlite:///db'))", "PG"),
        ("env.db('DATABASE_URL', default='sqlite:///db.sqlite3')", "DATABASE_URL"),
        ("env.db(default='sqlite:///db.sqlite3')", "DATABASE_URL"),
        ("env.db()", ""),
        ("dj_database_url.config(conn_max_age=600)", ""),
        ("dj_database_url.config(default=os.environ.get('PG'))", ""),
        ("dj_database_url.parse(config('PG'))", ""),
        ("{'ENGINE': 'django.db.backends.sqlite3'}", ""),
    ],
)
def test_what_the_settings_take_the_address_from_and_can_do_without(tmp_path: Path, value: str, expected: str) -> None:
    write(tmp_path, {"shop/settings.py": f"DATABASES = {{'default': {value}}}\n"})

    assert database_urls.of_settings(tmp_path) == expected


@pytest.mark.parametrize(
    ("read", "guard", "expected"),
    [
        ("os.getenv('DB_URL')", "if URL:", "DB_URL"),
        ("config('DB_URL', default='').strip()", "if URL:", "DB_URL"),
        ("os.environ.get('DB_URL', '')", "if URL and not DEBUG:", "DB_URL"),
        ("config('DB_URL')", "if URL:", ""),
        ("os.getenv('DB_URL')", "if True:", ""),
        ("'sqlite:///desk.db'", "if URL:", ""),
    ],
)
def test_an_address_that_is_read_into_a_name_and_asked_for_can_be_done_without(
    tmp_path: Path, read: str, guard: str, expected: str
) -> None:
    text = f"URL = {read}\n{guard}\n    DATABASES = {{'default': dj_database_url.parse(URL, conn_max_age=600)}}\n"
    write(tmp_path, {"shop/settings.py": text})

    assert database_urls.of_settings(tmp_path) == expected


def test_a_script_that_is_no_settings_says_nothing_of_the_database(tmp_path: Path) -> None:
    write(tmp_path, {"copy.py": "source = dj_database_url.config(default=HERE)\n"})

    assert not database_urls.of_settings(tmp_path)


@pytest.mark.parametrize(
    ("read", "asked", "of_settings"),
    [
        ("os.getenv('DB_URL')", "DB_URL", ""),
        ("environ.get('DB_URL')  # on the target", "DB_URL", ""),
        ("os.getenv('DB_URL', 'sqlite:///db.sqlite3')", "", "DATABASE_URL"),
    ],
)
def test_a_default_that_was_read_into_a_name_before_is_none_where_the_variable_is_not_set(
    tmp_path: Path, read: str, asked: str, of_settings: str
) -> None:
    text = f"URL = {read}\nDATABASES = {{'default': dj_database_url.config(default=URL, conn_max_age=600)}}\n"
    (tmp_path / "settings.py").write_text(text, encoding="utf-8")

    assert (database_urls.asked(tmp_path), database_urls.of_settings(tmp_path)) == (asked, of_settings)


PARTS = """HOST = os.getenv("DB_HOST", "localhost")
USER = os.getenv("DB_USER")
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (PARTS, [("DB_HOST", 1), ("DB_USER", 2)]),
        (
            f'URL = os.getenv("DATABASE_URL")\nif not URL:\n    {PARTS.replace("USER", "    USER", 1)}',
            [("DATABASE_URL", 1)],
        ),
        (
            f'{PARTS}URL = os.environ.get("POSTGRES_URL") or f"postgresql://{{USER}}@{{HOST}}/shop"\n',
            [("POSTGRES_URL", 3)],
        ),
        (f'{PARTS}TESTS = os.getenv("TEST_DATABASE_URL")\n', [("DB_HOST", 1), ("DB_USER", 2)]),
    ],
)
def test_the_whole_address_goes_before_the_parts_that_a_desk_has(
    tmp_path: Path, source: str, expected: list[tuple[str, int]]
) -> None:
    (tmp_path / "database.py").write_text(source)

    found = database_urls.near(tmp_path, PurePosixPath())

    assert [(one.name, one.location.line) for one in found] == expected
