"""File uploads."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, UploadFile, status
from sqlalchemy import select

from app.database import SessionDep
from app.models import FileUpload
from app.retrieval import passages_of
from app.schemas import FileOut, Uploaded
from app.security import UserDep
from app.settings import settings

router = APIRouter(prefix="/files", tags=["files"])


@router.post("", status_code=status.HTTP_201_CREATED)
def upload(file: UploadFile, user: UserDep, session: SessionDep) -> Uploaded:
    """Store a file; answers can be taken from it when it is text."""
    limit = settings().max_upload_bytes
    content = file.file.read(limit + 1)
    if len(content) > limit:
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, f"at most {limit} bytes")
    stored = FileUpload(
        user_id=user.id,
        name=_without_nul(file.filename or "unnamed"),
        content_type=_without_nul(file.content_type or "application/octet-stream"),
        size_bytes=len(content),
        content=content,
    )
    session.add(stored)
    session.flush()
    passages = passages_of(_text(stored), file=stored)
    session.add_all(passages)
    session.commit()
    return Uploaded.model_validate({**FileOut.model_validate(stored).model_dump(), "passages": len(passages)})


@router.get("", response_model=list[FileOut])
def files(user: UserDep, session: SessionDep) -> Sequence[FileUpload]:
    """Return the user's files, newest first."""
    owned = select(FileUpload).where(FileUpload.user_id == user.id)
    return session.scalars(owned.order_by(FileUpload.id.desc()).limit(100)).all()


def _text(file: FileUpload) -> str:
    """Return what a text file says."""
    if not file.content_type.startswith("text/"):
        return ""
    return _without_nul(file.content.decode("utf-8", "replace"))


def _without_nul(text: str) -> str:
    """Return *text* as PostgreSQL can store it."""
    return text.replace("\0", "")
