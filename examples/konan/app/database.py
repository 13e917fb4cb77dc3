"""The connection pool and the sessions drawn from it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import DeclarativeBase, Session

from app.settings import settings

CONNECT_SECONDS = 3


class Base(DeclarativeBase):
    """The parent of all models."""


@lru_cache
def engine() -> Engine:
    """Return the pool, made on first use and so after the fork: `gunicorn --preload` imports this module in the
    parent process, and a connection that two workers share breaks both.
    """
    return create_engine(
        settings().sqlalchemy_url,
        pool_size=5,
        max_overflow=15,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def new_session() -> Iterator[Session]:
    """Yield a session that is committed by whoever writes and closed in any case."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[Session, Depends(new_session)]
