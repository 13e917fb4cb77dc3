"""Shell scripts that name the sources by the target's own path, made to mean a copy of them."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy_suite.environments.called_scripts import called_script
from deploy_suite.manifests import shell
from deploy_suite.model import own_place
from deploy_suite.model.contract import Contract

_MOST_LEVELS: Final = 4


def lead(contract: Contract, top: Path, *, was: Path | None = None) -> None:
    """Lead the scripts that the commands of *contract* call to *top*, the copy that they lie in.

    Shape: *was* is the copy that they were led to before.
    """
    for path, written in dict(_called(contract, top, was)).items():
        led = own_place.here(written, top)
        if led != written or was is not None:
            (top / path).write_bytes(led.encode(errors="surrogateescape"))


def _called(contract: Contract, top: Path, was: Path | None) -> Iterator[tuple[str, str]]:
    folder = "" if str(contract.root) == "." else str(contract.root)
    for command in (contract.build, contract.pre_deploy, contract.start):
        if command is not None:
            yield from _scripts(command.text, top, folder=folder, was=was)


def _scripts(text: str, top: Path, *, folder: str, was: Path | None, level: int = 0) -> Iterator[tuple[str, str]]:
    """Yield each script that is called and what it says, with the target's path."""
    for command in shell.parse(own_place.here(text, Path(posixpath.relpath(".", folder or ".")))).commands:
        here = posixpath.normpath(posixpath.join(folder, command.folder))
        path = called_script(top, command, folder="" if here == "." else here)
        if path:
            inner = (top / path).read_bytes().decode(errors="surrogateescape")
            inner = inner.replace(str(was), str(own_place.SOURCE_ON_TARGET)) if was else inner
            yield path, inner
            if level < _MOST_LEVELS:
                yield from _scripts(inner, top, folder=folder, was=was, level=level + 1)
