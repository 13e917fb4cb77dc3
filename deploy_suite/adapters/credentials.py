"""Secrets of the caller: from the environment first, then from the system's keyring."""

import os
import threading
from collections.abc import Mapping
from typing import Final

from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Secret

KEYRING_SERVICE: Final = "deploy-suite"
_PATIENCE_S: Final = 30.0  # a locked keyring asks its owner to open it


class SystemCredentials:
    """Implements `ports.Credentials`.

    The keyring is that of the desktop or of macOS, through the library keyring, whose own command fills it:
    `keyring set deploy-suite RENDER_API_KEY`.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, *, patience_s: float = _PATIENCE_S) -> None:
        """Read from *environment*, the process's own by default."""
        self._environment = os.environ if environment is None else environment
        self._patience_s = patience_s

    def secret(self, name: str, /) -> Secret | None:
        """See `ports.Credentials.secret`."""
        given = self._environment.get(name, "").strip()
        return Secret(given) if given else self._kept(name)

    def kept_in(self, name: str, /) -> str:
        """See `ports.Credentials.kept_in`."""
        if self._environment.get(name, "").strip():
            return "the environment"
        return "the system's keyring" if self._kept(name) else ""

    def _kept(self, name: str) -> Secret | None:
        """Ask the keyring, in a thread that may be left behind: a prompt that nobody sees never ends."""
        found: list[str | None] = []
        faults: list[Exception] = []
        asking = threading.Thread(target=_ask, args=(name, found, faults), daemon=True)
        asking.start()
        asking.join(self._patience_s)
        remedy = f"set {name} in the environment, or open the keyring and see: keyring get {KEYRING_SERVICE} {name}"
        if asking.is_alive():
            raise MachineError(f"the system's keyring did not answer within {self._patience_s:g} s", remedy=remedy)
        if faults:
            raise MachineError(f"the system's keyring refuses: {type(faults[0]).__name__}", remedy=remedy)
        text = (found[0] or "").strip()
        return Secret(text) if text else None


def _ask(name: str, found: list[str | None], faults: list[Exception]) -> None:
    import keyring  # noqa: PLC0415  it takes long to import, and a key in the environment makes it needless
    from keyring.errors import NoKeyringError  # noqa: PLC0415

    try:
        found.append(keyring.get_password(KEYRING_SERVICE, name))
    except NoKeyringError:
        found.append(None)
    except Exception as error:  # noqa: BLE001  backends raise what their systems raise
        faults.append(error)
