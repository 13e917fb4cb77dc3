"""Passwords and tokens."""

from datetime import UTC, datetime, timedelta

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from passlib.context import CryptContext

from app.settings import settings

ALGORITHM = "HS256"
passwords = CryptContext(schemes=["bcrypt"])


def token(user_id: int) -> str:
    until = datetime.now(UTC) + timedelta(hours=12)
    return jwt.encode({"sub": str(user_id), "exp": until}, settings.jwt_secret, algorithm=ALGORITHM)


def user_id(given: HTTPAuthorizationCredentials = Depends(HTTPBearer())) -> int:
    try:
        return int(jwt.decode(given.credentials, settings.jwt_secret, algorithms=[ALGORITHM])["sub"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "log in first") from error
