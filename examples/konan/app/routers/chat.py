"""The chat, over HTTP and over WebSocket."""

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect, status
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from app.conversing import NoSuchConversationError, answer
from app.database import SessionDep, engine
from app.models import User
from app.schemas import Answer, Ask
from app.security import UserDep, user_of

router = APIRouter(tags=["chat"])


class Hello(BaseModel):
    """The first frame: a token in the address would end up in logs."""

    token: str


@router.post("/chat")
def chat(ask: Ask, user: UserDep, session: SessionDep) -> Answer:
    """Answer one question."""
    try:
        return answer(ask, user=user, session=session)
    except NoSuchConversationError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such conversation") from error


@router.websocket("/ws/chat")
async def chat_socket(socket: WebSocket) -> None:
    """Answer questions until the client leaves: first its token, then frames like the body of POST /chat."""
    await socket.accept()
    try:
        user = await run_in_threadpool(_greeted, await socket.receive_text())
        if user is None:
            await socket.close(status.WS_1008_POLICY_VIOLATION, "log in first")
            return
        await socket.send_json({"type": "ready", "email": user.email})
        while True:
            await socket.send_json(await run_in_threadpool(_answered, await socket.receive_text(), user))
    except WebSocketDisconnect:
        return


def _greeted(frame: str) -> User | None:
    try:
        hello = Hello.model_validate_json(frame)
    except ValidationError:
        return None
    with Session(engine(), expire_on_commit=False) as session:
        return user_of(hello.token, session)


def _answered(frame: str, user: User) -> dict[str, object]:
    try:
        ask = Ask.model_validate_json(frame)
        with Session(engine(), expire_on_commit=False) as session:
            return {"type": "answer", **answer(ask, user=user, session=session).model_dump()}
    except ValidationError:
        return {"type": "error", "detail": 'send {"message": "…"}'}
    except NoSuchConversationError:
        return {"type": "error", "detail": "no such conversation"}
