"""Takes CVs in, queues them for the parser, and drafts letters to candidates."""

import json
import os
import uuid

import redis
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

import letters

app = FastAPI(title="Nexten")
queue = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2)


class Cv(BaseModel):
    """A CV as plain text."""

    candidate: str
    text: str


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the service answers."""
    return {"status": "ok"}


@app.post("/cvs", status_code=202)
def submit(cv: Cv) -> dict[str, str]:
    """Queue a CV and return the number of its job."""
    job = uuid.uuid4().hex
    try:
        queue.rpush("cvs", json.dumps({"job": job, "candidate": cv.candidate, "text": cv.text}))
    except redis.RedisError as error:
        raise HTTPException(503, "the queue does not answer") from error
    return {"job": job}


@app.post("/letters")
def letter(cv: Cv) -> dict[str, str]:
    """Draft a letter to the candidate."""
    return {"letter": letters.draft(cv.candidate, cv.text)}
