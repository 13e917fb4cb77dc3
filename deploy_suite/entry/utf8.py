"""Names of files and folders are UTF-8 to git and to the target, whatever the locale says they are."""

import os
import sys


def enforce() -> None:
    """Begin the program again in Python's UTF-8 mode where the locale has another encoding for names.

    Python does so by itself in the locales C and POSIX, unless the environment forbids it.
    https://docs.python.org/3/library/os.html#utf8-mode
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, (sys.executable, "-X", "utf8", *sys.orig_argv[1:]))  # noqa: S606  no shell is wanted
