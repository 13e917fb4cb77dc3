"""Search in the technicians' notes by meaning, or by words where no key is set."""

import functools
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from openai import OpenAI

NOTES = Path(__file__).with_name("notes.json")
MODEL = "text-embedding-3-small"
SIZE = 512


@dataclass(frozen=True)
class Hit:
    client: str
    text: str
    score: float

    def asdict(self) -> dict[str, object]:
        return asdict(self)


class VectorSearch:
    def __init__(self, notes: list[dict[str, str]], client: OpenAI | None) -> None:
        self._notes = notes
        self._client = client
        self._vectors = self._embedded([f"{note['client']}: {note['text']}" for note in notes])

    def nearest(self, question: str, *, limit: int) -> list[Hit]:
        scores = self._vectors @ self._embedded([question])[0]
        best = np.argsort(scores)[::-1][:limit]
        return [Hit(self._notes[at]["client"], self._notes[at]["text"], float(scores[at])) for at in best]

    def _embedded(self, texts: list[str]) -> np.ndarray:
        if self._client is not None:
            answer = self._client.embeddings.create(model=MODEL, input=texts)
            return np.array([row.embedding for row in answer.data])
        return np.stack([_hashed(text) for text in texts])


def _hashed(text: str) -> np.ndarray:
    """Count words into buckets: crude, and needs no network."""
    vector = np.zeros(SIZE)
    for word in text.lower().split():
        vector[int(hashlib.md5(word.strip(".,?!:").encode()).hexdigest(), 16) % SIZE] += 1.0
    length = np.linalg.norm(vector)
    return vector / length if length else vector


@functools.cache
def get_vector_search() -> VectorSearch:
    key = os.getenv("OPENAI_API_KEY", "")
    return VectorSearch(json.loads(NOTES.read_text()), OpenAI(api_key=key) if key else None)
