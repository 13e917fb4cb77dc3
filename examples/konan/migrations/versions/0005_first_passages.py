"""The passages that everybody can ask for.

Revision ID: 0005
Revises: 0004
"""

import re
import unicodedata
from hashlib import blake2b

import numpy as np
import sqlalchemy as sa
from alembic import op
from numpy.typing import NDArray
from pgvector.sqlalchemy import Vector

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIRST = {
    "Passwords": "To change your password, write to the people who run konan: they send you a link that is good for "
    "one hour.",
    "Uploads": "You can upload text files of up to one megabyte. Answers are taken from their paragraphs at once, and "
    "nobody else sees them.",
    "Conversations": "Every conversation is kept, and you can go on with it at any time.",
    "Answers": "Answers are quoted from stored passages. Nothing is made up, and no outside service reads your "
    "question.",
}

PASSAGES = sa.table(
    "passages",
    sa.column("title", sa.Text),
    sa.column("text", sa.Text),
    sa.column("embedding", Vector(256)),
    sa.column("user_id", sa.BigInteger),
)


def upgrade() -> None:
    op.bulk_insert(
        PASSAGES, [{"title": title, "text": text, "embedding": embed(text)} for title, text in FIRST.items()]
    )


def downgrade() -> None:
    op.execute(PASSAGES.delete().where(PASSAGES.c.user_id.is_(None), PASSAGES.c.title.in_(FIRST)))


def embed(text: str) -> NDArray[np.float32]:
    """app.embedding.embed as it was at this revision: a revision must not change when the application does."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = [f"^{word}$" for word in re.findall(r"[a-z0-9]+", plain)]
    features = words + [word[at : at + 3] for word in words for at in range(len(word) - 2)]
    digests = [int.from_bytes(blake2b(feature.encode(), digest_size=4).digest(), "big") for feature in features]
    hashes = np.array(digests, dtype=np.uint32)
    vector = np.bincount((hashes >> 1) % 256, weights=np.where(hashes & 1, 1.0, -1.0), minlength=256)
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
