"""Flask-Migrate: Alembic inside the context of the Flask application."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
from typing import Any

from . import engines
from .alembic_tool import AlembicTool
from .target import Target


class FlaskTool(AlembicTool):
    """The same steps as Alembic's, with the configuration that Flask-Migrate makes."""

    def __init__(self, job: dict[str, Any], target: Target) -> None:
        """Load the application as `flask` does."""
        engines.guard(target)
        self._target = target
        options = _options(job["argv"])
        self._application = _loaded(options.app)
        with self._application.app_context():
            self._config = _configuration(self._application, options)
            self._script = self._read()

    def surroundings(self) -> Any:
        """Return the application's context."""
        return self._application.app_context()


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-A", "--app", default=None)
    parser.add_argument("-d", "--directory", default=None)
    parser.add_argument("-x", "--x-arg", default=None, action="append")
    return parser.parse_known_args(argv)[0]


def _loaded(named: str | None) -> Any:
    cli = importlib.import_module("flask.cli")
    cli.load_dotenv()
    return cli.ScriptInfo(app_import_path=named or os.environ.get("FLASK_APP")).load_app()


def _configuration(application: Any, options: argparse.Namespace) -> Any:
    extension = application.extensions.get("migrate")
    if extension is None:
        raise LookupError("Flask-Migrate is not set up: the application has no extension called migrate")
    get = extension.migrate.get_config
    accepted = inspect.signature(get).parameters
    extra = {"x_arg": options.x_arg} if options.x_arg and "x_arg" in accepted else {}
    return get(options.directory or extension.directory, **extra)
