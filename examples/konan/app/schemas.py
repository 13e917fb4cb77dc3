"""What comes in and goes out as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, EmailStr, Field

# PostgreSQL's limits: no NUL in a text, 63 bits and a sign in a bigint.
Question = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"^[^\x00]*$")]
RowId = Annotated[int, Field(ge=1, lt=2**63)]


class Credentials(BaseModel):
    """What a person registers and logs in with."""

    email: EmailStr
    password: str = Field(min_length=8, max_length=200)


class Output(BaseModel):
    """Read from a model's attributes."""

    model_config = ConfigDict(from_attributes=True)


class UserOut(Output):
    """A user, without the password."""

    id: int
    email: str


class Token(BaseModel):
    """The answer to a login."""

    access_token: str
    token_type: str = "bearer"


class Ask(BaseModel):
    """A question, in a new conversation or in one that goes on."""

    message: Question
    conversation_id: RowId | None = None


class Reply(BaseModel):
    """An answer and the passage it was taken from; `score` is the cosine similarity, `source` None if none fits."""

    text: str
    source: str | None
    score: float


class Answer(BaseModel):
    """A reply in its conversation."""

    conversation_id: int
    reply: Reply
    latency_ms: float


class MessageOut(Output):
    """A message of a conversation."""

    role: str
    text: str
    created_at: datetime


class ConversationOut(Output):
    """A conversation in a list."""

    id: int
    title: str
    created_at: datetime


class ConversationWithMessages(ConversationOut):
    """A conversation in full."""

    messages: list[MessageOut]


class FileOut(Output):
    """An uploaded file, without its content."""

    id: int
    name: str
    content_type: str
    size_bytes: int


class Uploaded(FileOut):
    """A file just stored, and how many passages answers can now be taken from."""

    passages: int


class Health(BaseModel):
    """Whether konan can serve, and which commit it is."""

    status: str
    database: str
    commit: str
