"""Questions about clients and their instruments."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from modules.assistant.services.vector_search import get_vector_search

router = APIRouter(prefix="/assistant", tags=["assistant"])


class Question(BaseModel):
    question: str = Field(min_length=1)
    user_id: str = ""
    limit: int = Field(default=3, ge=1, le=20)


@router.post("/chat")
def chat(question: Question) -> dict[str, object]:
    found = get_vector_search().nearest(question.question, limit=question.limit)
    return {"answer": found[0].text if found else "", "sources": [hit.asdict() for hit in found]}
