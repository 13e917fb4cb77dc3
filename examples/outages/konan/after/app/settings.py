"""The environment's variables as one typed value: a missing one stops the start with its name."""

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str
    jwt_secret: str
    cors_allow_origins: str = "*"


settings = Settings()
