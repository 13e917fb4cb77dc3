"""What the platform asks."""

from fastapi import APIRouter, Response, status
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.database import engine
from app.schemas import Health
from app.settings import settings

router = APIRouter(tags=["health"])


@router.get("/")
def index() -> dict[str, str]:
    """Say what this is."""
    return {"service": "konan", "documentation": "/docs"}


@router.get("/health", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": Health}})
def health(response: Response) -> Health:
    """Ask the database; 503 when it does not answer, so that no traffic comes here."""
    commit = settings().render_git_commit
    try:
        with engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Health(status="unavailable", database="unreachable", commit=commit)
    return Health(status="ok", database="ok", commit=commit)
