"""Dotted module names into files of the snapshot and back."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from deploy_suite.model import on_disk


def normal(path: PurePosixPath) -> PurePosixPath | None:
    """Return *path* without `.` and `..`, or None when it leads out of the repository."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in {".", "/"}:
            parts.append(part)
    return PurePosixPath(*parts)


def find(folder: Path, search_path: Sequence[PurePosixPath], *, module: str) -> PurePosixPath | None:
    """Return the file that `import module` would run, looking only in the snapshot; None when there is none."""
    for base in search_path:
        stem = base.joinpath(*module.split("."))
        for file in (stem / "__init__.py", stem.parent / f"{stem.name}.py"):
            if module and on_disk.is_file(folder / file):
                return file
    return None


def package_root(folder: Path, file: PurePosixPath) -> tuple[PurePosixPath, str]:
    """Return the folder above *file*'s outermost package, and the module's dotted name from there."""
    base = file.parent
    names = [] if file.stem == "__init__" else [file.stem]
    while base.name and on_disk.is_file(folder / base / "__init__.py"):
        names.insert(0, base.name)
        base = base.parent
    return base, ".".join(names)


def unique(paths: Iterable[PurePosixPath | None]) -> tuple[PurePosixPath, ...]:
    """Return the paths that are not None, each once, in order."""
    return tuple(dict.fromkeys(path for path in paths if path is not None))
