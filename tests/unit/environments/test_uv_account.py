"""Which refusals of uv pip has to share."""

# ruff: noqa: E501  what uv prints has long lines

import pytest

from deploy_suite.environments import stand_in, uv_account

WINDOWS = """Using Python 3.13.0 environment at: /x/made/venv
error: No solution found when resolving dependencies
  cause: Because pywin32==310 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and you require pywin32==310, we can conclude that your requirements are unsatisfiable.

hint: Wheels are available for `pywin32` (v310) on the following platforms: `win32`, `win_amd64`, `win_arm64`
"""
ABI = """  cause: Because tensorflow==2.8.0 has no wheels with a matching Python ABI tag (e.g., `cp313`) and you require tensorflow==2.8.0, we can conclude that your requirements are unsatisfiable.

hint: You require CPython 3.13 (`cp313`), but we only found wheels for `tensorflow` (v2.8.0) with the following Python ABI tags: `cp37m`, `cp38`
"""
NO_VERSION = "  \u2570\u2500\u25b6 Because there is no version of flask[foo]==99.1 and you require flask[foo]==99.1, we can conclude that your requirements are unsatisfiable."
NO_NAME = "  cause: Because apturl was not found in the package registry and you require apturl==0.5.2, we can conclude that your requirements are unsatisfiable."
DEMAND = """  cause: Because selenium==4.33.0 depends on typing-extensions>=4.13.2,<4.14.dev0 and you require selenium==4.33.0, we can conclude that you require typing-extensions>=4.13.2,<4.14.dev0.
         And because you require typing-extensions==4.14.1, we can conclude that your requirements are unsatisfiable."""
ONE_OF = """  cause: Because fastapi==0.80.0 depends on one of:
             pydantic>=1.6.2,<1.7
             pydantic>1.8.1,<2.0.0
         and you require pydantic==2.0, we can conclude that your requirements and fastapi==0.80.0 are incompatible.
         And because you require fastapi==0.80.0, we can conclude that your requirements are unsatisfiable."""
NEWEST = """  cause: Because pandas>=3.1.1 depends on numpy{python_full_version < '3.14'}>=2.0.2 and you require pandas==3.1.1, we can conclude that you require numpy>=2.0.2.
         And because you require numpy>=1.2,<1.25, we can conclude that your requirements are unsatisfiable."""
TWICE = "  cause: Because you require pydantic==1.10 and pydantic==2.3, we can conclude that your requirements are unsatisfiable."
PYTHON = """  cause: Because the current Python version (3.10.4) does not satisfy Python>=3.11 and numpy==2.4.0 depends on Python>=3.11, we can conclude that numpy==2.4.0 cannot be used.
         And because you require numpy==2.4.0, we can conclude that your requirements are unsatisfiable."""
RANGE = "  cause: Because only flask<=3.1.3 is available and you require flask>=99, we can conclude that your requirements are unsatisfiable."
FAILED_BUILD = "  x Failed to build `old==1`\n  cause: Because it could not be built"


@pytest.mark.parametrize("account", [WINDOWS, ABI, NO_VERSION, NO_NAME, DEMAND, ONE_OF, NEWEST, TWICE, PYTHON])
def test_a_proof_from_exact_releases_holds_for_pip(account: str) -> None:
    assert uv_account.binds_pip(account)


@pytest.mark.parametrize(
    "account",
    [
        RANGE,  # pip would take a pre-release of 99
        NEWEST.replace("require pandas==", "require pandas>="),
        NO_NAME + "\n\nhint: Packages were unavailable because the network was disabled.",
        DEMAND + "\n\nhint: Pre-releases are available for `selenium` in the requested range",
        WINDOWS.replace("and you require", "and all is lost and you require"),
        FAILED_BUILD,
        "",
    ],
)
def test_what_may_be_otherwise_for_pip_is_left_to_pip(account: str) -> None:
    assert not uv_account.binds_pip(account)


@pytest.mark.parametrize(
    ("pips", "is_bound"), [(["23.2.1"], True), (["19.3.1"], False), (["20.2"], False), ([], False)]
)
def test_old_pips_install_what_does_not_fit_together(
    tmp_path_factory: pytest.TempPathFactory, pips: list[str], *, is_bound: bool
) -> None:
    venv = tmp_path_factory.mktemp("venv")
    for version in pips:
        (venv / f"lib/python3.12/site-packages/pip-{version}.dist-info").mkdir(parents=True)

    assert stand_in._pip_resolves(venv) is is_bound
