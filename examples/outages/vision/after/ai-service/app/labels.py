"""Bright rectangles on a photograph."""

import io
from dataclasses import asdict, dataclass

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

SMALLEST = 0.01


@dataclass(frozen=True)
class Label:
    left: int
    top: int
    width: int
    height: int
    brightness: float

    def asdict(self) -> dict[str, float]:
        return asdict(self)


def find(content: bytes) -> list[Label]:
    grey = _read(content)
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = (cv2.boundingRect(outline) for outline in outlines)
    found = [
        Label(x, y, w, h, float(np.mean(grey[y : y + h, x : x + w])))
        for x, y, w, h in boxes
        if w * h >= SMALLEST * grey.size
    ]
    return sorted(found, key=lambda label: (label.top, label.left))


def _read(content: bytes) -> np.ndarray:
    try:
        picture = Image.open(io.BytesIO(content)).convert("L")
    except UnidentifiedImageError as error:
        raise ValueError("this is no photograph that can be read") from error
    return np.asarray(picture)
