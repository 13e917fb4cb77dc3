"""Passwords and tokens."""

import os
from datetime import UTC, datetime, timedelta

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from passlib.context import CryptContext

JWT_SECRET = os.environ["JWT_SECRET"]
ALGORITHM = "HS256"
passwords = CryptContext(schemes=["bcrypt"])


def token(user_id: int) -> str:
    until = datetime.now(UTC) + timedelta(hours=12)
    return jwt.encode({"sub": str(user_id), "exp": until}, JWT_SECRET, algorithm=ALGORITHM)


def user_id(given: HTTPAuthorizationCredentials = Depends(HTTPBearer())) -> int:
    try:
        return int(jwt.decode(given.credentials, JWT_SECRET, algorithms=[ALGORITHM])["sub"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "log in first") from error
