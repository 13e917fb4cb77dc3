"""The settings module that a deployed Django service most likely uses."""

from pathlib import Path

import pytest

from deploy_suite.environments import django_settings


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'api.settings')\n", "api.settings"),
        (
            (
                "chosen = 'api.live_settings' if 'RENDER_EXTERNAL_HOSTNAME' in os.environ else 'api.settings'\n"
                "os.environ.setdefault('DJANGO_SETTINGS_MODULE', chosen)\n"
            ),
            "api.live_settings",
        ),
        (
            (
                "    chosen = 'api.settings' if 'RENDER' not in os.environ else 'api.live_settings'\n"
                "    os.environ['DJANGO_SETTINGS_MODULE'] = chosen\n"
            ),
            "api.live_settings",
        ),
        ("NAME = 'api.settings'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', NAME)\n", "api.settings"),
        ("os.environ.setdefault('DJANGO_SETTINGS_MODULE', chosen())\n", ""),
    ],
)
def test_the_settings_are_those_that_manage_py_takes_on_the_target(tmp_path: Path, text: str, module: str) -> None:
    (tmp_path / "manage.py").write_text(text, encoding="utf-8")

    assert django_settings.of_deployment(tmp_path, example="") == module
