"""Parses a CV while somebody waits."""

from fastapi import FastAPI
from pydantic import BaseModel

import cv

app = FastAPI(title="Nexten CV parser")


class Text(BaseModel):
    """A CV as plain text."""

    text: str


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the service answers."""
    return {"status": "ok"}


@app.post("/parse")
def parse(body: Text) -> dict[str, list[str]]:
    """Return what the CV says."""
    return cv.facts(body.text)


@app.post("/summary")
def summary(body: Text) -> dict[str, str]:
    """Return two sentences about the CV."""
    return {"summary": cv.summary(body.text)}
