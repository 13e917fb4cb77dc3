"""Passwords and tokens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from app.database import SessionDep
from app.models import User
from app.settings import settings

ALGORITHM = "HS256"

# 19 MiB and two passes: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Two threads of their own: glibc keeps these 19 MiB for each thread that ever hashed, and forty of those are more than
# a small plan has. They start at the first use, which is after the fork.
_HASHING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hashing")


def hashed(password: str) -> str:
    """Return what is stored in place of *password*."""
    return _HASHING.submit(_HASHER.hash, password).result()


def is_password_of(user: User, password: str) -> bool:
    """Return whether *password* is the one that was stored for *user*."""
    try:
        return _HASHING.submit(_HASHER.verify, user.password_hash, password).result()
    except (VerifyMismatchError, InvalidHashError):
        return False


def token_for(user: User) -> str:
    """Return a signed token that names *user* until it expires."""
    expires = datetime.now(UTC) + timedelta(hours=settings().jwt_hours)
    return jwt.encode({"sub": str(user.id), "exp": expires}, settings().jwt_secret.get_secret_value(), ALGORITHM)


def user_of(token: str, session: Session) -> User | None:
    """Return the active user that *token* names, None when it is forged, expired or of nobody."""
    try:
        claims = jwt.decode(
            token,
            settings().jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],
            options={"require": ["exp", "sub"]},
        )
        user = session.get(User, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        return None
    return user if user and user.is_active else None


def _current_user(
    session: SessionDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> User:
    user = user_of(credentials.credentials, session) if credentials else None
    if user is None:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "log in first", {"WWW-Authenticate": "Bearer"})
    return user


UserDep = Annotated[User, Depends(_current_user)]
