"""A question into a stored answer; the HTTP and the WebSocket chat both end here."""

from time import perf_counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Conversation, Message, User
from app.retrieval import nearest
from app.schemas import Answer, Ask, Reply

NEAR_ENOUGH = 0.2
_TITLE_LETTERS = 60


class NoSuchConversationError(Exception):
    """The conversation does not exist, or is somebody else's."""


def answer(ask: Ask, *, user: User, session: Session) -> Answer:
    """Return the answer to *ask*, stored with its question. Raises: NoSuchConversationError."""
    started = perf_counter()
    conversation = _conversation(ask, user=user, session=session)
    reply = _reply(ask.message, user=user, session=session)
    session.add(Message(conversation_id=conversation.id, role="user", text=ask.message))
    session.flush()
    session.add(Message(conversation_id=conversation.id, role="assistant", text=reply.text))
    session.commit()
    elapsed_ms = (perf_counter() - started) * 1_000
    return Answer(conversation_id=conversation.id, reply=reply, latency_ms=round(elapsed_ms, 1))


def _conversation(ask: Ask, *, user: User, session: Session) -> Conversation:
    if ask.conversation_id is None:
        conversation = Conversation(user_id=user.id, title=ask.message[:_TITLE_LETTERS])
        session.add(conversation)
        session.flush()
        return conversation
    owned = select(Conversation).where(Conversation.id == ask.conversation_id, Conversation.user_id == user.id)
    if found := session.scalar(owned):
        return found
    raise NoSuchConversationError


def _reply(question: str, *, user: User, session: Session) -> Reply:
    match = nearest(question, user=user, session=session)
    if match is None or match.score < NEAR_ENOUGH:
        return Reply(text="I found nothing about that.", source=None, score=0.0)
    return Reply(text=match.passage.text, source=match.passage.title, score=round(match.score, 3))
