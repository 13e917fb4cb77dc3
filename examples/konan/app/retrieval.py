"""Passages near a question."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from app.embedding import embed
from app.models import FileUpload, Passage, User

CANDIDATES = 20
_PARAGRAPHS_AT_MOST = 200


@dataclass(frozen=True)
class Match:
    """A passage and its cosine similarity to the question."""

    passage: Passage
    score: float


def nearest(question: str, *, user: User, session: Session) -> Match | None:
    """Return the passage nearest to *question* among everybody's and the user's own.

    The index finds candidates approximately; numpy then ranks these few exactly.
    """
    asked = embed(question)
    # Without this the index stops at its first candidates, and the filter may leave none of them (pgvector 0.8).
    session.execute(text("SET LOCAL hnsw.iterative_scan = 'relaxed_order'"))
    found = session.scalars(
        select(Passage)
        .where(or_(Passage.user_id.is_(None), Passage.user_id == user.id))
        .order_by(Passage.embedding.cosine_distance(asked))
        .limit(CANDIDATES)
    ).all()
    if not found:
        return None
    scores = np.stack([passage.embedding for passage in found]) @ asked
    best = int(np.argmax(scores))
    return Match(found[best], float(scores[best]))


def passages_of(content: str, *, file: FileUpload) -> list[Passage]:
    """Return the paragraphs of *content*, ready to be stored."""
    paragraphs = [part.strip() for part in content.replace("\r\n", "\n").split("\n\n")]
    return [
        Passage(
            user_id=file.user_id, file_upload_id=file.id, title=file.name, text=paragraph, embedding=embed(paragraph)
        )
        for paragraph in paragraphs[:_PARAGRAPHS_AT_MOST]
        if paragraph
    ]
