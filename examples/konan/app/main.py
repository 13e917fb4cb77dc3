"""The application that the server imports."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.database import engine
from app.routers import accounts, chat, conversations, files, health
from app.settings import settings


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    engine().dispose()


def create_app() -> FastAPI:
    """Return the application; raises where a setting is missing, before anything listens."""
    logging.getLogger("app").setLevel(settings().log_level)
    application = FastAPI(title="konan", lifespan=_lifespan)
    application.add_middleware(
        CORSMiddleware, allow_origins=settings().origins, allow_methods=["*"], allow_headers=["*"]
    )
    for module in (health, accounts, chat, conversations, files):
        application.include_router(module.router)
    return application


app = create_app()
