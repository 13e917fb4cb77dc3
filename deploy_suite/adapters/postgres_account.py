"""The account a PostgreSQL server runs under: the caller's own, or another one when the caller is root."""

import os
import pwd
import re
import shutil
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy_suite.errors import MachineError

_NAMES: Final = ("nobody", "postgres", "daemon")
_READING: Final = "+dac_override,+dac_read_search"
_NEEDED: Final = sum(
    1 << number for number in (1, 2, 6, 7, 8)
)  # dac_override, dac_read_search, setgid, setuid, setpcap
# Gives up root for good, then becomes the program; the interpreter itself need not be reachable for the account.
_LOWER: Final = (
    "import os, sys; os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1])); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the server is.

    Shape: `user` and `group` are None for the caller itself. `reaches_all` says that the account may read folders
    that are closed to others (an ambient capability), such as /root with the installation and the cache in it.
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

    def own(self, folder: Path) -> None:
        """Make the account the owner of *folder* and all that is in it."""
        if self.user is None or self.group is None:
            return
        os.chown(folder, self.user, self.group)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(parent, name), self.user, self.group, follow_symlinks=False)


def account() -> Account:
    """Return the account for a server; PostgreSQL refuses to run as root.

    Source: https://www.postgresql.org/docs/18/app-postgres.html (postgres cannot be run by the superuser)
    """
    if os.geteuid() != 0:
        return Account()
    entry = _unprivileged()
    return Account(user=entry.pw_uid, group=entry.pw_gid, reaches_all=_can_lend_reading())


def _can_lend_reading() -> bool:
    """Whether the ambient capabilities can be had: Linux, the real setpriv, and a root that holds them itself.

    Source: https://man7.org/linux/man-pages/man7/capabilities.7.html (numbers of the capabilities)
    """
    program = shutil.which("setpriv", path=os.defpath)
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return False
    held = (re.search(rf"^{field}:\s*([0-9a-f]+)", status, re.MULTILINE) for field in ("CapEff", "CapBnd"))
    holds = all(match and int(match[1], 16) & _NEEDED == _NEEDED for match in held)
    return holds and program is not None and Path(program).resolve().name == "setpriv"


def is_open_to_others(path: Path) -> bool:
    """Whether any account may reach *path* and read it."""
    resolved = path.resolve()
    mode = resolved.stat().st_mode
    reads = mode & stat.S_IROTH and (mode & stat.S_IXOTH or not stat.S_ISDIR(mode))
    return bool(reads) and all(folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents)


def _setpriv(user: int, group: int) -> tuple[str, ...]:
    caps = (f"--inh-caps={_READING}", f"--ambient-caps={_READING}")
    return ("setpriv", "--reuid", str(user), "--regid", str(group), "--clear-groups", *caps)


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
