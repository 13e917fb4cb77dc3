"""Whatever the bytes: a value, or one of the two errors that this room may raise."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from deploy_suite.errors import UsageError
from deploy_suite.manifests import (
    alembic_ini,
    dotenv_file,
    lock_files,
    lock_freshness,
    pipfile,
    procfile,
    pyproject,
    requirements_file,
    settings,
    shell,
    toml_document,
    yaml_document,
)
from deploy_suite.manifests.errors import ManifestError


def _shell(text: str, file: str) -> None:
    assert file
    for command in shell.parse(text).commands:
        shell.unwrapped(command)


def _requirements(text: str, file: str) -> None:
    requirements_file.parse(text.encode("utf-8", "surrogatepass"), file=file)


def _locks(text: str, file: str) -> None:
    for parse, fresh in (
        (lock_files.parse_uv, lock_freshness.uv),
        (lock_files.parse_pipenv, lock_freshness.pipenv),
    ):
        with contextlib.suppress(ManifestError):
            fresh(parse(text, file=file), text, file=file)
            fresh(lock_files.parse_poetry('metadata.content-hash = "x"'), text, file=file)


PARSERS: dict[str, Callable[[str, str], object]] = {
    "alembic.ini": lambda text, file: alembic_ini.parse(text, file=file),
    "alembic pyproject": lambda text, file: alembic_ini.parse_pyproject(text, file=file),
    "dotenv": lambda text, file: dotenv_file.parse(text, file=file),
    "locks": _locks,
    "pipfile": lambda text, file: pipfile.parse(text, file=file),
    "procfile": lambda text, file: (procfile.parse(text, file=file), procfile.unread(text, file=file)),
    "pyproject": lambda text, file: pyproject.parse(text, file=file),
    "requirements": _requirements,
    "settings": lambda text, file: settings.parse(text, file=file),
    "shell": _shell,
    "toml": lambda text, file: toml_document.parse(text, file=file),
    "yaml": lambda text, file: yaml_document.parse(text, file=file),
}

ALPHABET = st.sampled_from(
    [
        *"abce=:.,;#%$&|<>()[]{}'\"`\\/-_*!?@^~ \t\r\n0139\x00\x0b\x85\u2028\ufeff\ud800é",
        *("-r ", "-e ", "${A}", "$(", "&&", "||", "<<EOF\n", "EOF\n", "if ", "then ", "fi ", "do ", "done ", "cd "),
        *("bash -c ", "set -e", "case ", " in ", ";;", "esac", "function f", "%(here)s", "[alembic]\n", "[[a]]\n"),
        *("[project]\n", "[tool.poetry]\n", "[packages]\n", "dependencies = ", "name = ", "- ", "key: ", "&a ", "*a "),
        *("<<: ", "!!python/object:os.system ", "--- ", "\\UFFFFFFFF", "%YAML 9", "1e999", "python-3.", "git+https://"),
        *("[[services.a.probes]]\n", "[matrix]\n", "expect = ", "{ ", "exec ", "env ", "uv run ", "python -m "),
        *("set", "cd", "exec", "eval", "env", "bash", "sh", "-c", "-o", "source", "export", "python", "timeout", "uv"),
        *("version = ", "extras = ", "[[package]]\n", '"metadata"', "script_location = ", "path_separator = "),
    ]
)
TEXTS = st.lists(ALPHABET, max_size=60).map("".join) | st.text(max_size=80)


@pytest.mark.parametrize("name", PARSERS)
@hypothesis_settings(deadline=None)
@given(text=TEXTS)
@example(text="[" * 100_000)
@example(text="a = " + "[" * 10_000)
@example(text='{"default": ' * 10_000)
@example(text="(" * 10_000)
@example(text="$(" * 5_000)
@example(text="{ " * 5_000 + "a" + "; }" * 5_000)
@example(text="a = 1e400\nb = " + "9" * 5_000)
@example(text='"' + "\\" * 1_001)
@example(text="x; " + "(" * 3_000 + "python_version > '3'" + ")" * 3_000)
def test_any_text_is_read_or_refused_in_the_way_agreed(name: str, text: str) -> None:
    with contextlib.suppress(ManifestError, UsageError):
        PARSERS[name](text, "some/file")


@hypothesis_settings(deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xfe\x00\xd8")
@example(b"\xff\xfe\x00")
@example(b"# coding: undefined\nflask")
@example(b"# coding: zip\nflask")
@example(b"# coding: idna\nfl\xc3\xa9")
def test_any_bytes_of_a_requirements_file_are_read(data: bytes) -> None:
    found = requirements_file.parse(data, file="requirements.txt")

    assert found.file == "requirements.txt"
