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


@pytest.mark.parametrize(("folders", "module"), [(["backend"], "api.settings.production"), (["backend", "old"], "")])
def test_the_one_project_below_the_root_directory_says_which_settings_it_takes(
    tmp_path: Path, folders: list[str], module: str
) -> None:
    for folder in folders:
        settings = tmp_path / folder / "api/settings"
        settings.mkdir(parents=True)
        (settings / "production.py").write_text("DEBUG = False\n", encoding="utf-8")
        text = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'api.settings')\n"
        (tmp_path / folder / "manage.py").write_text(text, encoding="utf-8")

    assert django_settings.of_deployment(tmp_path, example="") == module
