"""Says how well a candidate fits a job."""

from typing import Annotated

from fastapi import FastAPI, Query

import model

app = FastAPI(title="Nexten matching")


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the service answers."""
    return {"status": "ok"}


@app.get("/skills")
def skills() -> list[str]:
    """Return the skills that the model knows."""
    return sorted(model.vectors())


@app.get("/match")
def match(wanted: Annotated[list[str], Query()], offered: Annotated[list[str], Query()]) -> dict[str, float]:
    """Return how near what is offered comes to what is wanted."""
    return {"nearness": round(model.nearness(wanted, offered), 3)}
