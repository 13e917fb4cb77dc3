"""What git says at the desk is told to who sits there, not to who runs a platform."""

import pytest

from deploy_suite.model.push import Remote
from deploy_suite.model.secret import Masker
from deploy_suite.releases.refused_push import diagnosed

ORIGIN = Remote(name="origin", shown="https://github.com/acme/shop.git", host="github.com", slug="acme/shop")


@pytest.mark.parametrize(
    "output",
    [
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled\n",
        "remote: Repository not found.\nfatal: repository 'https://github.com/acme/shop.git/' not found\n",
        "fatal: Authentication failed for 'https://github.com/acme/shop.git/'\n",
        "fatal: unable to access 'https://github.com/acme/shop.git/': The requested URL returned error: 403\n",
        "fatal: '/srv/gone.git' does not appear to be a git repository\n",
    ],
    ids=["asks", "not found", "refused", "no right", "none there"],
)
def test_a_remote_that_is_not_to_be_read_is_the_users_own_access(output: str) -> None:
    found = diagnosed(output, ORIGIN, masker=Masker(frozenset()))

    assert found is not None
    assert found.root is not None
    assert (found.root.family, found.root.title) == (
        "git-remote-access",
        "this machine has no access to origin (https://github.com/acme/shop.git)",
    )
    assert "`git ls-remote origin`" in found.root.fix
    assert "platform" not in found.root.title + found.root.why + found.root.fix
    assert found.root.evidence


def test_a_certificate_is_told_to_git_and_not_to_an_image() -> None:
    problem = "SSL certificate problem: unable to get local issuer certificate"
    output = f"fatal: unable to access 'https://git.corp.example/x.git/': {problem}\n"

    found = diagnosed(output, ORIGIN, masker=Masker(frozenset()))

    assert found is not None
    assert found.root is not None
    assert "http.sslCAInfo" in found.root.fix


def test_other_causes_keep_their_words_and_what_shows_none_has_none() -> None:
    key = diagnosed("git@github.com: Permission denied (publickey).\n", ORIGIN, masker=Masker(frozenset()))
    name = diagnosed(
        "fatal: unable to access 'x': Could not resolve host: github.com\n", ORIGIN, masker=Masker(frozenset())
    )

    assert key is not None
    assert key.root is not None
    assert (key.root.family, name) == ("ssh-publickey-denied", None)
