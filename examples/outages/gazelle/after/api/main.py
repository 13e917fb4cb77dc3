"""The HTTP API of a piano workshop's assistant."""

import logging
import os

from fastapi import FastAPI

from api.assistant import router as assistant_router
from api.travel import router as travel_router

logging.basicConfig(level=os.getenv("LOG_LEVEL", "INFO"))

app = FastAPI(title="Gazelle assistant", version="5.0")
app.include_router(assistant_router)
app.include_router(travel_router)


@app.get("/")
def index() -> dict[str, str]:
    return {"service": "gazelle", "status": "ok"}
