"""A reply into the contour of the voice that says it: louder at its start, softer at its end."""

import numpy as np

RATE_HZ = 50
SECONDS_PER_WORD = 0.35


def contour(text: str) -> list[float]:
    samples = max(int(len(text.split()) * SECONDS_PER_WORD * RATE_HZ), 1)
    fall = np.linspace(1.0, 0.4, samples)
    stress = 0.1 * np.sin(np.linspace(0.0, len(text.split()) * np.pi, samples))
    return np.round(fall + stress, 3).tolist()
