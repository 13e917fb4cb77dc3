"""The engine, the sessions, and the parent of the tables."""

import os
from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Session

engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)


class Base(DeclarativeBase):
    pass


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened
