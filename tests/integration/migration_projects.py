"""Small projects with migrations, written into a folder."""

from pathlib import Path
from textwrap import indent

from tests.projects import write

INI = "[alembic]\nscript_location = migrations\nprepend_sys_path = .\n"
ENV = """import os
from alembic import context
from sqlalchemy import create_engine, pool
from models import Base

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
MODELS = """from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(50), nullable=False)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"), nullable=False)
"""
USERS = (
    'op.create_table("users", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("name", sa.String(50), nullable=False))'
)
POSTS = (
    'op.create_table("posts", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False))'
)


def revision(name: str, after: str | None, upgrade: str, downgrade: str = "pass") -> str:
    """Return the source of an Alembic revision; `upgrade` begins at line 10."""
    return (
        f'"""{name}"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{name}"\n'
        f"down_revision = {after!r}\n\ndef upgrade():\n{indent(upgrade, '    ')}\n\n"
        f"def downgrade():\n{indent(downgrade, '    ')}\n"
    )


def alembic_project(folder: Path, revisions: dict[str, str] | None = None, **files: str) -> Path:
    """Write two healthy revisions with matching models; *revisions* are more, or others of the same name.

    Shape: *files* are `env`, `models`, `ini`.
    """
    healthy = {
        "0001": revision("0001", None, USERS, 'op.drop_table("users")'),
        "0002": revision("0002", "0001", POSTS, 'op.drop_table("posts")'),
    }
    sources = {f"migrations/versions/{name}.py": text for name, text in (healthy | (revisions or {})).items()}
    settings = {
        "alembic.ini": files.get("ini", INI),
        "migrations/env.py": files.get("env", ENV),
        "models.py": files.get("models", MODELS),
    }
    return write(folder / "project", sources | settings)
