"""Keys come from the environment, else from the keyring, and never hang the suite."""

import time
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from deploy_suite.adapters.credentials import KEYRING_SERVICE, SystemCredentials
from deploy_suite.errors import MachineError
from deploy_suite.model.secret import Secret


class Kept(KeyringBackend):
    """A keyring with one key, that may be slow or locked."""

    priority = 1.0
    delay_s = 0.0
    is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(self.delay_s)
        if self.is_locked:
            raise KeyringLocked("kept-sentinel is behind a lock")
        return "kept-sentinel\n" if (service, username) == (KEYRING_SERVICE, "KEY") else None

    def set_password(self, *_words: str) -> None:
        raise AssertionError("nothing is ever kept by the suite")


@pytest.fixture
def kept() -> Iterator[Kept]:
    before = keyring.get_keyring()
    backend = Kept()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.mark.usefixtures("kept")
def test_the_environment_comes_first_then_the_keyring() -> None:
    assert SystemCredentials({"KEY": " given "}).secret("KEY") == Secret("given")
    assert SystemCredentials({"KEY": ""}).secret("KEY") == Secret("kept-sentinel")
    assert SystemCredentials({}).secret("OTHER") is None


@pytest.mark.usefixtures("kept")
def test_a_machine_without_a_keyring_has_no_key() -> None:
    keyring.set_keyring(NoKeyring())

    assert SystemCredentials({}).secret("KEY") is None


def test_a_keyring_that_waits_for_a_person_is_not_waited_for_for_ever(kept: Kept) -> None:
    kept.delay_s = 1.0

    with pytest.raises(MachineError, match=r"did not answer within 0\.1 s"):
        SystemCredentials({}, patience_s=0.1).secret("KEY")


def test_a_locked_keyring_is_said_without_what_it_holds(kept: Kept) -> None:
    kept.is_locked = True

    with pytest.raises(MachineError) as raised:
        SystemCredentials({}).secret("KEY")

    assert raised.value.message == "the system's keyring refuses: KeyringLocked"
