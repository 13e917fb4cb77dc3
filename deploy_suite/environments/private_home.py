"""The home folder of a build: empty but for what pip needs to reach the index when it is called past the stand-ins."""

import configparser
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy_suite.model.secret import Secret

# Source: https://pip.pypa.io/en/stable/topics/configuration/
_KEYS: Final = {
    "PIP_INDEX_URL": "index-url",
    "PIP_EXTRA_INDEX_URL": "extra-index-url",
    "PIP_FIND_LINKS": "find-links",
    "PIP_CERT": "cert",
    "PIP_CLIENT_CERT": "client-cert",
    "PIP_PROXY": "proxy",
    "PIP_TRUSTED_HOST": "trusted-host",
    "PIP_TIMEOUT": "timeout",
}


def furnished(home: Path, settings: Mapping[str, Secret]) -> Path:
    """Make *home* with a configuration of pip in it."""
    file = _file(home)
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    parser = configparser.RawConfigParser()
    parser["global"] = {key: settings[name].revealed() for name, key in _KEYS.items() if name in settings}
    with file.open("w", encoding="utf-8") as stream:
        parser.write(stream)
    return home


def cleared(home: Path) -> None:
    """Take the configuration away again: the service's processes do not see it."""
    shutil.rmtree(_file(home).parent, ignore_errors=True)


def _file(home: Path) -> Path:
    return home / ".config" / "pip" / "pip.conf"
