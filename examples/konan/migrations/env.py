"""Alembic's environment: the address comes from the settings, the tables from the models."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine, pool

from app import models
from app.settings import DatabaseSettings

if context.config.config_file_name:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

URL = DatabaseSettings().sqlalchemy_url


def migrate() -> None:
    """Run the revisions; give up on a locked table rather than stop the service that is live behind it."""
    with context.begin_transaction():
        context.execute("SET LOCAL lock_timeout = '10s'")
        context.execute("SET LOCAL statement_timeout = '10min'")
        context.run_migrations()


def run_offline() -> None:
    """Print the SQL."""
    context.configure(url=URL, target_metadata=models.Base.metadata, literal_binds=True)
    migrate()


def run_online() -> None:
    """Migrate the database."""
    with create_engine(URL, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, target_metadata=models.Base.metadata)
        migrate()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
