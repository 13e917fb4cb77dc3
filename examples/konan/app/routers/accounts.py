"""Registration and login."""

from fastapi import APIRouter, HTTPException, status
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.database import SessionDep
from app.models import User
from app.schemas import Credentials, Token, UserOut
from app.security import UserDep, hashed, is_password_of, token_for

router = APIRouter(tags=["accounts"])


@router.post("/users", status_code=status.HTTP_201_CREATED, response_model=UserOut)
def register(credentials: Credentials, session: SessionDep) -> User:
    """Store a new user."""
    user = User(email=credentials.email.lower(), password_hash=hashed(credentials.password))
    session.add(user)
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "this address is registered already") from error
    return user


@router.post("/login")
def login(credentials: Credentials, session: SessionDep) -> Token:
    """Exchange a password for a token."""
    user = session.scalar(select(User).where(User.email == credentials.email.lower()))
    if user is None or not user.is_active or not is_password_of(user, credentials.password):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "address or password is wrong")
    return Token(access_token=token_for(user))


@router.get("/users/me", response_model=UserOut)
def me(user: UserDep) -> User:
    """Return who is logged in."""
    return user
