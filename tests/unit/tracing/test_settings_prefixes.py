"""The variable that a field of a settings class stands for."""

from pathlib import Path

import pytest

from deploy_suite.tracing.variables import prefixes
from tests.projects import write

NEWER = "def load[T](cls: type[T]) -> T:\n    return cls()\n\n\n"


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("class Own(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_')\n    db: str\n", "APP_DB"),
        ("class Own(BaseSettings):\n    db: str\n    class Config:\n        env_prefix = 'app_'\n", "APP_DB"),
        ("class Own(BaseSettings, env_prefix='APP_'):\n    db: str\n", "APP_DB"),
        ("class Own(BaseSettings):\n    db: str\n\n\nclass Other(BaseSettings):\n    env_prefix = 'APP_'\n", "DB"),
        (
            "class Base(BaseSettings):\n    model_config = {'env_prefix': 'APP_'}\n\nclass Own(Base):\n    db: str\n",
            "APP_DB",
        ),
        (NEWER + "class Own(BaseSettings):\n    model_config = D | C(env_prefix='APP_')\n", "APP_DB"),
        ("class Own(BaseSettings):\n    model_config = C(env_prefix='APP_')\n    url: str = Field(alias='DB')\n", "DB"),
        ("class Own(Own):\n    db: str\n", "DB"),
        ("", "DB"),
    ],
)
def test_a_field_has_the_prefix_of_its_class_in_front(tmp_path: Path, source: str, variable: str) -> None:
    write(tmp_path, {"app/config.py": source, ".venv/config.py": "class Own:\n    env_prefix = 'NO_'\n"})

    assert prefixes.variable("DB", settings="Own", folder=tmp_path) == variable
