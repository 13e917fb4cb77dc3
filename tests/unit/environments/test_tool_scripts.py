"""The scripts with which uv and Poetry are installed, where a build downloads them."""

import ast

import pytest

from deploy_suite.environments import tool_scripts

_UV = "https://astral.sh/uv/install.sh"
_POETRY = "https://install.python-poetry.org"
_TOOLS = {"uv": "/tools/uv", "poetry": "/tools/poetry", "curl": "/usr/bin/curl"}


@pytest.mark.parametrize(
    ("program", "arguments", "place"),
    [
        ("curl", ["-LsSf", _UV], ""),
        ("curl", ["-LsSf", "https://astral.sh/uv/0.5.1/install.sh", "-o", "uv.sh"], "uv.sh"),
        ("curl", ["-fsSLo", "/tmp/uv.sh", _UV], "/tmp/uv.sh"),
        ("curl", ["-LO", _UV], "install.sh"),
        ("curl", ["--output=uv.sh", _UV], "uv.sh"),
        ("curl", ["-sSL", f"{_POETRY}/"], ""),
        ("wget", ["-qO-", _UV], ""),
        ("wget", ["-q", "-O", "-", _POETRY], ""),
        ("wget", [_UV], "install.sh"),
    ],
)
def test_a_tool_that_the_target_brings_is_installed_from_here(program: str, arguments: list[str], place: str) -> None:
    served = tool_scripts.served(program, arguments, folder="/stand-ins", tools=_TOOLS)

    assert served is not None
    assert served[0] == place
    assert "/stand-ins" in served[1]


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("curl", ["-fsSL", "https://example.org/install.sh"]),
        ("curl", ["-fsSL", "https://astral.sh/ruff/install.sh"]),
        ("git", ["clone", _UV]),
        ("curl", ["--version"]),
    ],
)
def test_what_else_is_downloaded_is_fetched(program: str, arguments: list[str]) -> None:
    assert tool_scripts.served(program, arguments, folder="/stand-ins", tools=_TOOLS) is None


def test_a_tool_that_the_target_does_not_bring_is_fetched() -> None:
    assert tool_scripts.served("curl", [_UV], folder="/stand-ins", tools={"poetry": "/tools/poetry"}) is None


def test_the_script_of_poetry_is_python_and_that_of_uv_is_no_template_any_more() -> None:
    poetry = tool_scripts.served("curl", [_POETRY], folder="/stand ins", tools=_TOOLS)
    uv = tool_scripts.served("curl", [_UV], folder="/stand-ins", tools=_TOOLS)

    assert poetry is not None
    assert uv is not None
    assert ast.parse(poetry[1]).body
    assert "{{" not in uv[1]
    assert 'folder="${UV_INSTALL_DIR:-${XDG_BIN_HOME:-$HOME/.local/bin}}"' in uv[1]
