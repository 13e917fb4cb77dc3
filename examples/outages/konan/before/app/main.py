"""A small assistant for people with questions about their rights."""

import os

from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel, EmailStr, Field
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import security
from app.database import session
from app.models import Conversation, User

ANSWERS = {
    "notice": "A lease is ended in writing, three months ahead.",
    "wage": "Wages are due at the end of the month.",
}

app = FastAPI(title="konan")
app.add_middleware(
    CORSMiddleware, allow_origins=os.getenv("CORS_ALLOW_ORIGINS", "*").split(","), allow_methods=["*"]
)


class Credentials(BaseModel):
    email: EmailStr
    password: str = Field(min_length=8, max_length=72)


class Message(BaseModel):
    message: str = Field(min_length=1, max_length=2000)


@app.get("/health")
def health(database: Session = Depends(session)) -> dict[str, str]:
    database.execute(text("select 1"))
    return {"status": "ok"}


@app.post("/users", status_code=201)
def register(given: Credentials, database: Session = Depends(session)) -> dict[str, int]:
    user = User(email=given.email, password=security.passwords.hash(given.password))
    database.add(user)
    try:
        database.commit()
    except IntegrityError as error:
        raise HTTPException(409, "this address is taken") from error
    return {"id": user.id}


@app.post("/login")
def login(given: Credentials, database: Session = Depends(session)) -> dict[str, str]:
    user = database.scalar(select(User).where(User.email == given.email))
    if user is None or not security.passwords.verify(given.password, user.password):
        raise HTTPException(401, "no such user, or another password")
    return {"access_token": security.token(user.id)}


@app.post("/chat")
def chat(
    given: Message, user_id: int = Depends(security.user_id), database: Session = Depends(session)
) -> dict[str, str]:
    words = given.message.lower()
    reply = next((answer for word, answer in ANSWERS.items() if word in words), "I do not know that yet.")
    database.add(Conversation(user_id=user_id, message=given.message, reply=reply))
    database.commit()
    return {"reply": reply}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run("app.main:app", host="192.168.0.133", port=8000)
