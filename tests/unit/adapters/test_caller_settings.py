"""What is taken over from the caller's shell and files, and what is not."""

from pathlib import Path

import pytest

from deploy_suite.adapters.caller import caller
from deploy_suite.model.secret import Secret


def settings(environment: dict[str, str], home: Path) -> dict[str, str]:
    silent = {"PIP_CONFIG_FILE": "/dev/null", **environment}
    found = caller({name: value for name, value in silent.items() if value}, home=home).installer_settings
    return {name: value.revealed() for name, value in found.items()}


def test_only_what_leads_to_an_index_is_taken_over(tmp_path: Path) -> None:
    taken = {
        "PIP_INDEX_URL": "https://u:p@i/simple",
        "UV_INDEX_CORP_PASSWORD": "p",
        "https_proxy": "http://proxy",
        "NO_PROXY": "localhost",
        "SSL_CERT_FILE": "/ca.pem",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
        "npm_config_registry": "https://n",
    }
    left = {
        "AWS_SECRET_ACCESS_KEY": "s",
        "PYTHONPATH": "/x",
        "PIP_USER": "1",
        "UV_PYTHON": "3.9",
        "DATABASE_URL": "postgres://",
    }

    assert settings({**taken, **left}, tmp_path) == taken


def test_values_are_secret(tmp_path: Path) -> None:
    found = caller({"PIP_INDEX_URL": "https://u:p@i/simple", "PIP_CONFIG_FILE": "/dev/null"}, home=tmp_path)

    assert found.installer_settings == {"PIP_INDEX_URL": Secret("https://u:p@i/simple")}
    assert "u:p" not in repr(found)


def test_the_search_path_is_told(tmp_path: Path) -> None:
    assert caller({"PATH": "/a::/b"}, home=tmp_path).search_path == (Path("/a"), Path("/b"))


def test_pips_own_files_count_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://file\nextra-index-url =\n  https://a\n  https://b\n[install]\ncert = /c\n"
    )

    found = settings({"PIP_CONFIG_FILE": str(file), "PIP_INDEX_URL": "https://environment"}, tmp_path)

    mine = {name: found[name] for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT")}
    assert mine == {
        "PIP_INDEX_URL": "https://environment",
        "PIP_EXTRA_INDEX_URL": "https://a https://b",
        "PIP_CERT": "/c",
    }


@pytest.mark.parametrize("text", ["no section\n", "[global\n", "[global]\nindex-url\n", "\x00"])
def test_a_broken_file_of_pip_is_no_obstacle(tmp_path: Path, text: str) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(text)

    assert "PIP_INDEX_URL" not in settings({"PIP_CONFIG_FILE": str(file)}, tmp_path)


def test_uvs_own_file_counts(tmp_path: Path) -> None:
    folder = tmp_path / ".config/uv"
    folder.mkdir(parents=True)
    (folder / "uv.toml").write_text(
        'system-certs = true\n[[index]]\nurl = "https://d"\ndefault = true\n[[index]]\nurl = "https://o"\n'
    )

    assert settings({}, tmp_path) == {
        "UV_DEFAULT_INDEX": "https://d",
        "UV_INDEX": "https://o",
        "UV_SYSTEM_CERTS": "true",
    }


def test_credentials_in_the_home_folder_are_pointed_to(tmp_path: Path) -> None:
    (tmp_path / ".netrc").touch()
    (tmp_path / ".npmrc").touch()

    assert settings({}, tmp_path) == {
        "NETRC": str(tmp_path / ".netrc"),
        "NPM_CONFIG_USERCONFIG": str(tmp_path / ".npmrc"),
    }


def test_a_home_that_cannot_be_looked_into_is_no_obstacle() -> None:
    unreachable = Path("/") / ("x" * 300)  # no account of a system is refused to root, but such a name is

    assert not caller({}, home=unreachable).installer_settings.keys() & {"NETRC", "NPM_CONFIG_USERCONFIG"}
