"""The account a PostgreSQL server runs under: the caller's own, or another one when the caller is root."""

import errno
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError

_NAMES: Final = ("nobody", "postgres", "daemon")
_NEEDED: Final = sum(1 << number for number in (1, 6, 7, 8))  # dac_override, setgid, setuid, setpcap
# What becoming another account takes: https://man7.org/linux/man-pages/man7/capabilities.7.html
_POWERS: Final = {0: "CHOWN", 1: "DAC_OVERRIDE", 5: "KILL", 6: "SETGID", 7: "SETUID"}
_PROBE_S: Final = 5.0
# Gives up root for good, then becomes the program; the interpreter itself need not be reachable for the account.
_LOWER: Final = (
    "import os, sys; os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1])); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the server is.

    Shape: `user` and `group` are None for the caller itself. `reaches_all` says that the account is lent the right
    to reach what is closed to others (an ambient capability), such as a clone in /root or in `mktemp -d`.
    """

    user: int | None = None
    group: int | None = None
    reaches_all: bool = True

    def lowered(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return *argv* run under this account."""
        if self.user is None or self.group is None:
            return argv
        if self.reaches_all:
            return (*_setpriv(self.user, self.group), *argv)
        return (sys.executable, "-I", "-S", "-c", _LOWER, str(self.user), str(self.group), *argv)

    def owns(self, folder: Path) -> bool:
        """Whether the account is the owner of *folder*; what lies in it is not looked at."""
        return self.user is None or folder.stat().st_uid == self.user

    def own(self, folder: Path) -> None:
        """Make the account the owner of *folder* and all that is in it. Raises: MachineError."""
        if self.user is None or self.group is None:
            return
        try:
            os.chown(folder, self.user, self.group)
            for parent, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    os.chown(Path(parent, name), self.user, self.group, follow_symlinks=False)
        except PermissionError as error:
            raise _powerless(f"may not hand {folder} to another account") from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            raise _powerless(f"knows no other account: user id {self.user} means nothing here") from error

    def require_name(self) -> None:
        """Raise MachineError where the account has a number alone: initdb asks for its name.

        Source: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/common/username.c
        """
        number = os.geteuid() if self.user is None else self.user
        try:
            pwd.getpwuid(number)
        except KeyError:
            raise MachineError(
                f"PostgreSQL cannot be set up by a user without a name, and user id {number} has none on this machine",
                remedy="give it one, as root (in a container: in its image): "
                f"echo 'deploy:x:{number}:{os.getegid()}::/tmp:/bin/sh' >> /etc/passwd; "
                "or name a disposable server with --database-url",
            ) from None


def account() -> Account:
    """Return the account for a server; PostgreSQL refuses to run as root. Raises: MachineError.

    Source: https://www.postgresql.org/docs/18/app-postgres.html (postgres cannot be run by the superuser)
    """
    if os.geteuid() != 0:
        return Account()
    held = _held("CapEff")
    if lacking := [name for bit, name in _POWERS.items() if not held >> bit & 1]:
        raise _powerless(f"lacks {', '.join(lacking)}")
    entry = _unprivileged()
    lent = Account(user=entry.pw_uid, group=entry.pw_gid, reaches_all=True)
    return lent if _holds_what_is_lent() and _can_be_lent(lent) else replace(lent, reaches_all=False)


def _holds_what_is_lent() -> bool:
    """Whether the ambient capability can be had: Linux, the real setpriv, and a root that holds it itself."""
    is_linux = Path("/proc/self/status").exists()
    return is_linux and all(_held(field) & _NEEDED == _NEEDED for field in ("CapEff", "CapBnd")) and _has_setpriv()


def _held(field: str) -> int:
    """Return the capabilities of this process, all where the system knows none.

    Source: https://man7.org/linux/man-pages/man7/capabilities.7.html
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        status = ""
    found = re.search(rf"^{field}:\s*([0-9a-f]+)", status, re.MULTILINE)
    return int(found[1], 16) if found else -1


def _powerless(why: str) -> MachineError:
    return MachineError(
        f"PostgreSQL refuses to run as root, and root {why}",
        remedy="run as an ordinary user (docker run --user), give root in a container "
        f"{' and '.join(('--cap-add ' + name) for name in _POWERS.values())}, "
        "or name a disposable server with --database-url",
    )


def _has_setpriv() -> bool:
    """Whether there is util-linux's setpriv; that of BusyBox changes no account."""
    program = shutil.which("setpriv", path=os.defpath)
    return program is not None and Path(program).resolve().name == "setpriv"


def _can_be_lent(account: Account) -> bool:
    """Whether the kernel goes along: a sandbox may know the capabilities and not how to lend them (2 ms)."""
    try:
        done = subprocess.run(account.lowered(("true",)), capture_output=True, timeout=_PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def is_open_to_others(path: Path) -> bool:
    """Whether any account may reach *path* and read it."""
    resolved = path.resolve()
    mode = resolved.stat().st_mode
    reads = mode & stat.S_IROTH and (mode & stat.S_IXOTH or not stat.S_ISDIR(mode))
    return bool(reads) and all(folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents)


def _setpriv(user: int, group: int) -> tuple[str, ...]:
    """Return what becomes the account and keeps the right to reach all.

    PostgreSQL asks access(2) for its own programs, which takes no notice of the capabilities of a user other than
    root unless the bit no_setuid_fixup is set.
    Source: https://github.com/torvalds/linux/blob/v6.12/fs/open.c#L424 (access_need_override_creds)
    """
    lent = ("--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    return ("setpriv", "--reuid", str(user), "--regid", str(group), "--clear-groups", *lent)


def _unprivileged() -> pwd.struct_passwd:
    for entry in _known(_NAMES):
        if entry.pw_uid != 0:
            return entry
    raise MachineError(
        "PostgreSQL refuses to run as root, and this machine has no account called nobody, postgres or daemon",
        remedy="run as an ordinary user, or name a disposable server with --database-url",
    )


def _known(names: Iterable[str]) -> Iterable[pwd.struct_passwd]:
    for name in names:
        try:
            yield pwd.getpwnam(name)
        except KeyError:
            continue
