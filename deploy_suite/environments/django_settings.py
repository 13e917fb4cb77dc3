"""A Django project into the settings module that a deployed service most likely uses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy_suite.model import on_disk

VARIABLE: Final = "DJANGO_SETTINGS_MODULE"
_USUAL: Final = ("production", "prod", "render", "deploy", "deployment", "live", "heroku")
# A module beside `mysite.settings` may be called `render` and render pages.
_OF_SETTINGS: Final = re.compile(r"\b(?:INSTALLED_APPS|ALLOWED_HOSTS|DATABASES|DEBUG)\b|\bimport \*")
_DEFAULT: Final = re.compile(rf"{VARIABLE}[\"']\s*(?:,|\]\s*=)\s*[\"'](?P<module>[\w.]+)[\"']")
# `setdefault("DJANGO_SETTINGS_MODULE", name)`, after `name = "a" if "RENDER" in os.environ else "b"`.
_HANDED: Final = re.compile(rf"{VARIABLE}[\"']\s*(?:,|\]\s*=)\s*(?P<name>[A-Za-z_]\w*)\s*[)\n]")
_CHOICE: Final = (
    r"^\s*{name}\s*=\s*[\"'](?P<module>[\w.]+)[\"']"
    r"(?:\s+if\s+[\"']RENDER\w*[\"']\s+(?P<negated>not\s+)?in\b[^\n]*\belse\s+[\"'](?P<other>[\w.]+)[\"'])?"
)


def of_deployment(folder: Path, *, example: str) -> str:
    """Return the module beside the one that the project names which is called like production's, else that one.

    Shape: *example* is what an example file of the project says, mostly the module for the desk. "" for no Django.
    """
    folder = _of_project(folder)
    named = example or next(_defaults(folder), "")
    package = named.rpartition(".")[0]
    return next((f"{base}.{name}" for base in (named, package) if base for name in _usual(folder, base)), named)


def _of_project(folder: Path) -> Path:
    """Return the folder of manage.py: *folder*, or the one below it that has the file where the commands go there."""
    below = [] if on_disk.is_file(folder / "manage.py") else on_disk.matching(folder, "*/manage.py")
    return below[0].parent if len(below) == 1 else folder


def _usual(folder: Path, package: str) -> Iterator[str]:
    place = folder.joinpath(*package.split("."))
    yield from (name for name in _USUAL if _OF_SETTINGS.search(_text(place / f"{name}.py")))


def _defaults(folder: Path) -> Iterator[str]:
    """Yield what wsgi.py, asgi.py and manage.py take where the variable is not set."""
    for file in (*on_disk.matching(folder, "*/wsgi.py"), *on_disk.matching(folder, "*/asgi.py"), folder / "manage.py"):
        text = _text(file)
        handed = _HANDED.search(text)
        if found := _DEFAULT.search(text):
            yield found["module"]
        elif handed and (chosen := re.search(_CHOICE.format(name=handed["name"]), text, re.MULTILINE)):
            yield chosen["other"] if chosen["negated"] else chosen["module"]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
