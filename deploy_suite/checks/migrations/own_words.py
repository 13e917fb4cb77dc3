"""A pre-deploy command that only migrates → how a Python that has the tool imported already can run it as it stands."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy_suite.checks.base import Built
from deploy_suite.checks.migrations.tools import Tool

# No shell needed: nothing in it is expanded, redirected, quoted or tied to another command but a change of folder.
_PLAIN: Final = re.compile(r"(?:cd [\w./-]+ && )?(?P<words>[\w./-]+(?: [\w./:=@%+,-]+)*)")
_PYTHON: Final = re.compile(r"python[\d.]*")
# Installers let a shell find an interpreter whose path is too long for the first line; to Python that is a string.
# Source: https://github.com/astral-sh/uv/blob/main/crates/uv-install-wheel/src/wheel.rs (format_shebang)
_SCRIPT: Final = re.compile(rb"#!(?:[^\n]*python|/bin/sh\n'''exec')")
_HEAD_BYTES: Final = 256


def call(tool: Tool, built: Built) -> Mapping[str, object] | None:
    """Return the call that the pre-deploy command is, None where it takes a shell.

    Shape: `script` is the Python file to run, or "" and `module` the module (`python -m`); `argv` the words after it.
    """
    stated = built.case.contract.pre_deploy
    match = _PLAIN.fullmatch(stated.text.strip()) if stated else None
    if stated is None or match is None or tool.call is None or tool.call.location != stated.location:
        return None
    program, *words = match["words"].split()
    file = _of_environment(program, built)
    if file is None:
        return None
    if not _PYTHON.fullmatch(program):
        return {"script": str(file), "module": "", "argv": words} if _is_python(file) else None
    if words[:1] == ["-m"] and len(words) > 1:
        return {"script": "", "module": words[1], "argv": words[2:]}
    if words and words[0] == tool.manage:
        return {"script": str(built.environment.top / tool.folder / tool.manage), "module": "", "argv": words[1:]}
    return None


def _of_environment(program: str, built: Built) -> Path | None:
    """Return the file of the environment that *program* names, None where another or none is found."""
    found = shutil.which(program, path=built.environment.search_path)
    return Path(found) if found and Path(found).parent == built.environment.venv / "bin" else None


def _is_python(script: Path) -> bool:
    with script.open("rb") as file:
        return _SCRIPT.match(file.read(_HEAD_BYTES)) is not None
