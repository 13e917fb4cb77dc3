"""An environment's files into what its machine code wants: of NumPy, of the C library, of the operating system.

Only RECORD tells which files there are (no folder is walked), and what was read is kept under its content, so that an
environment of three hundred distributions costs some tens of milliseconds once it was seen.
Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file
"""

import hashlib
import mmap
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from deploy_suite.checks import keeping
from deploy_suite.checks.packages import elf, numpy_api
from deploy_suite.checks.packages.numpy_api import NumpyApi
from deploy_suite.environments import packages

_FORMAT: Final = 1
_KEPT_AT_MOST: Final = 200
_FOLDER: Final = "binaries"
_HEAD_BYTES: Final = 512 * 1024
_TAIL_BYTES: Final = 64 * 1024
_DIST_INFO: Final = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")
_LISTED: Final = re.compile(rb'^"?([^,"\n]*\.so(?:\.[0-9][^,"\n/]*)?)"?,', re.MULTILINE)
_MANYLINUX: Final = re.compile(rb"manylinux_(\d+)_(\d+)_")
_OWN_TAG: Final = re.compile(rb"^Tag: .*-linux_\w+\s*$", re.MULTILINE)
# name.cpython-312-x86_64-linux-gnu.so, name.abi3.so, name.so; a library's own name begins with "lib".
_EXTENSION: Final = re.compile(r"(?!lib)(?P<module>[A-Za-z_]\w*)(?:\.(?:cpython-[\w-]+|abi3|pypy[\w-]+))?\.so")
_BUNDLES: Final = re.compile(r"(?:^|/)[^/]+\.libs/")
_GLIBC: Final = re.compile(r"GLIBC_(\d+(?:\.\d+)+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A shared library. Shape: `module` is the name that imports it, "" for a plain library."""

    path: str
    name: str
    module: str
    needs: tuple[str, ...]
    glibc: tuple[int, ...]
    numpy: NumpyApi


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A distribution with machine code.

    Shape: `modules` are the top-level names that it alone provides; `is_made_here` says that it was compiled on this
    machine, so that its wishes of the C library say nothing of another one; `built_for` is the C library that its wheel
    promises to be content with, () where it promises nothing.
    """

    name: str
    version: str
    modules: tuple[str, ...]
    files: tuple[File, ...]
    is_made_here: bool
    built_for: tuple[int, ...] = ()

    @property
    def extensions(self) -> tuple[File, ...]:
        """The files that Python imports."""
        return tuple(file for file in self.files if file.module)


@dataclass(frozen=True, slots=True)
class _Listing:
    """What RECORD says of a distribution."""

    name: str
    version: str
    digest: str
    paths: tuple[str, ...]
    tops: frozenset[str]
    info: Path


def read(folder: Path, cache: Path) -> tuple[Compiled, ...]:
    """Return the distributions in *folder*, a site-packages, that have machine code; keep in *cache* what was read."""
    listings = tuple(_listings(folder))
    with_code = [listing for listing in listings if listing.paths]
    if not with_code:
        return ()
    digest = keeping.digest(_FORMAT, sorted((listing.name, listing.digest) for listing in listings))
    file = cache / _FOLDER / f"{digest}.json"
    kept = _kept(keeping.read(file))
    if kept is not None:
        return kept
    _announce(folder / path for listing in with_code for path in listing.paths)
    shared = Counter(top for listing in listings for top in listing.tops)
    found = tuple(_compiled(listing, folder, shared) for listing in with_code)
    keeping.write(file, [_plain(one) for one in found], at_most=_KEPT_AT_MOST)
    return found


def _announce(paths: Iterable[Path]) -> None:
    """Let the system read ahead, where it can be told to: headers lie at the start of a file, or its tables at the end.

    Files that are not in memory then take two thirds of the time.
    """
    if sys.platform != "linux":
        return
    for path in paths:
        with suppress(OSError), path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            os.posix_fadvise(opened.fileno(), 0, _HEAD_BYTES, os.POSIX_FADV_WILLNEED)
            if size > _HEAD_BYTES:
                os.posix_fadvise(opened.fileno(), size - _TAIL_BYTES, 0, os.POSIX_FADV_WILLNEED)


def of_environment(venv: Path, cache: Path) -> tuple[Compiled, ...]:
    """Return the same for the environment in *venv*."""
    return read(packages.site_packages(venv), cache)


def _listings(folder: Path) -> Iterator[_Listing]:
    for info in sorted(folder.glob("*.dist-info")):
        match = _DIST_INFO.fullmatch(info.name)
        try:
            record = (info / "RECORD").read_bytes()
        except OSError:
            continue
        if match:
            yield _Listing(
                name=canonicalize_name(match["name"]),
                version=match["version"],
                digest=hashlib.sha256(record).hexdigest(),
                paths=tuple(path.decode("utf-8", errors="replace") for path in _LISTED.findall(record)),
                tops=frozenset(_tops(record)),
                info=info,
            )


def _tops(record: bytes) -> Iterator[str]:
    """Yield the first parts of the importable paths."""
    for first in {line.partition(b",")[0].partition(b"/")[0] for line in record.splitlines()}:
        name = first.decode("utf-8", errors="replace").strip('"')
        match = _EXTENSION.fullmatch(name)
        name = match["module"] if match else name.removesuffix(".py")
        if name.isidentifier():
            yield name


def _compiled(listing: _Listing, folder: Path, shared: Mapping[str, int]) -> Compiled:
    files = tuple(file for path in listing.paths if (file := _file(folder, path)))
    wheel = _wheel(listing.info)
    return Compiled(
        name=listing.name,
        version=listing.version,
        modules=tuple(sorted(top for top in listing.tops if shared[top] == 1)),
        files=files,
        is_made_here=bool(_OWN_TAG.search(wheel)),
        built_for=min(((int(major), int(minor)) for major, minor in _MANYLINUX.findall(wheel)), default=()),
    )


def _wheel(info: Path) -> bytes:
    """Return the wheel's own description, which names its tags."""
    try:
        return (info / "WHEEL").read_bytes()
    except OSError:
        return b""


def _file(folder: Path, path: str) -> File | None:
    try:
        with (
            (folder / path).open("rb") as opened,
            mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            return of_bytes(path, data)
    except (OSError, ValueError):
        return None


def of_bytes(path: str, data: elf.Bytes) -> File | None:
    """Return what the shared library *data* at *path* wants, None where it is none."""
    binary = elf.read(data)
    if binary is None:
        return None
    own = path.rpartition("/")[2]
    match = None if _BUNDLES.search(path) else _EXTENSION.fullmatch(own)
    return File(
        path=path,
        name=binary.name or own,
        module=match["module"] if match else "",
        needs=binary.needs,
        glibc=newest(version for names in binary.versions.values() for version in names),
        numpy=numpy_api.built_for(data, binary) if match else NumpyApi.NONE,
    )


def newest(names: Iterable[str]) -> tuple[int, ...]:
    """Return the newest of the C library's versions among *names* ("GLIBC_2.34"), () where there is none."""
    found = (match[1] for name in names if (match := _GLIBC.fullmatch(name)))
    return max((tuple(int(part) for part in text.split(".")) for text in found), default=())


def _plain(one: Compiled) -> dict[str, Any]:
    files = [[f.path, f.name, f.module, f.needs, f.glibc, f.numpy.value] for f in one.files]
    return {
        "name": one.name,
        "version": one.version,
        "modules": one.modules,
        "is_made_here": one.is_made_here,
        "built_for": one.built_for,
        "files": files,
    }


def _kept(raw: Any) -> tuple[Compiled, ...] | None:  # noqa: ANN401  JSON's own values
    try:
        return tuple(
            Compiled(
                **{
                    **one,
                    "modules": tuple(one["modules"]),
                    "built_for": tuple(one["built_for"]),
                    "files": tuple(_kept_file(file) for file in one["files"]),
                }
            )
            for one in raw
        )
    except (KeyError, TypeError, ValueError):
        return None


def _kept_file(raw: list[Any]) -> File:
    path, name, module, needs, glibc, numpy = raw
    return File(path=path, name=name, module=module, needs=tuple(needs), glibc=tuple(glibc), numpy=NumpyApi(numpy))
