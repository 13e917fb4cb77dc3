"""Calls of pip as uv would make them, and those that only pip understands."""

import pytest

from deploy_suite.environments.pip_call import PipInstall, means_more_to_pip, read, uv_settings


@pytest.mark.parametrize(
    ("call", "uv"),
    [
        ("install -r requirements.txt", "--requirements requirements.txt"),
        ("install -rrequirements.txt", "--requirements requirements.txt"),
        (
            "install --requirement=a.txt -r b.txt -c c.txt",
            "--constraints c.txt --requirements a.txt --requirements b.txt",
        ),
        ("install -Uqr a.txt", "--upgrade --requirements a.txt"),
        ("--no-cache-dir install --upgrade pip", "--upgrade pip"),
        ("install --no-cache-dir --disable-pip-version-check --timeout 5 six", "six"),
        ("install -e . -e ./lib six==1", "--editable . --editable ./lib six==1"),
        ("install --pre --no-deps six", "--prerelease=allow --no-deps six"),
        (
            "install -i https://i/simple --extra-index-url=https://e six",
            "--index-url https://i/simple --extra-index-url https://e six",
        ),
        ("install --trusted-host h --find-links=w six", "--allow-insecure-host h --find-links w six"),
        ("install --force-reinstall six", "--reinstall six"),
    ],
)
def test_an_install_is_the_same_in_uvs_words(call: str, uv: str) -> None:
    found = read(call.split())

    assert found is not None
    assert " ".join(found.uv_arguments()) == uv


@pytest.mark.parametrize(
    "call",
    [
        "install",
        "check",
        "freeze -r x",
        "install --user six",
        "install --target lib six",
        "install --prefer-binary six",
        "install -I six",
        "install --upgrade-strategy eager -U six",
        "install --no-cache-dir=1 six",
        "install -- six",
        "install -r",
        "install --report - six",
    ],
)
def test_what_uv_would_do_otherwise_is_left_to_pip(call: str) -> None:
    assert read(call.split()) is None


def test_what_is_installed_is_told_apart() -> None:
    assert read(["install", "-r", "a.txt", "-c", "c.txt", "-e", "lib", "six"]) == PipInstall(
        requirements=("six",), editables=("lib",), files=("a.txt",), constraints=("c.txt",), options=()
    )


def test_pips_variables_are_the_same_in_uvs_words() -> None:
    environment = {
        "PIP_INDEX_URL": "https://i/simple",
        "PIP_EXTRA_INDEX_URL": "https://a https://b",
        "PIP_FIND_LINKS": "/w /x",
        "PIP_CERT": "/ca.pem",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_PROXY": "",
        "HOME": "/root",
    }

    assert uv_settings(environment) == {
        "UV_DEFAULT_INDEX": "https://i/simple",
        "UV_INDEX": "https://a https://b",
        "UV_FIND_LINKS": "/w,/x",
        "SSL_CERT_FILE": "/ca.pem",
    }
    assert not means_more_to_pip(environment)


@pytest.mark.parametrize(
    "name", ["PIP_REQUIRE_HASHES", "PIP_ONLY_BINARY", "PIP_CONFIG_FILE", "PIP_CONSTRAINT", "PIP_NO_INDEX"]
)
def test_a_variable_that_uv_has_no_words_for_is_left_to_pip(name: str) -> None:
    assert means_more_to_pip({name: "1"})
    assert uv_settings({name: "1"}) == {}
