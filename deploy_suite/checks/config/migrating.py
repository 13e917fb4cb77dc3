"""Which calls apply migrations, and which ask whether all are applied."""

from typing import Final

from deploy_suite.checks.config.calls import Call

_DRY: Final = frozenset({"--plan", "--check", "--sql", "--help"})


def is_migration(call: Call) -> bool:
    """Whether *call* applies migrations to the database."""
    words = call.command.words
    if _DRY & set(words):
        return False
    if call.program == "alembic":
        return "upgrade" in words
    if call.program == "flask":
        return "db" in words and "upgrade" in words
    if call.program in {"aerich", "piccolo", "yoyo", "yoyo-migrate"}:
        return bool({"upgrade", "migrate", "migrations", "apply"} & set(words))
    return _is_djangos_migrate(call)


def is_look(call: Call) -> bool:
    """Whether *call* changes nothing, and fails where the database lacks a migration.

    Source: https://docs.djangoproject.com/en/stable/ref/django-admin/#cmdoption-migrate-check
    https://alembic.sqlalchemy.org/en/latest/autogenerate.html#running-alembic-check-to-test-for-new-upgrade-operations
    """
    words = call.command.words
    if call.program == "alembic":
        return "check" in words or ("current" in words and "--check-heads" in words)
    if call.program == "flask":
        return "db" in words and "check" in words
    return "--check" in words and _is_djangos_migrate(call)


def _is_djangos_migrate(call: Call) -> bool:
    """Whether *call* is `manage.py migrate`, in whichever way it is run."""
    words = call.command.words
    for at, word in enumerate(words):
        if word.endswith("manage.py") or (at == 0 and call.program == "django-admin"):
            rest = [one for one in words[at + 1 :] if not one.startswith("-")]
            return rest[:1] == ["migrate"]
    return False
