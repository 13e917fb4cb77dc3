"""The environment's variables as one typed value."""

from functools import lru_cache
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings
from sqlalchemy import URL, make_url


class Settings(BaseSettings):
    """What konan reads from its environment; a missing variable stops the start with its name."""

    app_env: Literal["development", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_url: SecretStr
    jwt_secret: SecretStr = Field(min_length=32)
    jwt_hours: int = Field(default=12, ge=1)
    max_upload_bytes: int = Field(default=1_000_000, ge=1)
    cors_allow_origins: str = ""
    render_git_commit: str = ""

    @property
    def sqlalchemy_url(self) -> URL:
        """The database's address; platforms write postgresql:// or postgres://, which would mean psycopg2 here."""
        return make_url(self.database_url.get_secret_value()).set(drivername="postgresql+psycopg")

    @property
    def origins(self) -> list[str]:
        """The sites whose pages may call konan."""
        return [origin.strip() for origin in self.cors_allow_origins.split(",") if origin.strip()]


class DatabaseSettings(Settings):
    """What a migration needs: the address alone, so that no other secret has to be at hand."""

    jwt_secret: SecretStr = SecretStr("")


@lru_cache
def settings() -> Settings:
    """Return the settings, read once."""
    return Settings()
