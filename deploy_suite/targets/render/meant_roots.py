"""A rootDir that the commit lacks → the folder that must be meant: the one which holds what the commands name."""

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from deploy_suite.manifests import shell
from deploy_suite.project import snapshot_files
from deploy_suite.targets.render.blueprint import ServiceResource

_COMMANDS: Final = ("buildCommand", "preDeployCommand", "startCommand")
_APPLICATION: Final = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.\w+)*):[\w.]+(?:\(.*\))?")
_FILE: Final = re.compile(r"[\w./-]+\.(?:txt|toml|py|sh|lock|cfg|ini)")
_SKIPPED: Final = frozenset({"node_modules", "venv", "env", "site-packages", "tests", "docs"})
_DEEPEST: Final = 3
_ALIKE: Final = 0.5


def meant(service: ServiceResource, folder: Path, written: str) -> PurePosixPath | None:
    """Return the one folder that holds more of it than any other, of several the one whose name is like *written*.

    Where the commands name no file, the name alone tells.
    """
    wanted = tuple(dict.fromkeys(_named(service)))
    held = {one: sum(_holds(folder, one, paths) for paths in wanted) for one in _folders(folder)}
    most = max(held.values(), default=0)
    best = [one for one, count in held.items() if count == most]
    if most and len(best) == 1:
        return best[0]
    if wanted and not most:
        return None
    near = difflib.get_close_matches(
        written.strip("./").lower(), [str(one).lower() for one in best], n=1, cutoff=_ALIKE
    )
    return next((one for one in best if [str(one).lower()] == near), None)


def _named(service: ServiceResource) -> Iterator[tuple[PurePosixPath, ...]]:
    """Yield what each word of the commands asks of the folder: a file, or one of those that a module may be."""
    for key in _COMMANDS:
        for command in shell.parse(service.text(key) or "").commands:
            inner = shell.unwrapped(command)
            if not inner.folder_is_known or inner.folder.startswith("/"):
                continue
            for word in inner.words:
                if match := _APPLICATION.fullmatch(word):
                    module = PurePosixPath(inner.folder, *match["module"].split("."))
                    yield module.with_name(f"{module.name}.py"), module / "__init__.py"
                elif _FILE.fullmatch(word) and not word.startswith("/"):
                    yield (PurePosixPath(inner.folder, word),)


def _holds(folder: Path, root: PurePosixPath, paths: tuple[PurePosixPath, ...]) -> bool:
    return any(snapshot_files.find(folder, root / path) for path in paths)


def _folders(top: Path) -> Iterator[PurePosixPath]:
    """Yield the folders of the repository, its top first."""
    yield PurePosixPath()
    for base, folders, _ in os.walk(top):
        here = PurePosixPath(Path(base).relative_to(top).as_posix())
        folders[:] = sorted(one for one in folders if one not in _SKIPPED and not one.startswith("."))
        yield from (here / one for one in folders)
        if len(here.parts) + 1 >= _DEEPEST:
            folders.clear()
