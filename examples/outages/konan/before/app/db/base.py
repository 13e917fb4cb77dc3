"""Kept for old imports: the parent of the tables moved to app.database."""

from app.database import Base

__all__ = ["Base"]
