"""Which refusals of uv pip has to share."""

# ruff: noqa: E501  what uv prints has long lines

import pytest

from deploy_suite.environments import pip_call, stand_in, uv_account

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
LOST = """error: Failed to build `hiredis==2.0.0`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)

         [stderr]
         Traceback (most recent call last):
           File "<string>", line 7, in <module>
         ModuleNotFoundError: No module named 'imp'

hint: This error likely indicates that `hiredis@2.0.0` depends on `imp`, but doesn't declare it as a build dependency."""
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


@pytest.mark.parametrize(
    ("account", "lines", "is_vain"),
    [
        (LOST, ["channels==3.0", "Hiredis==2.0.0  # for redis"], True),
        (LOST, ["hiredis==2.0.0 \\", "--hash=sha256:00"], True),
        (
            LOST.replace(
                "ModuleNotFoundError: No module named 'imp'",
                "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?",
            ),
            ["hiredis==2.0.0"],
            True,
        ),
        (LOST, ["hiredis>=2.0.0"], False),  # pip may come to another release
        (LOST, ["hiredis==2.0.0; python_version < '3.9'"], False),
        (LOST, ["redis==2.0.0"], False),
        (LOST.replace("'imp'", "'Cython'"), ["hiredis==2.0.0"], False),  # another pip may bring it
        (LOST.replace("ModuleNotFoundError", "note: ModuleNotFoundError"), ["hiredis==2.0.0"], False),
        (FAILED_BUILD, ["old==1"], False),
    ],
)
def test_sources_that_want_what_python_lost_build_for_nobody(account: str, lines: list[str], *, is_vain: bool) -> None:
    assert uv_account.builds_in_vain(account, lines) is is_vain


@pytest.mark.parametrize(
    ("installed", "is_apart"),
    [
        (["pip-23.2.1"], True),
        (["pip-23.2.1", "setuptools-65.5.0"], True),
        (["pip-23.2.1", "setuptools-65.5.0", "wheel-0.40"], False),  # it runs setup.py in the environment itself
        (["pip-25.3", "setuptools-80.9.0", "wheel-0.45"], True),
        (["pip-22.3"], False),
        ([], False),
    ],
)
def test_pip_builds_apart_since_it_does_or_where_it_must(
    tmp_path_factory: pytest.TempPathFactory, installed: list[str], *, is_apart: bool
) -> None:
    venv = tmp_path_factory.mktemp("venv")
    for name in installed:
        (venv / f"lib/python3.12/site-packages/{name}.dist-info").mkdir(parents=True)

    assert stand_in._pip_builds_apart(venv) is is_apart


def test_what_a_call_asks_for_is_read_from_its_files_as_pip_reads_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    top = tmp_path_factory.mktemp("top")
    (top / "wide.txt").write_text("flask==3.0\n", encoding="utf-16")
    (top / "plain.txt").write_text("\ufeffrich==13\n", encoding="utf-8")
    wanted = pip_call.PipInstall(
        requirements=("uv",), files=tuple(str(top / f"{name}.txt") for name in ("wide", "plain", "none"))
    )

    assert list(stand_in._asked_for(wanted)) == ["uv", "flask==3.0", "rich==13"]
