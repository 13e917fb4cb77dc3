"""What was said."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, status
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.database import SessionDep
from app.models import Conversation
from app.schemas import ConversationOut, ConversationWithMessages, RowId
from app.security import UserDep

router = APIRouter(prefix="/conversations", tags=["conversations"])


@router.get("", response_model=list[ConversationOut])
def conversations(user: UserDep, session: SessionDep) -> Sequence[Conversation]:
    """Return the user's conversations, newest first."""
    owned = select(Conversation).where(Conversation.user_id == user.id)
    return session.scalars(owned.order_by(Conversation.id.desc()).limit(100)).all()


@router.get("/{conversation_id}", response_model=ConversationWithMessages)
def conversation(conversation_id: RowId, user: UserDep, session: SessionDep) -> Conversation:
    """Return one conversation with its messages."""
    wanted = select(Conversation).where(Conversation.id == conversation_id, Conversation.user_id == user.id)
    if found := session.scalar(wanted.options(selectinload(Conversation.messages))):
        return found
    raise HTTPException(status.HTTP_404_NOT_FOUND, "no such conversation")
