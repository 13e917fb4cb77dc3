"""What installers need of the caller's shell and configuration files to reach a package index."""

import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from deploy_suite.model.secret import Secret
from deploy_suite.ports import Caller

_NAMES: Final = re.compile(
    r"(?:SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO|NETRC"
    r"|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CERT|CLIENT_CERT|PROXY|TRUSTED_HOST|(?:DEFAULT_)?TIMEOUT|RETRIES)"
    r"|PIPENV_PYPI_MIRROR|POETRY_HTTP_BASIC_\w+"
    r"|UV_(?:INDEX(?:_\w+)?|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|OFFLINE|INSECURE_HOST|NATIVE_TLS"
    r"|SYSTEM_CERTS|HTTP_TIMEOUT|KEYRING_PROVIDER)"
    r"|npm_config_(?:registry|cafile|ca|proxy|https_proxy|noproxy|strict_ssl|nodedir))",
    re.IGNORECASE,
)
_OF_TARGETS: Final = ("RENDER_HOST", "DEPLOY_SUITE_PACE")
_PROXIES: Final = re.compile(r"(?:https?|all|no)_proxy", re.IGNORECASE)
_PIP_KEYS: Final = {
    "index-url": "PIP_INDEX_URL",
    "extra-index-url": "PIP_EXTRA_INDEX_URL",
    "find-links": "PIP_FIND_LINKS",
    "no-index": "PIP_NO_INDEX",
    "cert": "PIP_CERT",
    "client-cert": "PIP_CLIENT_CERT",
    "proxy": "PIP_PROXY",
    "trusted-host": "PIP_TRUSTED_HOST",
    "timeout": "PIP_TIMEOUT",
}


def caller(environment: Mapping[str, str] | None = None, *, home: Path | None = None) -> Caller:
    """Return what is taken over. The environment wins over configuration files, as it does in pip, uv and npm.

    Source: https://pip.pypa.io/en/stable/topics/configuration/ , https://docs.astral.sh/uv/concepts/configuration-files/
    """
    environment = os.environ if environment is None else environment
    home = home or Path.home()
    settings = {
        **_uv_file(environment, home),
        **_pip_files(environment, home),
        **_files_of_others(environment, home),
        **{name: value for name, value in environment.items() if value and _is_wanted(name)},
    }
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    return Caller(
        installer_settings={name: Secret(value) for name, value in sorted(settings.items())},
        target_settings={name: environment[name] for name in _OF_TARGETS if environment.get(name)},
        search_path=tuple(Path(folder) for folder in folders if folder),
    )


def _is_wanted(name: str) -> bool:
    return bool(_NAMES.fullmatch(name) or _PROXIES.fullmatch(name))


def _pip_files(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in _pip_places(environment, home):
        if not _is_readable(file):
            continue
        import configparser  # noqa: PLC0415  most machines have no such file

        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {
                    _PIP_KEYS[key]: " ".join(value.split()) for key, value in parser.items(section) if key in _PIP_KEYS
                }
    return {name: value for name, value in found.items() if value}


def _pip_places(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield pip's files, the one that wins last."""
    if environment.get("PIP_CONFIG_FILE") == os.devnull:
        return
    yield from (Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"))
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
        yield home / "Library/Application Support/pip/pip.conf"
    yield home / ".pip/pip.conf"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    if named := environment.get("PIP_CONFIG_FILE"):
        yield Path(named)


def _uv_file(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    file = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "uv/uv.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    indexes: list[dict[str, Any]] = [index for index in table.get("index", []) if isinstance(index, dict)]
    default = [str(index["url"]) for index in indexes if index.get("default") and "url" in index]
    others = [str(index["url"]) for index in indexes if not index.get("default") and "url" in index]
    others += _texts(table.get("extra-index-url", ()))
    found = {
        "UV_DEFAULT_INDEX": "".join(default[:1]) or str(table.get("index-url", "")),
        "UV_INDEX": " ".join(others),
        "UV_FIND_LINKS": ",".join(_texts(table.get("find-links", ()))),
        "UV_INSECURE_HOST": " ".join(_texts(table.get("allow-insecure-host", ()))),
        "UV_SYSTEM_CERTS": "true" if table.get("system-certs") or table.get("native-tls") else "",
    }
    return {name: value for name, value in found.items() if value}


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _files_of_others(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Point those that read their settings from the home folder to the files there."""
    places = {"NETRC": home / ".netrc", "NPM_CONFIG_USERCONFIG": home / ".npmrc"}
    return {name: str(file) for name, file in places.items() if name not in environment and _is_readable(file)}


def _is_readable(file: Path) -> bool:
    """Return whether *file* can be read; where a home is another account's, Path.is_file() raises PermissionError."""
    return os.access(file, os.R_OK) and file.is_file()
