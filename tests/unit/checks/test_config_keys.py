import pytest

from deploy_suite.checks.dependencies import config_keys

KEY = "SQLALCHEMY_DATABASE_URI"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'app.config["{KEY}"] = os.environ.get("DATABASE_URL")\n', ("DATABASE_URL",)),
        (
            f'url = os.getenv("DB_URL")\nif url:\n    url = url.replace("a", "b")\napp.config["{KEY}"] = url\n',
            ("DB_URL",),
        ),
        (f'class Config:\n    {KEY}: str = os.getenv("A_URL") or os.getenv("B_URL")\n', ("A_URL", "B_URL")),
        (f'app.config.from_mapping({KEY}=os.getenv("DATABASE_URL"))\n', ("DATABASE_URL",)),
        (f'app.config["{KEY}"] = os.getenv("DATABASE_URL", "sqlite:///x")\n', (KEY,)),
        (f'app.config["{KEY}"] = os.getenv("{KEY}")\nother = os.getenv("OTHER")\n', (KEY,)),
        ("app.config.from_prefixed_env()\n", (KEY,)),
    ],
)
def test_a_key_of_the_configuration_is_led_back_to_its_variable(text: str, expected: tuple[str, ...]) -> None:
    assert config_keys.behind(KEY, ("import os\n", text)) == expected
