"""What git printed where a remote was asked in vain → the cause, in the words of who pushes.

The same lines stand in a platform's log when it cannot clone; there it is the platform's access that is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from deploy_suite.knowledge.diagnosis import DiagnosedCause, Diagnosis, diagnose
from deploy_suite.model.push import Remote
from deploy_suite.model.secret import Masker


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Shape: {name} and {shown} stand for the remote's name and URL."""

    title: str
    why: str
    fix: str


# Causes that are another one at the desk than on a platform.
_HERE: Final[Mapping[str, _Words]] = {
    "git-remote-access": _Words(
        title="this machine has no access to {name} ({shown})",
        why="Git has no credentials for it here, those it has give no right to it (a host then says 'not found', too), "
        "or the URL names no repository.",
        fix="See what git says where it may ask for a password: `git ls-remote {name}`. Then sign in (`gh auth login`, "
        "a token in git's credential helper, an SSH key), or correct the URL: `git remote set-url {name} URL`. In CI "
        "give the job a token that may write to the repository.",
    ),
    "tls-certificate-untrusted": _Words(
        title="git does not trust the certificate of {name} ({shown}) on this machine",
        why="Git finds no chain to a root that it trusts: a company's own root or proxy, a server that sends no "
        "intermediate certificate or a self-signed one, or a wrong clock.",
        fix="Tell git the root in question: `git config --global http.sslCAInfo /path/root.pem`; the server itself "
        "should send its full chain. Do not switch the check off.",
    ),
}


def diagnosed(output: str, remote: Remote, *, masker: Masker) -> Diagnosis | None:
    """Return what *output* of git shows, None where it shows no cause: what git itself says is all there is then."""
    found = diagnose(output, masker=masker)
    if not found.root:
        return None
    return replace(found, causes=tuple(_told_here(one, remote) for one in found.causes))


def _told_here(cause: DiagnosedCause, remote: Remote) -> DiagnosedCause:
    words = _HERE.get(cause.family)
    if words is None:
        return cause
    title, why, fix = (one.format(name=remote.name, shown=remote.shown) for one in (words.title, words.why, words.fix))
    return replace(cause, title=title, why=why, fix=fix)
