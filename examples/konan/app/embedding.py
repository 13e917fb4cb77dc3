"""Text into vectors, by hashing: the same on every machine, nothing to download."""

import re
import unicodedata
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
_WORD = re.compile(r"[a-z0-9]+")


def embed(text: str) -> NDArray[np.float32]:
    """Return a vector of length 1 (0 for a text without words) that lies near those of texts with the same words."""
    hashes = np.array([_hashed(feature) for feature in _features(text)], dtype=np.uint32)
    signs = np.where(hashes & 1, 1.0, -1.0)
    vector = np.bincount((hashes >> 1) % DIMENSIONS, weights=signs, minlength=DIMENSIONS)
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def _features(text: str) -> list[str]:
    """Return the words and their groups of three letters, which make "upload" and "uploads" neighbours."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = [f"^{word}$" for word in _WORD.findall(plain)]
    return words + [word[at : at + 3] for word in words for at in range(len(word) - 2)]


def _hashed(feature: str) -> int:
    return int.from_bytes(blake2b(feature.encode(), digest_size=4).digest(), "big")
