"""Which shared libraries importing a distribution's extension modules makes the loader look for, in its own order."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from deploy_suite.checks.packages.binaries import Compiled, File
from deploy_suite.knowledge import system_libraries

# The loader itself, and the interpreter's own library, which no image needs to have: extensions find it loaded.
_OF_NOBODY: Final = ("ld-linux", "ld-musl", "linux-vdso", "libpython")
# A graphics card's driver brings these; where there is none, what wants them says so and works without.
_OF_DRIVERS: Final = ("libcuda.so", "libnvidia", "libnvcuvid", "libamdhip", "libhsa-", "libze_", "libOpenCL.so")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A library that no wheel brings. Shape: `by` is the file that asks for it."""

    name: str
    by: str


def bundled(compiled: Iterable[Compiled]) -> Mapping[str, File]:
    """Return all libraries that wheels bring, by the names under which they are looked for."""
    found: dict[str, File] = {}
    for one in compiled:
        for file in one.files:
            found.setdefault(file.name, file)
            found.setdefault(file.path.rpartition("/")[2], file)
    return found


def foreign(one: Compiled, brought: Mapping[str, File]) -> tuple[Wanted, ...]:
    """Return the libraries of the system that importing *one* loads; plug-ins loaded on request do not count."""
    return tuple(
        Wanted(name, file.path)
        for file in reached(one, brought)
        for name in dict.fromkeys(file.needs)
        if name not in brought and not name.startswith((*_OF_NOBODY, *_OF_DRIVERS))
    )


def reached(one: Compiled, brought: Mapping[str, File]) -> tuple[File, ...]:
    """Return the files that importing *one* loads, breadth first as the loader does."""
    optional = system_libraries.optional_modules().get(one.name, frozenset())
    pending = deque(file for file in one.extensions if file.module not in optional)
    seen = {file.path: file for file in pending}
    while pending:
        for name in pending.popleft().needs:
            file = brought.get(name)
            if file and file.path not in seen:
                seen[file.path] = file
                pending.append(file)
    return tuple(seen.values())
